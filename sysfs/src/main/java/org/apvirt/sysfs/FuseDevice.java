// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import org.apvirt.device.Errno;

/**
 * An open {@code /dev/fuse}. The file is closed when {@link #close} was called and nobody is in {@link #receive} or
 * {@link #send} any more, so that its number cannot be taken by another file under a reader's feet.
 */
final class FuseDevice implements AutoCloseable {
    static final String PATH = "/dev/fuse";

    private static final int POLLFD_LENGTH = 8;
    private static final short POLLIN = 1;
    /** With one processor, the program that is to ask runs only when we sleep. */
    private static final long AWAKE_NANOS = Runtime.getRuntime().availableProcessors() > 1 ? 100_000 : 0;

    private final int descriptor;
    @GuardedBy("this")
    private int users = 1; // the owner counts
    @GuardedBy("this")
    private boolean closed;

    private FuseDevice(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Opens the device. @throws IOException with the remedy, if it cannot be opened */
    static FuseDevice open() throws IOException {
        try {
            return new FuseDevice(
                    LinuxCalls.open(PATH, LinuxCalls.O_RDWR | LinuxCalls.O_NONBLOCK | LinuxCalls.O_CLOEXEC));
        } catch (LastErrorException e) {
            String remedy = e.getErrorCode() == Errno.EACCES.number()
                    ? "run as root, or give yourself access to the device"
                    : "load the kernel module fuse; a container needs --device /dev/fuse";
            throw new IOException("cannot open " + PATH + ": " + LinuxCalls.strerror(e.getErrorCode()) + "; " + remedy,
                    e);
        }
    }

    int descriptor() {
        return descriptor;
    }

    /** One request and one reply in memory that the kernel can reach. */
    @SuppressWarnings("required.method.not.called") // JNA frees the memory with the object
    static final class Buffers {
        private final Memory poll = new Memory(POLLFD_LENGTH);
        private final Memory requestMemory = new Memory(FuseServer.MAX_WRITE + 4096L);
        private final Memory replyMemory = new Memory(64 * 1024);
        final FuseRequest request = new FuseRequest(view(requestMemory));
        final FuseReply reply = new FuseReply(view(replyMemory));

        private static ByteBuffer view(Memory memory) {
            return memory.getByteBuffer(0, memory.size()).order(ByteOrder.nativeOrder());
        }
    }

    /** Becomes a user. Returns false if the device is closed. */
    synchronized boolean enter() {
        if (closed) {
            return false;
        }
        users++;
        return true;
    }

    /** Is a user no longer. */
    void leave() {
        boolean last;
        synchronized (this) {
            last = --users == 0;
        }
        if (last) {
            LinuxCalls.close(descriptor);
        }
    }

    /**
     * Waits for a request. Programs ask many times in a row, and on an idle machine to be woken costs more than to answer:
     * so this asks again for a while before it sleeps.
     *
     * @return false when the file system is unmounted or its connection aborted
     */
    boolean receive(Buffers buffers) {
        long start = System.nanoTime();
        while (LinuxCalls.read(descriptor, buffers.requestMemory, buffers.requestMemory.size()) < 0) {
            int errno = Native.getLastError();
            if (errno == Errno.EAGAIN.number()) {
                if (System.nanoTime() - start > AWAKE_NANOS) {
                    buffers.poll.setInt(0, descriptor);
                    buffers.poll.setShort(4, POLLIN);
                    LinuxCalls.poll(buffers.poll, 1, -1);
                } else {
                    Thread.onSpinWait();
                }
            } else if (errno != Errno.EINTR.number() && errno != Errno.ENOENT.number()) {
                return false; // ENOENT: the request was taken back by a signal while it was being read
            }
        }
        return true;
    }

    /**
     * Sends a notification to the kernel, which may know nothing of what it is about. The kernel takes the lock of a
     * directory meanwhile, which a lookup or listing holds until it is answered.
     */
    void notify(Memory message, int length) {
        if (!enter()) {
            return;
        }
        try {
            LinuxCalls.write(descriptor, message, length);
        } catch (LastErrorException e) {
            int errno = e.getErrorCode();
            if (errno != Errno.ENOENT.number() && errno != Errno.ENODEV.number() && errno != Errno.ENOTCONN.number()) {
                throw new IllegalStateException("a notification was refused: " + LinuxCalls.strerror(errno), e);
            }
        } finally {
            leave();
        }
    }

    /** Sends a reply. One that the kernel no longer waits for is dropped. */
    void send(Buffers buffers, int length) {
        try {
            LinuxCalls.write(descriptor, buffers.replyMemory, length);
        } catch (LastErrorException e) {
            int errno = e.getErrorCode();
            if (errno != Errno.ENOENT.number() && errno != Errno.ENODEV.number()) {
                System.getLogger(FuseDevice.class.getName()).log(System.Logger.Level.ERROR,
                        "a reply of " + length + " bytes was refused: " + LinuxCalls.strerror(errno));
            }
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        leave();
    }
}
