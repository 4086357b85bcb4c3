// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What each command puts into the general registers, and what it takes out of them. */
class ApCommandsTest {
    private static final Apqn QUEUE = Apqn.parse("05.00ab");
    private static final Facilities ALL = Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI);

    /** A machine that writes down what it is asked, and answers GR1, GR2 and the condition code. */
    private static final class Machine implements ApInstructions {
        private final List<String> asked = new ArrayList<>();
        private final List<Integer> conditions = new ArrayList<>();
        private long status;
        private long info;
        private byte[] stored = {};
        private long rest; // of the room that DQAP was given

        private int answer(ApRegisters regs, int last) {
            StringBuilder text = new StringBuilder();
            IntStream.rangeClosed(0, last).forEach(i -> text.append(i == 0 ? "" : " ")
                    .append(Long.toHexString(regs.gr(i))));
            asked.add(text.toString());
            regs.gr(1, status);
            regs.gr(2, info);
            return conditions.isEmpty() ? 0 : conditions.remove(0);
        }

        @Override
        public int pqap(ApRegisters regs, Storage storage) {
            if (stored.length > 0) {
                storage.store(regs.gr(2), stored, 0, stored.length);
            }
            return answer(regs, 2);
        }

        @Override
        public int nqap(ApRegisters regs, Storage storage, int r1, int r2) {
            assertEquals("2 4", r1 + " " + r2);
            byte[] first = new byte[1];
            storage.load(regs.gr(4), first, 0, 1);
            assertEquals(0x55, first[0]);
            long psmid = regs.gr(2);
            int condition = answer(regs, 5);
            regs.gr(2, psmid);
            return condition;
        }

        @Override
        public int dqap(ApRegisters regs, Storage storage, int r1, int r2) {
            assertEquals("4 6", r1 + " " + r2);
            int condition = answer(regs, 7);
            regs.gr(4, 0x1122_3344L);
            regs.gr(5, 0x8566_7788L);
            regs.gr(7, rest);
            regs.low(0, 0x1234_5678);
            return condition;
        }
    }

    private final Machine machine = new Machine();
    private final ApCommands commands = new ApCommands(machine, ALL);

    private void asked(String... registers) {
        assertEquals(List.of(registers), machine.asked);
        machine.asked.clear();
    }

    @Test
    void eachCommandHasItsFunctionCodeQueueAndBits() {
        machine.status = 0xffff_ffff_8102_0000L;
        machine.info = 0x9280_0000_0b00_0000L;
        assertEquals(0x8102_0000, commands.tapq(QUEUE));
        asked("8005ab 0 0");
        assertEquals(0x9280_0000_0b00_0000L, commands.hardwareInfo());
        assertEquals(0x8102_0000, new ApCommands(machine, Facilities.of()).tapq(QUEUE));
        asked("5ab 0 0");
        assertEquals(0x8102_0000, commands.rapq(QUEUE, false));
        assertEquals(0x8102_0000, commands.rapq(QUEUE, true));
        asked("10005ab 0 0", "14005ab 0 0");
        assertEquals(0x8102_0000, commands.zapq(QUEUE, false));
        assertEquals(0x8102_0000, commands.zapq(QUEUE, true));
        asked("20005ab 0 0", "24005ab 0 0");
        assertEquals(0x8102_0000, commands.aqic(QUEUE, 0x8000_0000_0003L, 0x7000));
        asked("30005ab 800000000003 7000");
        assertEquals(0x8102_0000, commands.bapq(QUEUE));
        assertEquals(0x8102_0000, commands.aapq(QUEUE, 0xfffe));
        asked("70005ab 0 0", "80005ab 0 fffe");
        assertEquals(ALL, commands.facilities());
    }

    @Test
    void aCompatibleTypeIsAskedForWithTheThreeModesAndTheNewestTypeKnown() {
        machine.status = 0x8000_0000L;
        machine.info = 0x0d00_0000L;
        assertEquals(0x8000_0000, commands.qact(QUEUE, 0xffff_ffff, 14));
        asked("50005ab 1c0000000e000000 0");
        assertEquals(13, commands.compatibleType());
        commands.qact(QUEUE, ApHardwareInfo.EP11, 14);
        asked("50005ab 40000000e000000 0");
    }

    @Test
    void whatIsGrantedIsStoredAndNotAskedForWithoutTheFacility() {
        machine.stored = new byte[ApConfigInfo.LENGTH];
        machine.stored[0] = (byte) 0x80;
        ApConfigInfo info = commands.qci();
        assertNotNull(info);
        assertTrue(info.has(ApConfigInfo.APSC));
        asked("4000000 0 0");
        assertNull(new ApCommands(machine, Facilities.of(Facilities.APFT)).qci());
        asked();
    }

    @Test
    void theInstructionsAreInstalledUnlessTheFirstEndsInAnInterruption() {
        machine.conditions.add(3);
        commands.aqic(QUEUE, 1, 2);
        machine.asked.clear();
        assertTrue(commands.installed());
        asked("0 0 0");
        machine.conditions.add(ApInstructions.interruption(1));
        assertFalse(commands.installed());
        machine.conditions.add(ApInstructions.interruption(6));
        assertEquals("TAPQ ended in program interruption 6",
                assertThrows(IllegalStateException.class, () -> commands.tapq(QUEUE)).getMessage());
    }

    @ParameterizedTest
    @CsvSource({"false, 400005ab", "true, 404005ab"})
    void aMessageIsEnqueuedWithItsNumberInTwoRegistersAndAgainWhileItWasInterrupted(boolean special, String gr0) {
        byte[] message = new byte[100];
        message[0] = 0x55;
        machine.status = 0x4100_0000L;
        machine.conditions.addAll(List.of(2, 2, 0));
        assertEquals(0x4100_0000, commands.nqap(QUEUE, 0x8123_4567_89ab_cdefL, message, 90, special));
        String first = gr0 + " 0 81234567 89abcdef 0 5a";
        asked(first, gr0 + " 41000000 81234567 89abcdef 0 5a", gr0 + " 41000000 81234567 89abcdef 0 5a");
        machine.conditions.add(1);
        commands.nqap(QUEUE, 1, message, 100, false);
        asked("400005ab 0 0 1 0 64");
    }

    @Test
    void aReplyIsDequeuedWithItsNumberItsLengthAndWhatDidNotFit() {
        machine.status = 0x8000_0000L;
        machine.info = 44;
        machine.rest = 30;
        assertEquals(0x8000_0000, commands.dqap(QUEUE, new byte[200], 0));
        asked("800005ab 0 0 0 0 0 0 c8");
        assertEquals(0x1122_3344_8566_7788L, commands.replyPsmid());
        assertEquals(170, commands.replyLength(new byte[200]));
        assertEquals(70, commands.replyLength(100));
        assertEquals(0, commands.replyRest(), "there was room");
        assertEquals(0x1234_5678, commands.replyToken());
        machine.rest = 0;
        commands.dqap(QUEUE, new byte[200], 150, 0x8765_4321);
        asked("87654321 0 0 0 0 0 0 96");
        assertEquals(44, commands.replyRest());
    }

    @ParameterizedTest(name = "condition code {0}, rest of room {1}: {2} times")
    @CsvSource({"0, 0, 1", "0, 9, 1", "1, 9, 2", "2, 9, 2", "3, 9, 1", "1, 0, 1", "2, 0, 1"})
    void aReplyIsAskedForAgainWhileItIsIncompleteAndThereIsRoom(int condition, int rest, int times) {
        machine.conditions.add(condition);
        machine.rest = rest;
        commands.dqap(QUEUE, new byte[20], 0);
        assertEquals(times, machine.asked.size());
    }

    @Test
    void wordsOfRegistersAreReplacedOneByOne() {
        ApRegisters regs = new ApRegisters();
        regs.gr(3, 0x1111_2222_3333_4444L);
        regs.low(3, 0x8888_9999);
        assertEquals(0x1111_2222_8888_9999L, regs.gr(3));
        assertEquals(0x8888_9999, regs.low(3));
        assertFalse(regs.problemState());
        regs.problemState(true);
        assertTrue(regs.problemState());
    }

    @Test
    void storageOfBytesBeginsAtAddressZero() {
        byte[] bytes = {1, 2, 3, 4};
        Storage storage = new ArrayStorage(bytes);
        byte[] found = new byte[3];
        storage.load(1, found, 1, 2);
        assertArrayEquals(new byte[]{0, 2, 3}, found);
        storage.store(2, new byte[]{7, 8, 9}, 1, 2);
        assertArrayEquals(new byte[]{1, 2, 8, 9}, bytes);
    }
}
