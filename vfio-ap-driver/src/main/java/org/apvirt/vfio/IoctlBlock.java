// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;

/** The block that an ioctl's argument points to, big-endian, read and written in place. */
final class IoctlBlock {
    private IoctlBlock() {}

    /**
     * Returns the block.
     *
     * @param length how much the kernel copies, in bytes
     * @throws ErrnoException EFAULT: there is less
     */
    static ByteBuffer of(IoctlArgument argument, int length) throws ErrnoException {
        if (argument.buffer().length < length) {
            throw new ErrnoException(Errno.EFAULT,
                    "the block has " + argument.buffer().length + " bytes, not " + length);
        }
        return ByteBuffer.wrap(argument.buffer());
    }

    /**
     * Returns a block that begins with its own size.
     *
     * @throws ErrnoException EINVAL: the size it claims is below {@code length}
     */
    static ByteBuffer sized(IoctlArgument argument, int length) throws ErrnoException {
        ByteBuffer block = of(argument, length);
        if (Integer.compareUnsigned(block.getInt(0), length) < 0) {
            throw new ErrnoException(Errno.EINVAL, "argsz " + block.getInt(0) + " is below " + length);
        }
        return block;
    }
}
