// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.nio.ByteBuffer;
import java.util.Arrays;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/** An open attribute, or directory, with the access that open(2) was asked for and a file offset. */
final class AttributeFile implements OpenFile {
    private final OpenAttribute attribute;
    private final boolean reading;
    private final boolean writing;
    @GuardedBy("this")
    private long position;

    AttributeFile(OpenAttribute attribute, boolean reading, boolean writing) {
        this.attribute = attribute;
        this.reading = reading;
        this.writing = writing;
    }

    @Override
    public synchronized byte[] read(int length) throws ErrnoException {
        if (!reading) {
            throw new ErrnoException(Errno.EBADF, "not open for reading");
        }
        byte[] bytes = new byte[Math.min(length, SysfsFile.PAGE)];
        int count = attribute.read(position, ByteBuffer.wrap(bytes));
        position += count;
        return Arrays.copyOf(bytes, count);
    }

    @Override
    public synchronized int write(byte[] bytes) throws ErrnoException {
        if (!writing) {
            throw new ErrnoException(Errno.EBADF, "not open for writing");
        }
        int count = attribute.write(ByteBuffer.wrap(bytes));
        position += count;
        return count;
    }
}
