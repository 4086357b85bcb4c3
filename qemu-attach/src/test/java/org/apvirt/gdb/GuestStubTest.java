// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apvirt.arch.Facilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The client against stubs that say what the test wants; the real one is met in the integration tests. */
class GuestStubTest {
    @TempDir
    private Path directory;

    private FakeStub saying(String... answers) throws IOException {
        return FakeStub.saying(directory.resolve("stub"), List.of(answers));
    }

    private static GuestStub connect(FakeStub stub) throws IOException {
        return GuestStub.connect(stub.address(), 2000);
    }

    @Test
    void aStubOfAnotherArchitectureIsRefusedInOneClearLine() throws IOException {
        try (FakeStub fake = saying("PacketSize=1000",
                "l<target><architecture>i386:x86-64</architecture></target>")) {
            IOException refusal = assertThrows(IOException.class, () -> connect(fake));
            assertEquals("the gdb stub at " + fake.address() + " is not that of an s390x guest", refusal.getMessage());
        }
    }

    @Test
    void aStubWithoutWatchpointsIsThatOfAnotherQemu() throws IOException {
        try (FakeStub fake = saying("PacketSize=1000", FakeStub.S390, "T05thread:01;", "")) {
            IOException refusal = assertThrows(IOException.class,
                    () -> StubTransport.connect(fake.address(), Facilities.of(12), line -> {}));
            assertEquals("the gdb stub has no read watchpoints: it is not that of qemu-system-s390x",
                    refusal.getMessage());
        }
    }

    @Test
    void theMonitorTellsTheVersionInAsManyPacketsAsItLikes() throws IOException {
        try (FakeStub fake = FakeStub.raw(directory.resolve("stub"), body -> switch (body) {
            case "qRcmd,696e666f2076657273696f6e" -> (new String(FakeStub.packet("O31312e322e"),
                    StandardCharsets.ISO_8859_1) + new String(FakeStub.packet("O300d0a"), StandardCharsets.ISO_8859_1)
                    + new String(FakeStub.packet("OK"), StandardCharsets.ISO_8859_1))
                    .getBytes(StandardCharsets.ISO_8859_1);
            case "?" -> FakeStub.packet("T05thread:01;");
            default -> FakeStub.packet(body.startsWith("qXfer") ? FakeStub.S390 : "OK");
        }); GuestStub stub = connect(fake)) {
            assertEquals("11.2.0\r\n", stub.monitor("info version"));
        }
    }

    @Test
    void aStubWithoutMonitorTellsNoVersion() throws IOException {
        try (FakeStub fake = saying("PacketSize=1000", FakeStub.S390, "T05thread:01;", "");
                GuestStub stub = connect(fake)) {
            assertEquals("", stub.monitor("info version"));
        }
    }

    @Test
    void whereNobodyListensTheAddressIsNamedAsItWasGiven() throws IOException {
        String socket = directory.resolve("none").toString();
        IOException refusal = assertThrows(IOException.class, () -> GuestStub.connect(socket, 2000));
        assertEquals("no gdb stub at " + socket + ": No such file or directory", refusal.getMessage());
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        refusal = assertThrows(IOException.class, () -> GuestStub.connect("localhost:" + port, 2000));
        assertTrue(refusal.getMessage().startsWith("no gdb stub at localhost:" + port + ": "), refusal.getMessage());
    }

