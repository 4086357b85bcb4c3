// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * A Unix stream socket of the C library: descriptors can be passed over it, which Java's cannot do. One thread may receive
 * while another sends; a third ends both with {@link #shutdown}. The C types are those of a 64-bit Linux.
 */
final class UnixSocket implements AutoCloseable {
    private static final short AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;
    private static final int SHUT_RDWR = 2;
    private static final int EINTR = 4;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int BACKLOG = 1;

    private static final int ADDRESS_LENGTH = 110;
    private static final int HEADER_LENGTH = 56; // struct msghdr
    private static final int CONTROL_HEADER_LENGTH = 16; // struct cmsghdr
    private static final int MOST_DESCRIPTORS = 253; // SCM_MAX_FD

    static {
        Native.register(UnixSocket.class, "c");
    }

    private final int descriptor;
    private boolean closed; // guarded by this

    private UnixSocket(int descriptor) {
        this.descriptor = descriptor;
    }

    /** int socket(int domain, int type, int protocol) */
    private static native int socket(int domain, int type, int protocol) throws LastErrorException;

    /** int bind(int fd, const struct sockaddr *address, socklen_t length) */
    private static native int bind(int fd, Pointer address, int length) throws LastErrorException;

    /** int connect(int fd, const struct sockaddr *address, socklen_t length) */
    private static native int connect(int fd, Pointer address, int length) throws LastErrorException;

    /** int listen(int fd, int backlog) */
    private static native int listen(int fd, int backlog) throws LastErrorException;

    /** int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) */
    private static native int accept4(int fd, Pointer address, Pointer length, int flags) throws LastErrorException;

    /** ssize_t recvmsg(int fd, struct msghdr *message, int flags) */
    private static native long recvmsg(int fd, Pointer message, int flags) throws LastErrorException;

    /** ssize_t sendmsg(int fd, const struct msghdr *message, int flags) */
    private static native long sendmsg(int fd, Pointer message, int flags) throws LastErrorException;

    /** int shutdown(int fd, int how) */
    private static native int shutdown(int fd, int how) throws LastErrorException;

    /** int fcntl(int fd, int command, int argument) */
    private static native int fcntl(int fd, int command, int argument) throws LastErrorException;

    /** int close(int fd) */
    private static native int close(int fd) throws LastErrorException;

    /** char *strerror(int errno) */
    private static native String strerror(int errno);

    /** Takes over a socket that was handed on to this process, of one that listens or is connected; programs that it starts do not get it. */
    static UnixSocket ofHandedOn(int descriptor) throws IOException {
        try {
            fcntl(descriptor, F_SETFD, FD_CLOEXEC);
            return new UnixSocket(descriptor);
        } catch (LastErrorException e) {
            throw failed("descriptor " + descriptor, e);
        }
    }

    /** Listens. */
    static UnixSocket listen(Path path) throws IOException {
        return open("Failed to bind socket to " + path, socket -> {
            try (Memory address = address(path)) {
                bind(socket, address, ADDRESS_LENGTH);
            }
            listen(socket, BACKLOG);
        });
    }

    /** Connects to who listens. */
    static UnixSocket connect(Path path) throws IOException {
        return open("Failed to connect to '" + path + "'", socket -> {
            try (Memory address = address(path)) {
                connect(socket, address, ADDRESS_LENGTH);
            }
        });
    }

    /** What is done with a new socket. */
    private interface Opening {
        void with(int socket) throws IOException;
    }

    private static UnixSocket open(String failure, Opening opening) throws IOException {
        int made;
        try {
            made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        } catch (LastErrorException e) {
            throw failed(failure, e);
        }
        UnixSocket socket = new UnixSocket(made);
        try {
            opening.with(made);
            return socket;
        } catch (LastErrorException e) {
            socket.close();
            throw failed(failure, e);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static Memory address(Path path) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > ADDRESS_LENGTH - Short.BYTES - 1) {
            throw new IOException("UNIX socket path '" + path + "' is too long; it must be less than 108 bytes");
        }
        Memory address = new Memory(ADDRESS_LENGTH);
        address.clear();
        address.setShort(0, AF_UNIX);
        address.write(Short.BYTES, name, 0, name.length);
        return address;
    }

    private static IOException failed(String what, LastErrorException e) {
        return new IOException(what + ": " + strerror(e.getErrorCode()), e);
    }

    /** Waits for a client. */
    UnixSocket accept() throws IOException {
        while (true) {
            try {
                return new UnixSocket(accept4(descriptor, Pointer.NULL, Pointer.NULL, SOCK_CLOEXEC));
            } catch (LastErrorException e) {
                if (e.getErrorCode() != EINTR) {
                    throw failed("accept", e);
                }
            }
        }
    }

    /**
     * Receives what there is, at least one byte.
     *
     * @param passed takes the descriptors that came with it; they are the caller's to close
     * @return how many bytes, 0: the other end has closed
     */
    int receive(byte[] into, List<? super Integer> passed) throws IOException {
        try (Memory data = new Memory(into.length);
                Memory control = new Memory(CONTROL_HEADER_LENGTH + MOST_DESCRIPTORS * Integer.BYTES + 4);
                Memory vector = new Memory(2L * Long.BYTES);
                Memory header = header(vector, data, into.length, control, (int) control.size())) {
            int count;
            while (true) {
                try {
                    count = (int) recvmsg(descriptor, header, MSG_CMSG_CLOEXEC);
                    break;
                } catch (LastErrorException e) {
                    if (e.getErrorCode() != EINTR) {
                        throw failed("receive", e);
                    }
                }
            }
            data.read(0, into, 0, count);
            long length = header.getLong(40);
            for (long at = 0; at + CONTROL_HEADER_LENGTH <= length;) {
                long end = at + Math.max(control.getLong(at), CONTROL_HEADER_LENGTH);
                if (control.getInt(at + 8) == SOL_SOCKET && control.getInt(at + 12) == SCM_RIGHTS) {
                    for (long next = at + CONTROL_HEADER_LENGTH; next + Integer.BYTES <= end; next += Integer.BYTES) {
                        passed.add(control.getInt(next));
                    }
                }
                at = (end + 7) & -8;
            }
            return count;
        }
    }

    /**
     * Sends all of it.
     *
     * @param passed descriptors that go with the first byte; they stay the caller's
     */
    void send(byte[] bytes, List<Integer> passed) throws IOException {
        int controlLength = passed.isEmpty() ? 0 : CONTROL_HEADER_LENGTH + passed.size() * Integer.BYTES;
        try (Memory data = new Memory(Math.max(bytes.length, 1));
                Memory control = new Memory(CONTROL_HEADER_LENGTH + (passed.size() + 1L) * Integer.BYTES);
                Memory vector = new Memory(2L * Long.BYTES)) {
            data.write(0, bytes, 0, bytes.length);
            control.setLong(0, controlLength);
            control.setInt(8, SOL_SOCKET);
            control.setInt(12, SCM_RIGHTS);
            for (int i = 0; i < passed.size(); i++) {
                control.setInt(CONTROL_HEADER_LENGTH + (long) i * Integer.BYTES, passed.get(i));
            }
            int sent = 0;
            while (sent < bytes.length) {
                try (Memory header = header(vector, data.share(sent), bytes.length - sent, control,
                        sent == 0 ? controlLength : 0)) {
                    sent += (int) sendmsg(descriptor, header, MSG_NOSIGNAL);
                } catch (LastErrorException e) {
                    if (e.getErrorCode() != EINTR) {
                        throw failed("send", e);
                    }
                }
            }
        }
    }

    private static Memory header(Memory vector, Pointer data, int length, Memory control, int controlLength) {
        vector.setPointer(0, data);
        vector.setLong(Long.BYTES, length);
        Memory header = new Memory(HEADER_LENGTH);
        header.clear();
        header.setPointer(16, vector);
        header.setLong(24, 1);
        header.setPointer(32, controlLength == 0 ? Pointer.NULL : control);
        header.setLong(40, controlLength);
        return header;
    }

    /** Closes a descriptor that was received. */
    static void close(List<Integer> passed) {
        for (int each : passed) {
            try {
                close(each);
            } catch (LastErrorException e) {
                continue; // it was none any more
            }
        }
    }

    /** Makes {@link #receive} and {@link #accept}, of whatever thread, return soon. */
    synchronized void shutdown() {
        try {
            if (!closed) {
                shutdown(descriptor, SHUT_RDWR);
            }
        } catch (LastErrorException e) {
            return; // the other end was first
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            close(List.of(descriptor));
        }
    }
}
