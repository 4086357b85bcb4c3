// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * An open device file: {@code struct file} with its operations. Blocks are laid out as on s390, big-endian.
 */
public interface OpenFile extends AutoCloseable {
    /**
     * ioctl(2).
     *
     * @param request the 32-bit request number
     * @param argument what the third argument is or points to
     * @return the value that ioctl(2) returns
     * @throws ErrnoException what ioctl(2) answers
     */
    default int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        throw new ErrnoException(Errno.ENOTTY);
    }

    /** read(2) of at most so many bytes. */
    default byte[] read(int length) throws ErrnoException {
        throw new ErrnoException(Errno.EINVAL);
    }

    /** write(2): returns the bytes taken. */
    default int write(byte[] bytes) throws ErrnoException {
        throw new ErrnoException(Errno.EINVAL);
    }

    /** The last file descriptor was closed. */
    @Override
    default void close() {}
}
