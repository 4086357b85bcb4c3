// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** A gdb stub that answers what the test wants, on a Unix socket. */
final class FakeStub implements AutoCloseable {
    /** The description of an s390x machine, shortened. */
    static final String S390 = "l<target><architecture>s390:64-bit</architecture></target>";
    /** A byte that arrives outside of a packet is handed to the test as this. */
    static final String INTERRUPT = "\u0003";

    private final Path socket;
    private final ServerSocketChannel server;

    private FakeStub(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    /** A stub that computes the bytes that it sends from the body of each packet; null ends the connection. */
    static FakeStub raw(Path socket, Function<String, byte[]> answers) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(() -> {
            try (server; SocketChannel client = server.accept()) {
                serve(client, answers);
            } catch (IOException e) {
                return; // the client has gone, as it may at any time; what it found is the test's business
            }
        });
        return new FakeStub(socket, server);
    }

    /** A stub that computes the body of each answer. */
    static FakeStub of(Path socket, Function<String, String> answers) throws IOException {
        return raw(socket, body -> {
            String answer = answers.apply(body);
            return answer == null ? null : packet(answer);
        });
    }

    /** A stub with these answers in turn, which then ends the connection. */
    static FakeStub saying(Path socket, List<String> answers) throws IOException {
        var left = answers.iterator();
        return of(socket, body -> left.hasNext() ? left.next() : null);
    }

    /** A packet with its acknowledgement before it. */
    static byte[] packet(String body) {
        return String.format("+$%s#%02x", body, body.chars().sum() & 0xff).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void serve(SocketChannel client, Function<String, byte[]> answers) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(1 << 16);
        while (client.read(in) >= 0) {
            in.flip();
            String text = StandardCharsets.ISO_8859_1.decode(in).toString();
            in.clear();
            while (!text.isEmpty()) {
                int end = text.startsWith(INTERRUPT) ? 1 : text.indexOf('#') + 3;
                if (end < 3 && end != 1 || end > text.length()) {
                    in.put(text.getBytes(StandardCharsets.ISO_8859_1)); // the rest comes with the next read
                    break;
                }
                byte[] answer = answers.apply(end == 1 ? INTERRUPT : text.substring(1, end - 3));
                text = text.substring(end);
                if (answer == null) {
                    return;
                }
                client.write(ByteBuffer.wrap(answer));
            }
        }
    }

    /** Returns its address. */
    String address() {
        return socket.toString();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
