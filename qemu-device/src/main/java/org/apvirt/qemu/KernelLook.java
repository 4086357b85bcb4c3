// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;
import java.util.function.Function;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A kernel of this Java virtual machine, to be looked at only: a node is opened to see what open(2) answers and closed at
 * once, no virtual machine is made, nothing is reset.
 */
public final class KernelLook implements HostAccess {
    private static final int NO_PROCESS = 0; // none that a line of the kernel's log could name

    private final KernelAccess kernel;

    /**
     * A look at a kernel.
     *
     * @param paths gives the file of a name, for example {@code SysfsFileSystem.of(root)::getPath}
     */
    public KernelLook(Kernel kernel, Function<String, Path> paths) {
        this.kernel = new KernelAccess(kernel, paths, NO_PROCESS);
    }

    @Override
    public Path path(String name) {
        return kernel.path(name);
    }

    @Override
    public boolean looksOnly() {
        return true;
    }

    @Override
    public OpenFile open(String node) throws ErrnoException {
        kernel.open(node).close();
        return new OpenFile() {
        };
    }

    @Override
    public @Nullable KvmVm createVm() {
        return null;
    }
}
