package org.apvirt.record;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.checkerframework.checker.nullness.qual.Nullable;

/** The terminal of a guest as a socket of QEMU's: lines in and out. A thread reads, so that a wait can end. */
final class AgentSocket implements Agent.Line, AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;
    /** Stands in the queue for the end of the connection; no line of the guest has a newline in it. */
    private static final String END = "\n";

    private final SocketChannel channel;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private AgentSocket(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects to a socket that listens. */
    static AgentSocket connect(Path path) throws IOException {
        AgentSocket socket = new AgentSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        Thread.ofPlatform().daemon().name("agent").start(socket::readLines);
        return socket;
    }

    private void readLines() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        StringBuilder line = new StringBuilder();
        try {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    char c = (char) (buffer.get() & 0xff);
                    if (c == '\n') {
                        lines.add(line.toString());
                        line.setLength(0);
                    } else if (c != '\r') {
                        line.append(c);
                    }
                }
                buffer.clear();
            }
            lines.add(END);
        } catch (IOException e) {
            lines.add(END); // closed, by us or by QEMU: whoever waits hears of it
        }
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
    public @Nullable String receive(long timeoutMillis) throws IOException {
        try {
            String line = lines.poll(timeoutMillis, TimeUnit.MILLISECONDS);
            if (END.equals(line)) {
                lines.add(END);
                throw new IOException("the guest has ended");
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
