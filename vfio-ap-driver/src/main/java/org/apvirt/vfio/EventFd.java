// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;

/** An eventfd: a counter that the kernel raises and user space reads. Source: Linux {@code fs/eventfd.c}. */
public final class EventFd implements OpenFile {
    private static final int LENGTH = 8;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    @GuardedBy("this")
    private long count; // unsigned, -1 is never reached

    /** An eventfd that counts from 0. */
    public EventFd() {}

    /** Runs something at each signal, on the signalling thread, which may hold locks of the driver: do not call back. */
    public AutoCloseable onSignal(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Raises the counter by one. */
    public void signal() {
        synchronized (this) {
            count = count == -2 ? count : count + 1;
        }
        listeners.forEach(Runnable::run);
    }

    /** Returns the counter and sets it to 0. */
    public synchronized long take() {
        long taken = count;
        count = 0;
        return taken;
    }

    /**
     * Reads the counter as 8 bytes and sets it to 0.
     *
     * @throws ErrnoException EINVAL: room for fewer than 8 bytes. EAGAIN: the counter is 0 (a reader never blocks here)
     */
    @Override
    public byte[] read(int length) throws ErrnoException {
        if (length < LENGTH) {
            throw new ErrnoException(Errno.EINVAL, "an eventfd is read in 8 bytes");
        }
        long taken = take();
        if (taken == 0) {
            throw new ErrnoException(Errno.EAGAIN, "no event");
        }
        return ByteBuffer.allocate(LENGTH).putLong(taken).array();
    }

    /**
     * Adds to the counter.
     *
     * @throws ErrnoException EINVAL: not 8 bytes, or the largest number. EAGAIN: the counter would overflow
     */
    @Override
    public int write(byte[] bytes) throws ErrnoException {
        if (bytes.length < LENGTH) {
            throw new ErrnoException(Errno.EINVAL, "an eventfd is written in 8 bytes");
        }
        long add = ByteBuffer.wrap(bytes).getLong();
        if (add == -1) {
            throw new ErrnoException(Errno.EINVAL, "2^64-1 cannot be added");
        }
        synchronized (this) {
            if (Long.compareUnsigned(-2 - count, add) < 0) {
                throw new ErrnoException(Errno.EAGAIN, "the counter would overflow");
            }
            count += add;
        }
        return LENGTH;
    }
}