    @Test
    void aStubThatHasAnotherClientDoesNotAnswerAndThatIsSaidInTime() throws IOException {
        Path socket = directory.resolve("busy");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket)); // connections wait there, as QEMU leaves them
            IOException refusal = assertThrows(IOException.class, () -> GuestStub.connect(socket.toString(), 50));
            assertEquals("the gdb stub does not answer within 50 ms (is another debugger connected to it?)",
                    refusal.getMessage());
        }
    }

    @Test
    void aRunningGuestSaysFirstThatItWasStopped() throws IOException {
        byte[] stopped = concat(FakeStub.packet("T02thread:01;"), FakeStub.packet("PacketSize=1000"));
        try (FakeStub fake = FakeStub.raw(directory.resolve("stub"),
                body -> body.startsWith("qS")
                        ? stopped
                        : body.startsWith("qX") ? FakeStub.packet(FakeStub.S390) : null)) {
            // The end of the connection, which comes where the handshake goes on, is no refusal.
            assertThrows(EOFException.class, () -> connect(fake));
        }
    }

    static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Test
    void registersAreEighteenBigEndianWords() throws IOException {
        try (FakeStub fake = saying("PacketSize=1000", FakeStub.S390, "T05thread:01;",
                "0400c00180000000" + "000003ffe0641998" + "00000000000000ab".repeat(16));
                GuestStub stub = connect(fake)) {
            long[] registers = new long[18];
            stub.registers(registers);
            assertEquals(0x0400c00180000000L, registers[0]);
            assertEquals(0x3ffe0641998L, registers[1]);
            assertEquals(0xab, registers[17]);
        }
    }

    @Test
    void storageThatIsNotThereIsNotRead() throws IOException {
        try (FakeStub fake = saying("PacketSize=1000", FakeStub.S390, "T05thread:01;", "E14", "E14");
                GuestStub stub = connect(fake)) {
            assertFalse(stub.tryLoad(0x1000, new byte[8], 0, 8));
            RspException refusal = assertThrows(RspException.class, () -> stub.load(0x1000, new byte[8], 0, 8));
            assertEquals("the guest has no storage at 0x1000", refusal.getMessage());
        }
    }

    @Test
    void whatOnlyTellsSomethingLeavesWithTheNextQuestionAndARefusalOfItIsThrownThere() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (FakeStub fake = FakeStub.of(directory.resolve("stub"), body -> {
            seen.add(body);
            return switch (body.charAt(0)) {
                case 'q' -> body.startsWith("qS") ? "PacketSize=1000" : FakeStub.S390;
                case '?' -> "T05thread:01;";
                case 'm' -> "0102";
                default -> "E22";
            };
        }); GuestStub stub = connect(fake)) {
            stub.pswMask(0x0400_0000_8000_0000L);
            assertEquals("?", seen.get(seen.size() - 1));
            RspException refusal = assertThrows(RspException.class, () -> stub.load(0x1000, new byte[2], 0, 2));
            assertEquals("the stub answered 'E22' to the packet 'P', not OK", refusal.getMessage());
            assertTrue(seen.contains("P0=0400000080000000"), seen::toString);
        }
    }

    @Test
    void cpusAreAsMany() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        int[] next = new int[1];
        try (FakeStub fake = FakeStub.of(directory.resolve("stub"), body -> {
            seen.add(body);
            return switch (body) {
                case "?" -> "T05thread:01;";
                case "qfThreadInfo" -> "m0" + (next[0] = 1);
                case "qsThreadInfo" -> ++next[0] <= 2 ? "m0" + next[0] : "l";
                default -> body.startsWith("qS") ? "PacketSize=1000" : FakeStub.S390;
            };
        }); GuestStub stub = connect(fake)) {
            assertEquals(List.of("01", "02"), stub.threads().ask());
            assertEquals(List.of("01", "02"), stub.threads().ask());
            assertEquals(List.of("qfThreadInfo", "qsThreadInfo", "qsThreadInfo"),
                    seen.subList(seen.size() - 3, seen.size()));
        }
    }

    @Test
    void theEndOfTheConnectionIsTheEndOfTheGuest() throws IOException {
        try (FakeStub fake = saying("PacketSize=1000", FakeStub.S390, "T05thread:01;");
                GuestStub stub = connect(fake)) {
            assertThrows(EOFException.class, () -> {
                stub.resume(); // the end may show here already
                stub.awaitStop(2000);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1:1234", "0.0.0.0:1234", "example.com:1234", "127.0.0.1.example.com:1",
            "localhost:-1", "localhost:0", "localhost:70000", "localhost:gdb", "nonsense"})
    void onlyAPathOrAPortOfThisComputerIsAnAddress(String address) {
        IOException refusal = assertThrows(IOException.class, () -> RspConnection.connect(address, 2000));
        assertTrue(refusal.getMessage().contains("localhost:PORT") || refusal.getMessage().contains("1..65535"),
                refusal.getMessage());
    }
}
