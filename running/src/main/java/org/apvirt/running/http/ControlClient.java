// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The other end of {@link ControlServer}. Each request has a connection of its own and is over by a deadline, whatever the
 * server does: it may be stopped, or hang.
 *
 * <p>Speaks HTTP/1.0, which has no chunks, so that what it reads is one header and then the content: the Java library's client
 * does not know Unix-domain sockets, and Jetty's takes longer to start than a request may last.
 */
public final class ControlClient {
    private static final long RETRY_NANOS = 20_000_000;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int MOST_BYTES = 256 << 20;
    private static final byte[] END_OF_HEADER = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Path socket;
    private final Duration timeout;

    /** A client that waits so long at most for each request. */
    public ControlClient(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /**
     * What the server answered.
     *
     * @param status the HTTP status
     * @param content the content
     */
    public record Reply(int status, String content) {
        /** Tells whether the request was done, or goes on as a job. */
        public boolean isDone() {
            return status < 300;
        }
    }

    /** Takes the lines of a stream. */
    @FunctionalInterface
    public interface LineListener {
        /** Takes a line, without its end; false: no more of them. */
        boolean line(String line) throws IOException;
    }

    /**
     * Sends a request.
     *
     * @param target path and query, encoded
     * @param content JSON, null: none
     * @throws IOException nobody listens; no answer in time; no HTTP
     */
    public Reply request(String method, String target, @Nullable String content) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (SocketChannel channel = connect(deadline); Selector selector = Selector.open()) {
            SelectionKey key = channel.register(selector, 0);
            send(key, head(method, target, content, "application/json"), deadline);
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            try {
                while (read(key, buffer, deadline)) {
                    received.write(buffer.array(), 0, buffer.position());
                    if (received.size() > MOST_BYTES) {
                        throw new IOException("the answer of " + socket + " does not end");
                    }
                }
            } catch (HttpTimeoutException e) {
                throw e;
            } catch (IOException e) {
                if (received.size() == 0) { // else closed without having read all of the request
                    throw e;
                }
            }
            return reply(received.toByteArray());
        }
    }

    /**
     * Reads a stream until it ends or the listener has had enough. Only its beginning has a deadline.
     *
     * @throws IOException as {@link #request}; also, with what the server says, if it refuses
     */
    public void stream(String target, LineListener listener) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (SocketChannel channel = connect(deadline); Selector selector = Selector.open()) {
            SelectionKey key = channel.register(selector, 0);
            send(key, head("GET", target, null, "text/event-stream"), deadline);
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            boolean inHeader = true;
            boolean wanted = true;
            while (wanted && read(key, buffer, inHeader ? deadline : Long.MAX_VALUE)) {
                received.write(buffer.array(), 0, buffer.position());
                if (inHeader && endOfHeader(received.toByteArray()) >= 0) {
                    byte[] all = received.toByteArray();
                    Reply begun = reply(all, false);
                    if (!begun.isDone()) {
                        throw new IOException(begun.content());
                    }
                    int end = endOfHeader(all);
                    received.reset();
                    received.write(all, end, all.length - end);
                    inHeader = false;
                }
                wanted = inHeader || lines(received, listener);
            }
        }
    }

    /** Hands out the complete lines and keeps the rest. */
    private static boolean lines(ByteArrayOutputStream received, LineListener listener) throws IOException {
        byte[] all = received.toByteArray();
        int from = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] == '\n') {
                if (!listener.line(new String(all, from, i - from, StandardCharsets.UTF_8))) {
                    return false;
                }
                from = i + 1;
            }
        }
        received.reset();
        received.write(all, from, all.length - from);
        return true;
    }

    /** Who listens need not accept; but when too many wait for that, it has to be tried again. */
    private SocketChannel connect(long deadline) throws IOException {
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.configureBlocking(false);
                if (channel.connect(UnixDomainSocketAddress.of(socket))) {
                    return channel;
                }
                channel.close();
            } catch (IOException e) {
                channel.close();
                // Nobody listens, or we may not; else EAGAIN, which Java has no name for.
                if (e instanceof ConnectException || !Files.isWritable(socket)) {
                    throw e;
                }
            }
            if (System.nanoTime() > deadline) {
                throw late();
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    private HttpTimeoutException late() {
        return new HttpTimeoutException("no answer from " + socket + " within " + timeout.toMillis()
                + " ms; is its process stopped?");
    }

    private static byte[] head(String method, String target, @Nullable String content, String accepted) {
        byte[] body = content == null ? new byte[0] : content.getBytes(StandardCharsets.UTF_8);
        String head = method + ' ' + target + " HTTP/1.0\r\nHost: apvirt\r\nAccept: " + accepted
                + ", application/problem+json\r\n"
                + (content == null ? "" : "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n")
                + "\r\n";
        byte[] bytes = head.getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(bytes, bytes.length + body.length);
        System.arraycopy(body, 0, all, bytes.length, body.length);
        return all;
    }

    private void send(SelectionKey key, byte[] bytes, long deadline) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        ByteBuffer out = ByteBuffer.wrap(bytes);
        try {
            while (out.hasRemaining()) {
                if (channel.write(out) == 0) {
                    await(key, SelectionKey.OP_WRITE, deadline);
                }
            }
        } catch (HttpTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return; // EPIPE: refused before it was read; why is there to be read
        }
    }

    /** Reads what there is into the empty buffer; false: it was the end. */
    private boolean read(SelectionKey key, ByteBuffer buffer, long deadline) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        buffer.clear();
        int count = channel.read(buffer);
        while (count == 0) {
            await(key, SelectionKey.OP_READ, deadline);
            count = channel.read(buffer);
        }
        return count > 0;
    }

    private void await(SelectionKey key, int operation, long deadline) throws IOException {
        key.interestOps(operation);
        long rest = deadline == Long.MAX_VALUE ? 0 : (deadline - System.nanoTime()) / 1_000_000;
        if (deadline != Long.MAX_VALUE && rest <= 0) {
            throw late();
        }
        key.selector().select(rest);
        key.selector().selectedKeys().clear();
    }

    private static int endOfHeader(byte[] bytes) {
        for (int i = 0; i + END_OF_HEADER.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + END_OF_HEADER.length, END_OF_HEADER, 0, END_OF_HEADER.length)) {
                return i + END_OF_HEADER.length;
            }
        }
        return -1;
    }

    private Reply reply(byte[] bytes) throws IOException {
        return reply(bytes, true);
    }

    private Reply reply(byte[] bytes, boolean complete) throws IOException {
        int end = endOfHeader(bytes);
        if (end < 0) {
            throw new IOException(bytes.length == 0
                    ? socket + " was closed without an answer"
                    : socket + " does not speak HTTP");
        }
        String[] header = new String(bytes, 0, end, StandardCharsets.ISO_8859_1).split("\r\n");
        if (!header[0].matches("HTTP/1\\.[01] [0-9]{3}.*")) {
            throw new IOException(socket + " does not speak HTTP");
        }
        for (String line : header) {
            if (complete && line.toLowerCase(Locale.ROOT).matches("content-length: *[0-9]{1,9}")
                    && Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()) != bytes.length - end) {
                throw new IOException("the answer of " + socket + " is cut off");
            }
        }
        return new Reply(Integer.parseInt(header[0].substring(9, 12)),
                new String(bytes, end, bytes.length - end, StandardCharsets.UTF_8));
    }
}
