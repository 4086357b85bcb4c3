// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a guest sends is bounded in line, queue and time, whatever runs in it. */
@Timeout(30)
class AgentSocketTest {
    @TempDir
    private Path directory;

    private ServerSocketChannel server;
    private SocketChannel guest;
    private AgentSocket socket;
    private final AtomicLong sent = new AtomicLong();

    @BeforeEach
    void connect() throws IOException {
        Path path = directory.resolve("agent");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
        socket = AgentSocket.connect(path);
        guest = server.accept();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        guest.close();
        server.close();
    }

    private void send(String text) throws IOException {
        guest.write(StandardCharsets.ISO_8859_1.encode(text));
    }

    /** Sends a text again and again until nobody takes it any more. */
    private void flood(String text) {
        ByteBuffer bytes = StandardCharsets.ISO_8859_1.encode(text.repeat(Math.max(1, 8192 / text.length())));
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    sent.addAndGet(guest.write(bytes.duplicate()));
                }
            } catch (IOException e) {
                // It has been closed.
            }
        });
    }

    @Test
    void linesComeInTheirOrderAndThenTheEnd() throws IOException {
        send("one\r\ntw");
        send("o\n");
        assertEquals("one", socket.receive(5000));
        assertEquals("two", socket.receive(5000));
        assertNull(socket.receive(10));
        guest.close();
        for (int i = 0; i < 2; i++) {
            assertEquals("the guest has ended",
                    assertThrows(IOException.class, () -> socket.receive(5000)).getMessage());
        }
    }

    @Test
    void aLineWithoutEndIsAnError() {
        flood("x");
        assertEquals("the guest sent a line of more than 4194304 characters",
                assertThrows(IOException.class, () -> socket.receive(20_000)).getMessage());
    }

    @Test
    void whatNobodyTakesMakesTheGuestWait() throws Exception {
        flood("a line\n");
        long before = -1;
        while (before != sent.get()) {
            before = sent.get();
            Thread.sleep(300);
        }
        assertTrue(before < 2L * AgentSocket.LONGEST_LINE, () -> sent + " characters were taken");
        for (int i = 0; i < 100_000; i++) {
            assertEquals("a line", socket.receive(5000)); // it goes on where it stopped
        }
    }

    @Test
    void aGreetingThatDoesNotComeIsLateEvenIfLinesNeverEnd() {
        flood("boot message\n");
        IOException e = assertThrows(IOException.class, () -> Agent.greet(socket, 1000, 1000));
        assertTrue(e.getMessage().startsWith("the guest did not answer within 1 s"), e.getMessage());
    }

    @Test
    void anAnswerHasAnEndInTime() throws IOException {
        send("apvirt-agent 1 6.12.0\n");
        Agent agent = Agent.greet(socket, 5000, 1000);
        flood("k 41\n");
        assertThrows(IOException.class, () -> agent.awaitQuiet(1, 1, new ArrayList<>(), new ArrayList<>()));
    }

    @Test
    void anAnswerHasAnEndInLength() throws IOException {
        send("apvirt-agent 1 6.12.0\n");
        Agent agent = Agent.greet(socket, 5000, 60_000);
        flood("c 1 " + "61".repeat(100_000) + '\n');
        assertEquals("the guest's answer has more than 33554432 characters",
                assertThrows(IOException.class, () -> agent.tree("/sys")).getMessage());
    }
}
