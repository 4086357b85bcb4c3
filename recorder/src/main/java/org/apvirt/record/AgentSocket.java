// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The terminal of a guest as a socket of QEMU's: lines in and out. A thread reads, so that a wait can end. The guest may
 * send what it likes: a line has {@value #LONGEST_LINE} characters at most, and the guest waits while as many are not taken
 * yet.
 */
final class AgentSocket implements Agent.Line, AutoCloseable {
    /** Longer than any answer: file and output end after a MiB, two digits a byte, and a listing comes in lines. */
    static final int LONGEST_LINE = 4 << 20;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int TRIES = 200;
    private static final int TRY_MILLIS = 10;

    private final SocketChannel channel;
    @GuardedBy("this")
    private final Deque<String> lines = new ArrayDeque<>();
    @GuardedBy("this")
    private long waiting; // characters in lines
    @GuardedBy("this")
    private @Nullable String ended; // why nothing more comes

    private AgentSocket(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects to a socket that listens, or is about to: its file is there first. */
    static AgentSocket connect(Path path) throws IOException {
        AgentSocket socket = new AgentSocket(open(UnixDomainSocketAddress.of(path)));
        Thread.ofPlatform().daemon().name("agent").start(socket::readLines);
        return socket;
    }

    private static SocketChannel open(UnixDomainSocketAddress address) throws IOException {
        for (int tries = 0;; tries++) {
            try {
                return SocketChannel.open(address);
            } catch (ConnectException e) {
                if (tries == TRIES) {
                    throw e;
                }
            }
            try {
                Thread.sleep(TRY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while QEMU started", e);
            }
        }
    }

    private void readLines() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        StringBuilder line = new StringBuilder();
        String why = "the guest has ended";
        try {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    char c = (char) (buffer.get() & 0xff);
                    if (c == '\n') {
                        put(line.toString());
                        line.setLength(0);
                    } else if (c != '\r') {
                        line.append(c);
                    }
                }
                buffer.clear();
                if (line.length() > LONGEST_LINE) {
                    why = "the guest sent a line of more than " + LONGEST_LINE + " characters";
                    break;
                }
            }
        } catch (IOException e) {
            // Closed, by us or by QEMU: whoever waits hears of it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end(why);
        }
    }

    private synchronized void put(String line) throws InterruptedException {
        while (waiting > LONGEST_LINE && channel.isOpen()) {
            wait();
        }
        lines.add(line);
        waiting += line.length() + 1;
        notifyAll();
    }

    private synchronized void end(String why) {
        ended = why;
        notifyAll();
    }

    @Override
    public void send(String line) throws IOException {
        ByteBuffer bytes = StandardCharsets.ISO_8859_1.encode(line + '\n');
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new IOException("the guest has ended", e);
        }
    }

    @Override
    public synchronized @Nullable String receive(long timeoutMillis) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        try {
            while (lines.isEmpty()) {
                if (ended != null) {
                    throw new IOException(ended);
                }
                long rest = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (rest <= 0) {
                    return null;
                }
                wait(rest);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        String line = lines.remove();
        waiting -= line.length() + 1;
        notifyAll();
        return line;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        end("the guest has ended"); // wakes the thread that reads, too
    }
}
