// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An open z90crypt that answers ioctls: that of a simulated system or that of this machine. */
interface ZcryptPort extends AutoCloseable {
    /**
     * Does an ioctl.
     *
     * @throws ErrnoException what ioctl(2) answers; the argument has been changed as far as the kernel did
     */
    void ioctl(int request, ZcryptArgument argument) throws ErrnoException;

    @Override
    void close();

    /**
     * The device of a simulated system.
     *
     * @param file an open device file
     */
    record Simulated(OpenFile file) implements ZcryptPort {
        private static final IoctlArgument.FileTable NO_FILES = new IoctlArgument.FileTable() {
            @Override
            public @Nullable OpenFile file(int fd) {
                return null;
            }

            @Override
            public int install(OpenFile file) {
                throw new IllegalStateException("z90crypt makes no descriptors");
            }
        };

        @Override
        public void ioctl(int request, ZcryptArgument argument) throws ErrnoException {
            byte[] bytes = argument.toBytes();
            try {
                file.ioctl(request, new IoctlArgument(0, bytes, NO_FILES));
            } finally {
                argument.fromBytes(bytes);
            }
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
