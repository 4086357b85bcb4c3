package org.apvirt.gdb;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One connection to a gdb stub: packets with checksums out and in. Acknowledgements are left out where the protocol
 * lets them be implied, because any byte that arrives while the guest runs stops it.
 *
 * <p>Used by one thread. Source: the gdb manual, appendix "Remote Protocol".
 */
public final class RspConnection implements Closeable {
    private static final int RECEIVE_BYTES = 1 << 16;

    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer in = ByteBuffer.allocate(RECEIVE_BYTES).flip();
    private ByteBuffer out = ByteBuffer.allocate(8192);

    private RspConnection(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * Connects to a stub on this computer.
     *
     * @param address a path, for a Unix socket, or {@code PORT}, {@code :PORT}, {@code localhost:PORT} for TCP
     * @throws IOException nobody listens, or the address is not on this computer
     */
    public static RspConnection connect(String address) throws IOException {
        if (address.contains("/")) {
            return open(UnixDomainSocketAddress.of(address), StandardProtocolFamily.UNIX);
        }
        int colon = address.lastIndexOf(':');
        String host = colon <= 0 ? "localhost" : address.substring(0, colon);
        InetAddress resolved = InetAddress.getByName(host);
        if (!resolved.isLoopbackAddress()) {
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
        RspConnection connection = open(new InetSocketAddress(resolved, port), StandardProtocolFamily.INET);
        try {
            connection.channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return connection;
        } catch (IOException e) {
            connection.close();
            throw e;
        }
    }

    private static RspConnection open(SocketAddress address, StandardProtocolFamily family) throws IOException {
        SocketChannel channel = SocketChannel.open(family);
        try {
            channel.connect(address);
            return new RspConnection(channel);
        } catch (IOException e) {
            channel.close();
            throw new IOException("no gdb stub at " + address + ": " + e.getMessage(), e);
        }
    }

    /** Sends a packet and does not wait for an answer. */
    public void send(String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        if (out.capacity() < bytes.length + 4) {
            out = ByteBuffer.allocate(bytes.length * 2);
        }
        out.clear();
        out.put((byte) '$');
        int sum = 0;
        for (byte b : bytes) {
            sum += b;
        }
        out.put(bytes).put((byte) '#').put(hexDigit(sum >> 4)).put(hexDigit(sum));
        write(out.flip());
    }

    /** Stops a running guest: the byte 0x03. The stop arrives as a packet. */
    public void interrupt() throws IOException {
        write(ByteBuffer.wrap(new byte[]{3}));
    }

    @SuppressWarnings("signedness:return") // a digit or letter of ASCII
    private static byte hexDigit(int nibble) {
        return (byte) Character.forDigit(nibble & 0xf, 16);
    }

    private void write(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                if (channel.write(bytes) == 0) {
                    Thread.onSpinWait();
                }
            }
        } catch (IOException e) {
            throw ended(e); // a socket on this computer breaks only when the other side goes
        }
    }

    private static EOFException ended(@Nullable IOException cause) {
        EOFException end = new EOFException("the guest has ended (the gdb stub closed the connection)");
        if (cause != null) {
            end.initCause(cause);
        }
        return end;
    }

    /** Sends a packet and waits for its answer, five seconds at most. */
    public String request(String body) throws IOException {
        send(body);
        String answer = receive(5000);
        if (answer == null) {
            throw new RspException("the stub does not answer '" + shorten(body) + "' (is another debugger attached?)");
        }
        return answer;
    }

    /** Sends a packet that must be answered with OK. */
    public void command(String body) throws IOException {
        String answer = request(body);
        if (!answer.equals("OK")) {
            throw new RspException("the stub refused '" + shorten(body) + "': '" + shorten(answer) + "'");
        }
    }

    private static String shorten(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    /**
     * Waits for a packet.
     *
     * @param millis how long; 0: only look
     * @return its body, null when the time is over
     * @throws EOFException the stub closed the connection: the guest has ended
     */
    public @Nullable String receive(long millis) throws IOException {
        long deadline = System.nanoTime() + millis * 1_000_000;
        while (true) {
            String body = RspPacket.take(in);
            if (body != null) {
                return body;
            }
            in.compact();
            int count = channel.read(in);
            if (count == 0) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0 && System.nanoTime() >= deadline) {
                    in.flip();
                    return null;
                }
                selector.select(Math.max(left, 1));
                selector.selectedKeys().clear();
                count = channel.read(in);
            }
            in.flip();
            if (count < 0) {
                throw ended(null);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            selector.close();
        } finally {
            channel.close();
        }
    }
}
