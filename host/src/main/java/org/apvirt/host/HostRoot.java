// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

import org.apvirt.device.AttributeFaults;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The root directory of a host: {@code sys} and {@code dev}. */
record HostRoot(Kernel kernel) implements SysfsDirectory {
    private static final String SYS = "sys";
    private static final String DEV = "dev";

    @Override
    public Collection<String> names() {
        return List.of(DEV, SYS);
    }

    @Override
    public @Nullable SysfsNode child(String name) {
        return switch (name) {
            case SYS -> kernel.sys();
            case DEV -> kernel.dev();
            default -> null;
        };
    }

    @Override
    public AttributeFaults faults() {
        return kernel.attributeFaults();
    }

    @Override
    public boolean mayBeKept(String name) {
        return true;
    }

    @Override
    public AutoCloseable beforeRemovals(Consumer<? super List<String>> listener) {
        return kernel.sys().beforeRemovals(names -> {
            List<String> path = new ArrayList<>(names.size() + 1);
            path.add(SYS);
            path.addAll(names);
            listener.accept(path);
        });
    }
}
