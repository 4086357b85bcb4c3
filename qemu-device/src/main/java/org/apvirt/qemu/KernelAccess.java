// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;
import java.util.function.Function;

import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.apvirt.kvm.Kvm;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A process on a kernel of this Java virtual machine. */
public final class KernelAccess implements HostAccess {
    private static final String DEV = "/dev/";
    private static final int VM_DESCRIPTOR = 11; // what QEMU's usually is; only a uevent names it

    private final Kernel kernel;
    private final Function<String, Path> paths;
    private final int processId;

    /**
     * A process.
     *
     * @param paths gives the file of a name, for example {@code SysfsFileSystem.of(root)::getPath}
     * @param processId its number
     */
    public KernelAccess(Kernel kernel, Function<String, Path> paths, int processId) {
        this.kernel = kernel;
        this.paths = paths;
        this.processId = processId;
    }

    @Override
    public Path path(String name) {
        return paths.apply(name);
    }

    @Override
    public OpenFile open(String node) throws ErrnoException {
        SysfsNode found = kernel.dev();
        if (!node.startsWith(DEV)) {
            throw new ErrnoException(Errno.ENOENT, node);
        }
        for (String name : node.substring(DEV.length()).split("/")) {
            found = child(found, name);
            if (found == null) {
                throw new ErrnoException(Errno.ENOENT, node);
            }
        }
        if (found instanceof CharDevice device) {
            return device.opener().open();
        }
        throw new ErrnoException(Errno.EISDIR, node);
    }

    private static @Nullable SysfsNode child(SysfsNode node, String name) {
        return node instanceof SysfsDirectory directory ? directory.child(name) : null;
    }

    @Override
    public KvmVm createVm() {
        return Kvm.of(kernel).createVm(processId, VM_DESCRIPTOR);
    }
}
