// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What the process QEMU reaches on its host: files, device nodes, KVM. */
public interface HostAccess {
    /** Returns the file of a path name: an absolute one, or one relative to the working directory. */
    Path path(String name);

    /**
     * Opens a device node.
     *
     * @param node absolute name, for example {@code /dev/vfio/0}
     * @throws ErrnoException what open(2) answers
     */
    OpenFile open(String node) throws ErrnoException;

    /**
     * Tells whether nodes are only looked at: {@link #open} says whether one could be opened, but what it returns is of no
     * use. A device then counts as realized once its group's node could be opened.
     */
    default boolean looksOnly() {
        return false;
    }

    /**
     * Makes a virtual machine, as {@code /dev/kvm} does.
     *
     * @return null if the host is only looked at
     * @throws ErrnoException what KVM answers
     */
    @Nullable
    KvmVm createVm() throws ErrnoException;
}
