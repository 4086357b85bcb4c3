// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.nio.file.Path;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/** A z90crypt of the Linux that this program runs on. Every call into the C library of this package is here. */
final class LinuxZcrypt implements ZcryptPort {
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;

    private final int fd;

    private LinuxZcrypt(int fd) {
        this.fd = fd;
    }

    /** The calls; they are linked when the class is first used. */
    private static final class Calls {
        static {
            Native.register(Calls.class, "c");
        }

        /** int open(const char *path, int flags) */
        static native int open(String path, int flags) throws LastErrorException;

        /** int ioctl(int fd, unsigned long request, void *argument) */
        static native int ioctl(int fd, long request, Pointer argument) throws LastErrorException;

        /** int close(int fd) */
        static native int close(int fd);
    }

    /**
     * Opens a device node.
     *
     * @throws ErrnoException what open(2) answers
     * @throws LinkageError JNA cannot be used
     */
    static LinuxZcrypt open(Path node) throws ErrnoException {
        try {
            return new LinuxZcrypt(Calls.open(node.toString(), O_RDWR | O_CLOEXEC));
        } catch (LastErrorException e) {
            throw failure("open", e);
        }
    }

    @Override
    public void ioctl(int request, ZcryptArgument argument) throws ErrnoException {
        byte[] bytes = argument.toBytes();
        try (Memory memory = new Memory(bytes.length)) {
            memory.write(0, argument.toBytes(Pointer.nativeValue(memory)), 0, bytes.length);
            try {
                Calls.ioctl(fd, Integer.toUnsignedLong(request), memory);
            } catch (LastErrorException e) {
                throw failure("ioctl", e);
            } finally {
                memory.read(0, bytes, 0, bytes.length);
                argument.fromBytes(bytes);
                memory.clear(); // there may be a key in it
            }
        }
    }

    private static ErrnoException failure(String call, LastErrorException e) {
        for (Errno errno : Errno.values()) {
            if (errno.number() == e.getErrorCode()) {
                return new ErrnoException(errno, call + ": " + errno.text());
            }
        }
        return new ErrnoException(Errno.EIO, call + ": errno " + e.getErrorCode());
    }

    @Override
    public void close() {
        Calls.close(fd);
    }
}
