// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.Facilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;

/** Stubs that break the protocol: the client says so in a line, or takes it for the guest's end, and never hangs. */
@Timeout(60)
class HostileStubTest {
    /** Every instruction is refused with condition code 3. */
    private static final ApInstructions NO_AP = mock(ApInstructions.class, call -> 3);

    @TempDir
    private Path directory;

    /** Attaches and serves for a while; returns normally or with an IOException of one line. */
    private static void serve(FakeStub stub, long answerMillis) throws IOException {
        try (StubTransport transport = StubTransport.connect(stub.address(), Facilities.of(12, 15), line -> {},
                answerMillis)) {
            Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                transport.detach();
            });
            transport.serve(new ApEmulation(NO_AP));
        }
    }

    private static void endsInTime(FakeStub stub) {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            try {
                serve(stub, 60);
            } catch (IOException e) {
                assertNotNull(e.getMessage());
                assertTrue(e.getMessage().chars().allMatch(c -> c >= ' ' && c <= '~'), e::getMessage);
            }
        });
    }

    /** What a well-behaved stub would say, as far as this test needs it. */
    private static String sane(String body, AtomicInteger asked) {
        if (body.startsWith("qSupported")) {
            return "PacketSize=1000";
        }
        return switch (body.charAt(0)) {
            case '?', 's' -> "T05thread:01;";
            case 'c' -> asked.incrementAndGet() % 2 == 0 ? "T05thread:01;rwatch:f008;" : "T02thread:01;";
            case 'q' -> body.startsWith("qX") ? FakeStub.S390 : body.startsWith("qf") ? "m01" : "l";
            case 'g' -> "0000000180000000" + "000000000000002a" + "0".repeat(16 * 16);
            case 'p' -> "0400000180000000";
            case 'm' -> "b2af0000".repeat(1000).substring(0,
                    Integer.parseInt(body.substring(body.indexOf(',') + 1), 16) * 2);
            default -> "OK";
        };
    }

    private static byte[] spoilt(Random random, String sane) {
        byte[] packet = FakeStub.packet(sane);
        return switch (random.nextInt(9)) {
            case 0 -> new byte[0]; // nothing at all
            case 1 -> FakeStub.packet("E" + random.nextInt(10) + random.nextInt(10));
            case 2 -> FakeStub.packet("");
            case 3 -> { // any byte
                packet[random.nextInt(packet.length)] = (byte) random.nextInt(256);
                yield packet;
            }
            case 4 -> FakeStub.packet(sane.substring(0, random.nextInt(sane.length() + 1)));
            case 5 -> FakeStub.packet(sane + "*~".repeat(random.nextInt(5)));
            case 6 -> Arrays.copyOf(packet, random.nextInt(packet.length));
            case 7 -> FakeStub.packet("m" + "x".repeat(random.nextInt(200)));
            default -> { // twice
                byte[] twice = Arrays.copyOf(packet, packet.length * 2);
                System.arraycopy(packet, 0, twice, packet.length, packet.length);
                yield twice;
            }
        };
    }

    @Test
    void aSaneStubIsServed() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        ApEmulation emulation = new ApEmulation(NO_AP);
        try (FakeStub stub = FakeStub.of(directory.resolve("stub"),
                body -> asked.get() == 20 && body.equals("c") ? "W00" : sane(body, asked));
                StubTransport transport = StubTransport.connect(stub.address(), Facilities.of(12, 15), line -> {},
                        2000)) {
            assertEquals(GuestTransport.End.GUEST_ENDED, transport.serve(emulation));
        }
        assertTrue(emulation.executed() >= 10, () -> "instructions: " + emulation.executed());
    }

    @Test
    void oneWrongAnswerAmongRightOnesEndsInALineOrIsSurvived() throws IOException {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            AtomicInteger asked = new AtomicInteger();
            AtomicInteger until = new AtomicInteger(random.nextInt(40));
            Path socket = directory.resolve("stub" + seed);
            try (FakeStub stub = FakeStub.raw(socket, body -> {
                String sane = sane(body, asked);
                return until.getAndDecrement() == 0 ? spoilt(random, sane) : FakeStub.packet(sane);
            })) {
                endsInTime(stub);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "$", "$#", "$xx", "-", "\u0003", "$T05#b9$T05#b9", "$m01#9e", "$0*~#00",
            "\u0000\u00ff"})
    void noiseWithoutEndIsNoAnswer(String noise) throws IOException {
        byte[] much = noise.repeat(1000).getBytes(StandardCharsets.ISO_8859_1);
        try (FakeStub stub = FakeStub.raw(directory.resolve("stub"), body -> much)) {
            endsInTime(stub);
        }
    }

    /** QEMU ends whenever it likes, by a panic of the guest's for example, and says so instead of whatever it was asked for. */
    @ParameterizedTest
    @CsvSource({"qfThreadInfo, W00", "qsThreadInfo, W00", "g, W00", "g, X09", "p, W01", "m, W00", "P, W00", "G, W00"})
    void theGuestEndsAtAnyQuestion(String question, String end) throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (FakeStub stub = FakeStub.of(directory.resolve("stub"),
                body -> asked.get() > 3 && body.startsWith(question) ? end : sane(body, asked));
                StubTransport transport = StubTransport.connect(stub.address(), Facilities.of(12, 15), line -> {},
                        2000)) {
            assertEquals(GuestTransport.End.GUEST_ENDED, transport.serve(new ApEmulation(NO_AP)));
        }
    }

    /** A CPU that stopped while another did, or while it was asked to: nobody waits for it any more. */
    @ParameterizedTest
    @ValueSource(strings = {"q", "g", "p", "m", "P", "G"})
    void aStopThatComesLateIsNoAnswer(String question) throws IOException {
        AtomicInteger asked = new AtomicInteger();
        ApEmulation emulation = new ApEmulation(NO_AP);
        try (FakeStub stub = FakeStub.raw(directory.resolve("stub"), body -> {
            byte[] sane = FakeStub.packet(asked.get() == 20 && body.equals("c") ? "W00" : sane(body, asked));
            return body.startsWith(question) ? GuestStubTest.concat(FakeStub.packet("T05thread:01;"), sane) : sane;
        }); StubTransport transport = StubTransport.connect(stub.address(), Facilities.of(12, 15), line -> {}, 2000)) {
            assertEquals(GuestTransport.End.GUEST_ENDED, transport.serve(emulation));
        }
        assertTrue(emulation.executed() >= 10, () -> "instructions: " + emulation.executed());
    }

    @ParameterizedTest
    @CsvSource({"g, E14", "g, OK", "p, E14", "p, ''", "p, 04000001800000000000000000000000"})
    void whatIsNoRegisterIsNotTakenForOne(String question, String answer) throws IOException {
        try (FakeStub stub = FakeStub.of(directory.resolve("stub"),
                body -> body.startsWith(question) ? answer : sane(body, new AtomicInteger()))) {
            IOException breach = assertThrows(IOException.class, () -> serve(stub, 5000));
            assertEquals("the stub answered '" + answer + "' to the question for registers", breach.getMessage());
        }
    }

    @Test
    void aListOfCpusWithoutEndIsABreach() throws IOException {
        try (FakeStub stub = FakeStub.of(directory.resolve("stub"),
                body -> body.startsWith("qsThread") ? "m01" : sane(body, new AtomicInteger()))) {
            IOException breach = assertThrows(IOException.class, () -> serve(stub, 5000));
            assertEquals("the stub answered 'm01' to the question for its CPUs", breach.getMessage());
        }
    }
}
