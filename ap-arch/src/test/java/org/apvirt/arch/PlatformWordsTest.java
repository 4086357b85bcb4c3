// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a machine offers beside its instructions: facilities, storage, who sends, results. */
class PlatformWordsTest {
    /** Not a mock: these tests also run in an emulated JVM, to which no agent can be attached. */
    private static final class NoInstructions implements ApInstructions {
        @Override
        public int pqap(ApRegisters registers, Storage storage) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }

        @Override
        public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }

        @Override
        public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }
    }

    @Test
    void aFacilityIsAddedAndTakenAwayAlone() {
        Facilities some = Facilities.of(Facilities.QCI, Facilities.UVC);
        assertEquals("[12, 158]", some.toString());
        assertEquals(Facilities.of(12, 65, 158), some.with(Facilities.APQI));
        assertEquals(Facilities.of(158), some.without(Facilities.QCI));
        assertEquals(some.hashCode(), some.with(65).without(65).hashCode());
        assertNotEquals(some, Facilities.NONE);
        assertNotEquals(some, some.bits());
        assertEquals(ApMask.of(12, 158), some.bits());
    }

    @Test
    void anOperatingSystemThatCannotAskTheUltravisorIsNoSecureGuest() {
        ApPlatform secure = new ApPlatform(new NoInstructions(), Facilities.of(12, Facilities.UVC),
                ApFirmware.UNSUPPORTED, ApInterrupts.NONE, new VirtualTime(), true, (regs, storage, r1, r2) -> 0,
                ApChangeReports.NONE);
        ApPlatform plain = secure.withoutUltravisor();
        assertEquals(new ApPlatform(secure.instructions(), Facilities.of(12), secure.firmware(), secure.interrupts(),
                secure.time()), plain);
        assertEquals(ApInstructions.interruption(ProgramCode.OPERATION),
                plain.ultravisor().uvc(new ApRegisters(), new ArrayStorage(0), 0, 2));
        ApChangeReports reports = handler -> {};
        assertEquals(new ApPlatform(secure.instructions(), secure.facilities(), secure.firmware(), secure.interrupts(),
                secure.time(), true, secure.ultravisor(), reports), secure.reportedBy(reports));
    }

    @ParameterizedTest(name = "{1} bytes at {0}")
    @CsvSource({"0, 8, 0", "7, 1, 0", "8, 0, 0", "8, 1, 5", "7, 2, 5", "-1, 1, 5", "0, 9, 5",
            "9223372036854775807, 1, 5"})
    void storageEndsInAnAddressingException(long address, int length, int code) {
        ArrayStorage storage = new ArrayStorage(new byte[]{1, 2, 3, 4, 5, 6, 7, 8});
        byte[] read = new byte[12];
        assertEquals(code, storage.load(address, read, 1, length));
        assertEquals(code, storage.loadAbsolute(address, read, 1, length));
        byte[] expected = new byte[12];
        if (code == 0) {
            System.arraycopy(storage.array(), (int) address, expected, 1, length);
        }
        assertArrayEquals(expected, read);
        byte[] nines = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
        byte[] before = storage.array().clone();
        assertEquals(code, storage.store(address, nines, 1, length));
        int written = (int) IntStream.range(0, 8).filter(i -> storage.array()[i] != before[i]).count();
        assertEquals(code == 0 ? length : 0, written);
        assertEquals(code, new ArrayStorage(8).storeAbsolute(address, nines, 1, length));
    }

    /** A guest of a guest: what all of them may control, and a key for each of them. */
    @Test
    void aGuestSendsWithWhatItAndItsHostMay() {
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        first[0] = 0x0f;
        second[0] = 0x3c;
        second[31] = 1;
        Sender guest = Sender.MACHINE.guest(ApMask.of(4, 5), first);
        assertEquals(ApMask.of(4, 5), guest.controlDomains());
        assertArrayEquals(first, guest.aesMask());
        Sender nested = guest.guest(ApMask.of(5, 6), second);
        assertEquals(ApMask.of(5), nested.controlDomains());
        assertEquals(List.of(0x33, 0, 1), List.of((int) nested.aesMask()[0], (int) nested.aesMask()[1],
                (int) nested.aesMask()[31]));
        assertEquals(0x3c, second[0], "what was given stays");
        assertEquals("sender that controls " + ApMask.of(5), nested.toString(), "a mask is nearly a key");
    }

    @Test
    void aResultIsAConditionCodeOrAnInterruption() {
        for (int conditionCode = 0; conditionCode < 4; conditionCode++) {
            assertFalse(ApInstructions.isInterruption(conditionCode));
        }
        for (int code = 0; code <= 0xff; code++) {
            int result = ApInstructions.interruption(code);
            assertTrue(ApInstructions.isInterruption(result));
            assertEquals(code, ApInstructions.programCode(result));
        }
    }

    /** TAPQ tells about a queue that is there, whatever state it is in. */
    @Test
    void theHardwareIsToldWithTheCodesOfAQueueThatIsThere() {
        assertEquals("[0, 2, 3, 4, 5, 53, 54]", IntStream.range(0, 256).filter(ApHardwareInfo::isToldWith).boxed()
                .toList().toString());
    }

    @Test
    void aWordOfTheHardwareHasAFieldForEach() {
        ApHardwareInfo info = ApHardwareInfo.of(0x0400_0000, 0x18d, 0x154, 0x1b, 32);
        assertEquals(0x0400_0000_8d54_0b1fL, info.value());
        assertEquals("0x040000008d540b1f", info.toString());
        assertFalse(info.isCca());
        assertTrue(info.isEp11());
        assertEquals(32, info.depth());
    }

    @Test
    void aStatusWordTellsItsFlagsAndItsCode() {
        ApQueueStatus busy = new ApQueueStatus(0x6005_0000);
        assertFalse(busy.isEmpty());
        assertFalse(busy.isAsync());
        assertEquals("0x60050000 (" + busy.response() + ")", busy.toString());
    }

    @Test
    void aMaskIsFourWords() {
        ApMask mask = ApMask.ofWords(1, 2, 4, 8);
        assertEquals(ApMask.of(63, 126, 189, 252), mask);
        assertEquals(List.of(1L, 2L, 4L, 8L), IntStream.range(0, 4).mapToObj(mask::word).toList());
        StringBuilder ids = new StringBuilder();
        ApMask.of(0, 63, 64, 255).forEach(id -> ids.append(id).append(' '));
        assertEquals("0 63 64 255 ", ids.toString());
        assertEquals(-1, ApMask.NONE.last());
    }

    /** Masks are keys of maps; ids one beside the other must not all be one. */
    @Test
    void masksOfOneIdHaveManyHashCodes() {
        assertTrue(IntStream.range(0, 256).map(id -> ApMask.of(id).hashCode()).distinct().count() > 128);
    }
}
