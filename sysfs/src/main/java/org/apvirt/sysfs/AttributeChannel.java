// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenAttribute;
import org.apvirt.device.SysfsFile;

/** A channel to one attribute. Each {@link #write} is one store; {@link #truncate} does nothing, as in the kernel. */
final class AttributeChannel implements SeekableByteChannel {
    private final String path;
    private final OpenAttribute attribute;
    private final boolean reading;
    private final boolean writing;
    private long position;
    private volatile boolean open = true;

    AttributeChannel(String path, OpenAttribute attribute, boolean reading, boolean writing) {
        this.path = path;
        this.attribute = attribute;
        this.reading = reading;
        this.writing = writing;
    }

    @Override
    public synchronized int read(ByteBuffer into) throws IOException {
        requireOpen();
        if (!reading) {
            throw new NonReadableChannelException();
        }
        try {
            int count = attribute.read(position, into);
            position += count;
            return count == 0 && into.hasRemaining() ? -1 : count;
        } catch (ErrnoException e) {
            throw new SysfsException(path, e);
        }
    }

    @Override
    public synchronized int write(ByteBuffer from) throws IOException {
        requireOpen();
        if (!writing) {
            throw new NonWritableChannelException();
        }
        try {
            int count = attribute.write(from);
            position += count;
            return count;
        } catch (ErrnoException e) {
            throw new SysfsException(path, e);
        }
    }

    @Override
    public synchronized long position() throws IOException {
        requireOpen();
        return position;
    }

    @Override
    public synchronized SeekableByteChannel position(long newPosition) throws IOException {
        requireOpen();
        if (newPosition < 0) {
            throw new IllegalArgumentException("position " + newPosition + " is negative");
        }
        position = newPosition;
        return this;
    }

    @Override
    public long size() throws IOException {
        requireOpen();
        return SysfsFile.PAGE;
    }

    @Override
    public SeekableByteChannel truncate(long size) throws IOException {
        requireOpen();
        if (!writing) {
            throw new NonWritableChannelException();
        }
        return this;
    }

    private void requireOpen() throws ClosedChannelException {
        if (!open) {
            throw new ClosedChannelException();
        }
    }

    @Override
    @SuppressWarnings("contracts.conditional.postcondition") // there is nothing to close but the flag itself
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
    }
}
