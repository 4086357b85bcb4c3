// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.InvalidPathException;

import org.checkerframework.checker.calledmethods.qual.EnsuresCalledMethods;
import org.checkerframework.checker.mustcall.qual.Owning;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One connection to a gdb stub. Packets are collected in {@link #out} and leave in one write, since each trip to the
 * stub costs far more than a packet does. Acknowledgements are left out where the protocol lets them be implied, because
 * any byte that arrives while the guest runs stops it.
 *
 * <p>Used by one thread. Source: the gdb manual, appendix "Remote Protocol".
 */
final class RspConnection implements Closeable {
    /** Milliseconds after which a stub that should answer will not. */
    static final long ANSWER_MILLIS = 5000;
    private static final String UNIX = "unix:";
    private static final int RECEIVE_BYTES = 1 << 16;
    /** An answer takes about this long; being woken for it would take a good part of that again. */
    private static final long SPIN_NANOS = 100_000;

    /** Packets that wait to be sent. */
    final RspWriter out = new RspWriter();

    private final @Owning SocketChannel channel;
    private final @Owning Selector selector;
    private final SelectionKey key;
    private final ByteBuffer in = ByteBuffer.allocate(RECEIVE_BYTES).flip();
    private final RspReply reply = new RspReply();
    private final long answerMillis;

    private RspConnection(@Owning SocketChannel channel, @Owning Selector selector, long answerMillis)
            throws IOException {
        this.channel = channel;
        this.selector = selector;
        this.answerMillis = answerMillis;
        channel.configureBlocking(false);
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * Connects to a stub on this computer.
     *
     * @param address a path, for a Unix socket, which may begin with {@code unix:}, or {@code PORT}, {@code :PORT}, {@code localhost:PORT} for TCP
     * @param answerMillis how long an answer may take, milliseconds
     * @throws IOException nobody listens, or the address is not on this computer
     */
    static RspConnection connect(String address, long answerMillis) throws IOException {
        boolean isPath = address.startsWith(UNIX);
        if (isPath || address.contains("/")) {
            try {
                // As QEMU writes it: what follows the path are options of its own.
                String path = isPath ? address.substring(UNIX.length()).replaceFirst(",.*", "") : address;
                return open(address, UnixDomainSocketAddress.of(path), StandardProtocolFamily.UNIX, answerMillis);
            } catch (InvalidPathException e) {
                throw new RspException("'" + address.replace('\0', '?') + "' is not a path");
            }
        }
        int colon = address.lastIndexOf(':');
        String host = colon <= 0 ? "localhost" : address.substring(0, colon);
        // Only a name or number of this computer is looked up, so that no name server hears of it.
        if (!host.equals("localhost") && !host.matches("127(\\.[0-9]{1,3}){3}|\\[::1]|::1")) {
            throw new RspException("'" + address + "' is not on this computer (use a Unix socket or localhost:PORT)");
        }
        int port;
        try {
            port = Integer.parseInt(address.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new RspException("'" + address + "' has no port number (use a path, or localhost:PORT)");
        }
        if (port < 1 || port > 0xffff) {
            throw new RspException("port " + port + " is not in 1..65535");
        }
        if (!host.equals("localhost")) {
            return tcp(address, host, port, answerMillis);
        }
        try {
            return tcp(address, "127.0.0.1", port, answerMillis);
        } catch (ConnectException e) {
            return tcp(address, "::1", port, answerMillis); // QEMU takes the first that the name has, often this one
        }
    }

    @SuppressWarnings("required.method.not.called") // of the channel, which is the connection's
    private static RspConnection tcp(String name, String number, int port, long answerMillis) throws IOException {
        InetAddress address = InetAddress.getByName(number);
        StandardProtocolFamily family = address.getAddress().length == 4
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6;
        RspConnection connection = open(name, new InetSocketAddress(address, port), family, answerMillis);
        try {
            connection.channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return connection;
        } catch (IOException e) {
            connection.close();
            throw e;
        }
    }

    @SuppressWarnings("required.method.not.called") // the checker does not see that null is what was not opened
    private static RspConnection open(String name, SocketAddress address, StandardProtocolFamily family,
            long answerMillis)
            throws IOException {
        SocketChannel channel = SocketChannel.open(family);
        Selector selector = null;
        try {
            selector = Selector.open();
            channel.connect(address);
            return new RspConnection(channel, selector, answerMillis);
        } catch (IOException e) {
            channel.close();
            if (selector != null) {
                selector.close();
            }
            ConnectException none = new ConnectException("no gdb stub at " + name + ": " + e.getMessage());
            none.initCause(e);
            throw none;
        }
    }

    /** Sends what has been collected, in one write. */
    void flush() throws IOException {
        write(out.take());
    }

    /** Stops a running guest: the byte 0x03. The stop arrives as a packet. */
    void interrupt() throws IOException {
        write(ByteBuffer.wrap(new byte[]{3}));
    }

    private void write(ByteBuffer bytes) throws IOException {
        long start = System.nanoTime();
        try {
            while (bytes.hasRemaining()) {
                if (channel.write(bytes) == 0) {
                    long left = answerMillis - (System.nanoTime() - start) / 1_000_000;
                    if (left <= 0) {
                        throw new RspException("the stub takes no more packets");
                    }
                    select(SelectionKey.OP_WRITE, left);
                }
            }
        } catch (RspException e) {
            throw e;
        } catch (IOException e) {
            throw ended(e); // a socket on this computer breaks only when the other side goes
        }
    }

    private static EOFException ended(@Nullable Exception cause) {
        EOFException end = new EOFException("the guest has ended (the gdb stub closed the connection)");
        if (cause != null) {
            end.initCause(cause);
        }
        return end;
    }

    /**
     * Waits for the answer to a question. A stop that comes before it is an old one. QEMU may end whatever it was asked, and
     * then says that instead.
     *
     * @return valid until the next packet is received
     * @throws EOFException the guest has ended
     * @throws RspException there is none
     */
    RspReply answer() throws IOException {
        long start = System.nanoTime();
        while (true) {
            RspReply answer = within(answerMillis - (System.nanoTime() - start) / 1_000_000);
            if (answer.isEnd()) {
                throw ended(null);
            }
            if (!answer.isStop()) {
                return answer;
            }
        }
    }

    /** Waits for a packet that is no answer, a stop or the guest's end; the same otherwise. */
    RspReply stop() throws IOException {
        return within(answerMillis);
    }

    private RspReply within(long millis) throws IOException {
        RspReply packet = millis < 0 ? null : receive(millis);
        if (packet == null) {
            throw new RspException("the gdb stub does not answer within " + answerMillis
                    + " ms (is another debugger connected to it?)");
        }
        return packet;
    }

    /** Sends a packet, with all that was collected before it, and waits for its answer. */
    RspReply request(String body) throws IOException {
        out.begin(body).end();
        flush();
        return answer();
    }

    /**
     * Waits for a packet.
     *
     * @param millis how long
     * @return valid until the next packet is received; null when the time is over
     * @throws EOFException the stub closed the connection: the guest has ended
     */
    @Nullable
    RspReply receive(long millis) throws IOException {
        long start = System.nanoTime();
        boolean over = false;
        while (true) {
            if (RspPacket.take(in, reply)) {
                return reply;
            }
            if (over) {
                return null;
            }
            int count = read();
            long left = millis - (System.nanoTime() - start) / 1_000_000;
            over = left <= 0; // whether or not something came: noise without end is no packet either
            if (count == 0 && !over) {
                if (System.nanoTime() - start < SPIN_NANOS) {
                    Thread.onSpinWait();
                } else {
                    select(SelectionKey.OP_READ, left);
                }
            }
        }
    }

    /** Waits until the channel can be read or written; a connection that another thread closes has ended. */
    private void select(int operation, long millis) throws IOException {
        try {
            if (key.interestOps() != operation) {
                key.interestOps(operation);
            }
            selector.select(millis);
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException | CancelledKeyException e) {
            throw ended(e);
        }
    }

    private int read() throws IOException {
        in.compact();
        try {
            int count = channel.read(in);
            if (count < 0) {
                throw ended(null);
            }
            return count;
        } catch (EOFException e) {
            throw e;
        } catch (IOException e) {
            throw ended(e);
        } finally {
            in.flip();
        }
    }

    @Override
    @EnsuresCalledMethods(value = {"channel", "selector"}, methods = "close")
    public void close() throws IOException {
        try {
            selector.close();
        } finally {
            channel.close();
        }
    }
}
