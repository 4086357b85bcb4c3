package org.apvirt.gdb;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The client against stubs that say what the test wants; the real one is met in the integration tests. */
class GuestStubTest {
    @TempDir
    private Path directory;

    private Path answering(List<String> bodies) throws IOException {
        Path socket = directory.resolve("stub");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(() -> {
            try (server; SocketChannel client = server.accept()) {
                ByteBuffer in = ByteBuffer.allocate(4096);
                for (String body : bodies) {
                    in.clear();
                    if (client.read(in) < 0) {
                        return;
                    }
                    int sum = body.chars().sum() & 0xff;
                    client.write(ByteBuffer
                            .wrap(String.format("+$%s#%02x", body, sum).getBytes(StandardCharsets.ISO_8859_1)));
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        return socket;
    }

    private static final String S390 = "l<target><architecture>s390:64-bit</architecture></target>";

    @Test
    void aStubOfAnotherArchitectureIsRefusedInOneClearLine() throws IOException {
        Path socket = answering(
                List.of("PacketSize=1000", "l<target><architecture>i386:x86-64</architecture></target>"));
        IOException refusal = assertThrows(IOException.class, () -> GuestStub.connect(socket.toString()));
        assertEquals("the gdb stub at " + socket + " is not that of an s390x guest", refusal.getMessage());
    }

    @Test
    void registersAreEighteenBigEndianWords() throws IOException {
        Path socket = answering(List.of("PacketSize=1000", S390,
                "0400c00180000000" + "000003ffe0641998" + "00000000000000ab".repeat(16)));
        try (GuestStub stub = GuestStub.connect(socket.toString())) {
            long[] registers = stub.registers();
            assertEquals(0x0400c00180000000L, registers[0]);
            assertEquals(0x3ffe0641998L, registers[1]);
            assertEquals(0xab, registers[17]);
        }
    }

    @Test
    void storageThatIsNotThereIsABreach() throws IOException {
        Path socket = answering(List.of("PacketSize=1000", S390, "E14"));
        try (GuestStub stub = GuestStub.connect(socket.toString())) {
            assertThrows(RspException.class, () -> stub.load(0x1000, new byte[8], 0, 8));
        }
    }

    @Test
    void theEndOfTheConnectionIsTheEndOfTheGuest() throws IOException {
        Path socket = answering(List.of("PacketSize=1000", S390));
        try (GuestStub stub = GuestStub.connect(socket.toString())) {
            assertThrows(EOFException.class, () -> {
                stub.resume(); // the end may show here already
                stub.awaitStop(2000);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1:1234", "localhost:0", "localhost:70000", "localhost:gdb", "nonsense"})
    void onlyAPathOrAPortOfThisComputerIsAnAddress(String address) {
        IOException refusal = assertThrows(IOException.class, () -> RspConnection.connect(address));
        assertTrue(refusal.getMessage().contains("localhost:PORT") || refusal.getMessage().contains("1..65535"),
                refusal.getMessage());
    }
}
