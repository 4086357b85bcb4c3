// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.gdb.ApEmulation;
import org.apvirt.gdb.GuestTransport.End;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The Java side of the plugin's protocol, with its bytes written out. */
@Timeout(30)
class PluginTransportTest {
    private static final int PQAP = 0xb2af_0000;
    private static final int DQAP = 0xb2ae_0048;
    private static final int DQAP_SAME = 0xb2ae_0088;
    private static final long SUPERVISOR = 0x0404_0001_8000_0000L;
    private static final long PROBLEM = 0x0405_0001_8000_0000L;

    /** Answers so that a test sees what arrived. */
    private final ApInstructions instructions = new ApInstructions() {
        @Override
        public int pqap(ApRegisters registers, Storage storage) {
            if (registers.problemState()) {
                return ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION);
            }
            registers.gr(1, registers.gr(0) + 1);
            return 3;
        }

        @Override
        public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.SPECIFICATION);
        }

        @Override
        public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
            byte[] bytes = new byte[registers.low(0)];
            int code = storage.load(registers.gr(r2), bytes, 0, bytes.length);
            code = code != 0 ? code : storage.store(registers.gr(r1), bytes, 0, bytes.length);
            return code == 0 ? 0 : ApInstructions.interruption(code);
        }
    };

    @TempDir
    private Path directory;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final List<String> configured = new CopyOnWriteArrayList<>();
    private PluginTransport transport;
    private CompletableFuture<End> ended;

    private Path socket() {
        return directory.resolve("plugin");
    }

    private void listen(Facilities facilities, ApFirmware firmware) throws IOException {
        ApPlatform platform = new ApPlatform(instructions, facilities, firmware, ApInterrupts.NONE, new VirtualTime());
        PluginTransport made = PluginTransport.listen(socket(), platform, false, log::add);
        transport = made;
        ended = CompletableFuture.supplyAsync(() -> {
            try {
                return made.serve(new ApEmulation(instructions, (registers, storage, r1, r2) -> 10 * r1 + r2));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }, command -> Thread.ofPlatform().daemon().start(command));
    }

    private void listen() throws IOException {
        listen(Facilities.of(12, 15, 65, 76), (apid, on) -> {
            configured.add(apid + " " + on);
            return apid == 9 ? ApFirmware.Answer.IO_ERROR : ApFirmware.Answer.DONE;
        });
    }

    @AfterEach
    void close() {
        if (transport != null) {
            transport.close();
        }
    }

    @Test
    void theGuestIsToldTheFacilitiesThatAPluginCanServeAndThatAdaptersCanBeConfigured() throws Exception {
        listen();
        try (FakePlugin qemu = new FakePlugin(socket(), -1)) {
            // Facilities 12 and 15; without interruptions no 65; 76 is not of AP.
            assertEquals("W 1 0 0009" + "00".repeat(30), qemu.receive());
        }
        assertEquals(End.GUEST_ENDED, ended.get());
        assertFalse(Files.exists(socket()));
    }

    @Test
    void aMachineWithoutFacilitiesAndServiceProcessorOffersNone() throws Exception {
        listen(Facilities.NONE, ApFirmware.UNSUPPORTED);
        try (FakePlugin qemu = new FakePlugin(socket(), -1)) {
            assertEquals("W 0 0 " + "00".repeat(32), qemu.receive());
        }
    }

    /** The plugin has that thread run where the CPU waits for it. */
    @Test
    void eachCpuIsToldWhichThreadOfLinuxServesIt() throws Exception {
        listen();
        Set<String> threads = new HashSet<>();
        try (FakePlugin first = new FakePlugin(socket(), 0); FakePlugin second = new FakePlugin(socket(), 1)) {
            for (FakePlugin cpu : List.of(first, second)) {
                assertTrue(cpu.welcome.startsWith("W 0 0 "), cpu.welcome);
                String thread = Integer.toString(HexFormat.fromHexDigits(cpu.welcome.substring(6)));
                assertEquals("plugin", Files.readString(Path.of("/proc/self/task", thread, "comm")).strip());
                threads.add(thread);
            }
        }
        assertEquals(2, threads.size());
    }

    @Test
    void anInstructionComesWithItsRegistersAndGoesWithTheNewOnesAndTheConditionCode() throws Exception {
        listen();
        try (FakePlugin cpu = new FakePlugin(socket(), 0)) {
            cpu.execute(PQAP, SUPERVISOR, 0x504, 0, 7);
            assertEquals("D 3 0 " + "0000000000000504" + "0000000000000505" + "0000000000000007" + "0".repeat(13 * 16),
                    cpu.receive());
            cpu.execute(PQAP, PROBLEM, 0x504);
            assertEquals("I 0 2", cpu.receive());
            cpu.execute(0xb2ad_0046, SUPERVISOR);
            assertEquals("I 0 6", cpu.receive());
        }
    }

    @Test
    void aSecureGuestIsToldThatItMayCallTheUltravisor() throws Exception {
        listen(Facilities.of(12, 158), ApFirmware.UNSUPPORTED);
        try (FakePlugin qemu = new FakePlugin(socket(), -1); FakePlugin cpu = new FakePlugin(socket(), 0)) {
            assertEquals("W 4 0 0008" + "00".repeat(17) + "02" + "00".repeat(12), qemu.receive());
            cpu.execute(0xb9a4_0012, SUPERVISOR);
            assertTrue(cpu.receive().startsWith("D 12 0 "));
        }
    }

    @Test
    void theStorageOfTheCpuIsReadAndWrittenWhileItWaits() throws Exception {
        listen();
        long[] registers = {2, 0, 0, 0, 0x4000, 0, 0, 0, 0x5000};
        try (FakePlugin cpu = new FakePlugin(socket(), 0)) {
            cpu.execute(DQAP, SUPERVISOR, registers);
            assertEquals("R 0 0 0000000000005000" + "00000002", cpu.receive());
            cpu.send("42000000 00000002 abcd");
            assertEquals("T 0 0 0000000000004000" + "abcd", cpu.receive());
            cpu.send("42000000 00000000");
            assertTrue(cpu.receive().startsWith("D 0 0 "));
            cpu.execute(DQAP, SUPERVISOR, registers);
            cpu.receive();
            cpu.send("42050000 00000000"); // addressing exception
            assertEquals("I 0 5", cpu.receive());
        }
    }

    /** With the instruction {@code 45}: the argument CAN_STORE, the operand, what is answered; else a question comes first. */
    @ParameterizedTest
    @CsvSource({"0, abcd, R 0 0 00000000000050000000000a", // another length than what is asked for
            "0, abcdabcdabcdabcdabcd, T 0 0 0000000000004000abcdabcdabcdabcdabcd", // and stored elsewhere
            "2, abcdabcdabcdabcdabcd, T 0 0 0000000000004000abcdabcdabcdabcdabcd"})
    void anOperandThatCameAlongIsNotAskedFor(int argument, String operand, String question) throws Exception {
        listen();
        try (FakePlugin cpu = new FakePlugin(socket(), 0)) {
            cpu.execute(argument, operand, DQAP, SUPERVISOR, 10, 0, 0, 0, 0x4000, 0, 0, 0, 0x5000, 0x100);
            assertEquals(question, cpu.receive());
        }
    }

    @Test
    void whatIsToBeStoredGoesWithTheAnswerIfThePluginSaysThatItCan() throws Exception {
        listen();
        String registers = "000000000000000a" + "0".repeat(7 * 16) + "0000000000005000" + "0000000000000100"
                + "0".repeat(6 * 16);
        long[] same = {10, 0, 0, 0, 0, 0, 0, 0, 0x5000, 0x100};
        try (FakePlugin cpu = new FakePlugin(socket(), 0)) {
            cpu.execute(2, "0102030405060708090a", DQAP_SAME, SUPERVISOR, same);
            assertEquals("D 0 0 " + registers + "0000000000005000" + "0102030405060708090a", cpu.receive());
            cpu.execute(0, "0102030405060708090a", DQAP_SAME, SUPERVISOR, same);
            assertEquals("T 0 0 0000000000005000" + "0102030405060708090a", cpu.receive());
            cpu.send("42050000 00000000");
            assertEquals("I 0 5", cpu.receive());
            same[9] = 9; // it does not fit in there
            cpu.execute(2, "0102030405060708090a", DQAP_SAME, SUPERVISOR, same);
            assertEquals("T 0 0 0000000000005000" + "0102030405060708090a", cpu.receive());
        }
    }

    @Test
    void cpusAreAnsweredAtOnce() throws Exception {
        listen();
        try (FakePlugin first = new FakePlugin(socket(), 0); FakePlugin second = new FakePlugin(socket(), 1)) {
            first.execute(DQAP, SUPERVISOR, 2);
            first.receive(); // and does not answer
            second.execute(PQAP, SUPERVISOR);
            assertTrue(second.receive().startsWith("D 3 0 "));
        }
    }

    @Test
    void theServiceProcessorConfiguresAnAdapterOrLeavesQemusAnswer() throws Exception {
        listen();
        try (FakePlugin cpu = new FakePlugin(socket(), 0)) {
            cpu.send("53000006 00000000");
            assertEquals("C 0 32", cpu.receive()); // 0020
            cpu.send("53010006 00000000");
            assertEquals("C 0 32", cpu.receive());
            cpu.send("53010009 00000000");
            assertEquals("C 0 0", cpu.receive());
        }
        assertEquals(List.of("6 false", "6 true", "9 true"), configured);
    }

    @Test
    void aSecondQemuIsRefusedInItsOwnWords() throws Exception {
        listen();
        try (FakePlugin qemu = new FakePlugin(socket(), -1)) {
            qemu.receive();
            try (FakePlugin second = new FakePlugin(socket(), -1)) {
                assertEquals("N 0 0 apvirt serves another QEMU at " + socket(), second.receive());
            }
            assertFalse(ended.isDone());
        }
    }

    @Test
    void afterDetachingAnotherMayListenAndTheSameGuestComesBack() throws Exception {
        listen();
        try (FakePlugin qemu = new FakePlugin(socket(), -1); FakePlugin cpu = new FakePlugin(socket(), 0)) {
            qemu.receive();
            cpu.execute(PQAP, SUPERVISOR);
            cpu.receive();
            transport.detach();
            assertEquals(End.DETACHED, ended.get());
            assertThrows(EOFException.class, qemu::receive);
            assertThrows(EOFException.class, cpu::receive);
        }
        listen();
        try (FakePlugin qemu = new FakePlugin(socket(), -1); FakePlugin cpu = new FakePlugin(socket(), 0)) {
            qemu.receive();
            cpu.execute(PQAP, SUPERVISOR);
            assertTrue(cpu.receive().startsWith("D 3 0 "));
        }
        assertEquals(End.GUEST_ENDED, ended.get());
    }

    @Test
    void aProcessThatEndsBeforeItConnectedIsAGuestThatEnded() throws Exception {
        listen();
        transport.guestEnded();
        assertEquals(End.GUEST_ENDED, ended.get());
    }

    @ParameterizedTest
    @CsvSource({"48030007 00000008 41505651 ffffffff, who connected is not the plugin",
            "48010007 00000008 41505650 ffffffff, 'this apvirt speaks version 3 of the plugin''s protocol, the plugin version 1'",
            "474554202f20485454502f312e310d0a, a message of type 'G' has 790644820 bytes",
            "48030007 00000008 41505650 00000000 58000000 00000000, a CPU sends an unknown message",
            "48030007 00000008 41505650 00000000 45000000 00000004 b2af0000, an instruction has 4 bytes",
            "48030007 00000008 41505650 00000000 45000000 80000000, a message of type 'E' has -2147483648 bytes"})
    void whoSpeaksAnotherLanguageIsLetGoWithALineAndTheRestGoesOn(String bytes, String why) throws Exception {
        listen();
        try (FakePlugin qemu = new FakePlugin(socket(), -1); FakePlugin stranger = new FakePlugin(socket(), bytes)) {
            qemu.receive();
            assertThrows(IOException.class, () -> {
                while (true) {
                    stranger.receive();
                }
            });
            try (FakePlugin cpu = new FakePlugin(socket(), 0)) {
                cpu.execute(PQAP, SUPERVISOR);
                assertTrue(cpu.receive().startsWith("D 3 0 "));
            }
        }
        assertEquals(End.GUEST_ENDED, ended.get());
        assertTrue(log.contains("a connection to " + socket() + " is given up: " + why), log::toString);
    }

    @Test
    void aSocketThatSomebodyListensOnIsNotTakenAwayAndOneThatWasLeftIs() throws Exception {
        listen();
        PluginTransport first = transport;
        IOException refused = assertThrows(IOException.class, this::listen);
        assertEquals(socket() + ": another apvirt listens there", refused.getMessage());
        first.close();
        ended.get(10, TimeUnit.SECONDS);
        Files.writeString(socket(), "precious");
        assertTrue(assertThrows(IOException.class, this::listen).getMessage().contains("cannot be made a socket"));
        assertEquals("precious", Files.readString(socket()));
    }

    @Test
    void onlyItsUserMayConnect() throws Exception {
        listen();
        assertEquals("[OWNER_READ, OWNER_WRITE]",
                Files.getPosixFilePermissions(socket()).stream().sorted().toList().toString());
    }

    @Test
    void manyCpusOneAfterTheOtherLeaveNothingBehind() throws Exception {
        listen();
        CountDownLatch done = new CountDownLatch(4);
        for (int thread = 0; thread < 4; thread++) {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int i = 0; i < 50; i++) {
                        try (FakePlugin cpu = new FakePlugin(socket(), i)) {
                            cpu.execute(PQAP, SUPERVISOR, i);
                            cpu.receive();
                        }
                    }
                    done.countDown();
                } catch (IOException e) {
                    log.add(e.toString());
                }
            });
        }
        assertTrue(done.await(20, TimeUnit.SECONDS), log::toString);
        assertEquals(List.of(), log);
    }
}
