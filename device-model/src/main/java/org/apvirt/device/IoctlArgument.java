// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.nio.ByteBuffer;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The third argument of ioctl(2).
 *
 * @param value the argument as an integer; 0 if it is a pointer
 * @param buffer what it points to, read and written in place; empty for an integer. A pointer inside a structure is
 *     replaced by what it points to, appended after the structure
 * @param files the descriptors of the calling process
 */
public record IoctlArgument(long value, byte[] buffer, FileTable files) {
    /** The descriptors of a process. */
    public interface FileTable {
        /** Returns the open file of a descriptor, null if it is none. */
        @Nullable
        OpenFile file(int fd);

        /** Gives an open file a descriptor. */
        int install(OpenFile file);

        /** Returns the number of the process. */
        default int processId() {
            return 1;
        }
    }

    /**
     * Returns the structure that the argument points to, big-endian, to be read and written in place.
     *
     * @param length how much the kernel copies, in bytes
     * @throws ErrnoException EFAULT: there is less
     */
    public ByteBuffer block(int length) throws ErrnoException {
        if (buffer.length < length) {
            throw new ErrnoException(Errno.EFAULT, "the block has " + buffer.length + " bytes, not " + length);
        }
        return ByteBuffer.wrap(buffer);
    }

    /**
     * Returns a structure that begins with its own size, as those of VFIO do.
     *
     * @throws ErrnoException EFAULT: there is less. EINVAL: the size it claims is below {@code length}
     */
    public ByteBuffer sizedBlock(int length) throws ErrnoException {
        ByteBuffer block = block(length);
        if (Integer.compareUnsigned(block.getInt(0), length) < 0) {
            throw new ErrnoException(Errno.EINVAL, "argsz " + block.getInt(0) + " is below " + length);
        }
        return block;
    }
}
