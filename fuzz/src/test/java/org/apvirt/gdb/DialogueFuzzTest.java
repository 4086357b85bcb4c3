// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.Facilities;
import org.apvirt.fuzz.Refusals;

/**
 * A stub that answers each write with the next part of the input, then hangs up: the client ends, with one line, and
 * soon. The parts are separated by the byte 0xff.
 */
class DialogueFuzzTest {
    private static void answer(ServerSocketChannel server, byte[] bytes) throws IOException {
        try (SocketChannel client = server.accept()) {
            ByteBuffer from = ByteBuffer.allocate(1 << 16);
            int start = 0;
            while (start < bytes.length && client.read(from.clear()) > 0) {
                int end = start;
                while (end < bytes.length && bytes[end] != -1) {
                    end++;
                }
                client.write(ByteBuffer.wrap(bytes, start, end - start));
                start = end + 1;
            }
        }
    }

    @FuzzTest(maxDuration = "2h")
    void dialogue(byte[] bytes) throws IOException, InterruptedException, ExecutionException {
        Path directory = Files.createTempDirectory("stub");
        Path address = directory.resolve("gdb");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(address));
            FutureTask<Void> stub = new FutureTask<>(() -> {
                answer(server, bytes);
                return null;
            });
            Thread.ofVirtual().start(stub);
            try (StubTransport transport = StubTransport.connect(address.toString(), Facilities.of(12, 15), line -> {},
                    20)) {
                transport.serve(new ApEmulation(NoInstructions.INSTANCE));
            } catch (IOException e) {
                Refusals.assertOneLine(e.getMessage());
            }
        } finally {
            Files.deleteIfExists(address);
            Files.delete(directory);
        }
    }
}
