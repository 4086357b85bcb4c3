// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The computer that this Java virtual machine runs on, to be looked at only: files are read, nodes are not opened but
 * tested for whether they could be.
 */
public final class RealHostAccess implements HostAccess {
    /** The files as this process sees them. */
    public RealHostAccess() {}

    @Override
    public Path path(String name) {
        return Path.of(name);
    }

    @Override
    public boolean looksOnly() {
        return true;
    }

    @Override
    public OpenFile open(String node) throws ErrnoException {
        Path path = Path.of(node);
        if (!Files.exists(path)) {
            throw new ErrnoException(Errno.ENOENT, node);
        }
        if (!Files.isReadable(path) || !Files.isWritable(path)) {
            throw new ErrnoException(Errno.EACCES, node);
        }
        return new OpenFile() {
        };
    }

    @Override
    public @Nullable KvmVm createVm() throws ErrnoException {
        open("/dev/kvm");
        return null;
    }
}
