// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.apvirt.running.http.ControlClient.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class ControlClientsTest extends ControlledMachine {
    private SocketChannel connected() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(server.path()));
    }

    @Test
    void silentEndlessAndNonsensicalClientsHoldUpNobody() throws Exception {
        List<SocketChannel> bad = new ArrayList<>();
        for (String begin : List.of("", "GET", "GET /v1/status HTTP/1.1\r\n", "POST /v1/cards HTTP/1.1\r\nHost: x\r\n"
                + "Content-Length: 10000\r\n\r\n{", "\0\1\2\3\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "x".repeat(100_000))) {
            SocketChannel channel = connected();
            channel.configureBlocking(false);
            channel.write(ByteBuffer.wrap(begin.getBytes(StandardCharsets.ISO_8859_1)));
            bad.add(channel);
        }
        for (int i = 0; i < 20; i++) {
            get("/v1/status");
        }
        for (SocketChannel channel : bad) {
            channel.close();
        }
    }

    @Test
    void oneClientTooManyIsToldSoAndFindsRoomWhenOneHasGone() throws Exception {
        List<SocketChannel> many = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_CLIENTS; i++) {
            many.add(connected());
        }
        Reply reply = client.request("GET", "/v1/status", null);
        for (int i = 0; i < 100 && reply.status() != 503; i++) { // those before are being registered
            Thread.sleep(20);
            reply = client.request("GET", "/v1/status", null);
        }
        assertEquals(503, reply.status());
        for (SocketChannel channel : many) {
            channel.close();
        }
        for (int i = 0; i < 100 && reply.status() != 200; i++) {
            Thread.sleep(20);
            reply = client.request("GET", "/v1/status", null);
        }
        assertEquals(200, reply.status());
    }

    @Test
    void aStreamTellsWhatHappensAndGivesItsPlaceBack() throws Exception {
        for (int i = 0; i < 2 * StreamLimit.MOST; i++) {
            CountDownLatch listening = new CountDownLatch(1);
            List<String> data = new ArrayList<>();
            Thread reader = new Thread(() -> {
                try {
                    client.stream("/v1/changes/stream", line -> {
                        listening.countDown();
                        if (line.startsWith("data: ")) {
                            data.add(line);
                        }
                        return data.isEmpty();
                    });
                } catch (IOException e) {
                    data.add(e.toString());
                    listening.countDown();
                }
            });
            reader.start();
            listening.await();
            running.control().configure(5, i % 2 == 0);
            reader.join();
            assertTrue(data.get(0).contains("\"kind\":\"card\",\"id\":\"5\",\"action\":\"changed\""), data::toString);
        }
    }

    @Test
    void aSocketOfAProcessThatIsNoMoreIsTakenOver() throws Exception {
        server.close();
        Files.writeString(server.path(), "stale");
        server = ControlServer.open(server.path(), running, "test");
        get("/v1/status");
    }

    /** The server accepts nothing and answers nothing, as a process that was stopped. */
    @Test
    void theClientWaitsNoLongerThanItWasTold() throws Exception {
        Path path = directory.resolve("mute.sock");
        try (java.nio.channels.ServerSocketChannel mute = java.nio.channels.ServerSocketChannel
                .open(java.net.StandardProtocolFamily.UNIX)) {
            mute.bind(UnixDomainSocketAddress.of(path), 1);
            ControlClient hasty = new ControlClient(path, Duration.ofMillis(200));
            long start = System.nanoTime();
            List<SocketChannel> waiting = new ArrayList<>();
            for (int i = 0; i < 4; i++) { // also when that queue is full
                IOException e = assertThrows(IOException.class, () -> hasty.request("GET", "/v1/status", null));
                assertEquals("no answer from " + path + " within 200 ms; is its process stopped?", e.getMessage());
                SocketChannel channel = SocketChannel.open(java.net.StandardProtocolFamily.UNIX);
                waiting.add(channel);
                channel.configureBlocking(false);
                try {
                    channel.connect(UnixDomainSocketAddress.of(path));
                } catch (java.net.SocketException full) {
                    continue;
                }
            }
            assertTrue(System.nanoTime() - start < 10_000_000_000L);
            for (SocketChannel channel : waiting) {
                channel.close();
            }
        }
    }
}
