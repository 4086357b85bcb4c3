// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

class SimulatedInstructionsTest {
    private static final long UNTOUCHED = 0x5555_6666_7777_8888L;

    private final ApRegisters regs = new ApRegisters();
    private final ArrayStorage storage = new ArrayStorage(512);

    private static SimulatedMachineBuilder twoCards() {
        return SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 0x47));
    }

    private int pqap(SimulatedMachine machine, long gr0, long gr1, long gr2) {
        regs.gr(0, gr0);
        regs.gr(1, gr1);
        regs.gr(2, gr2);
        return machine.instructions().pqap(regs, storage);
    }

    private static int interruption(int code) {
        return ApInstructions.interruption(code);
    }

    @Nested
    class TestingAQueue {
        @Test
        void withTheTBitTellsFunctionsTypeHighestDomainAndDepth() {
            assertEquals(0, pqap(twoCards().build(), 0x0080_0504, 0, 0));
            assertEquals(0x8000_0000, regs.low(1));
            assertEquals(0xf200_0000_0bff_0007L, regs.gr(2));
        }

        @Test
        void withoutTheTBitTellsTypeAndDepthOnly() {
            assertEquals(0, pqap(twoCards().build(), 0x0000_0504, 0, 0));
            assertEquals(0x0000_0000_0b00_0007L, regs.gr(2));
        }

        @Test
        void keepsTheLeftHalfOfGr1() {
            pqap(twoCards().build(), 0x0000_0504, UNTOUCHED, 0);
            assertEquals(0x5555_6666_8000_0000L, regs.gr(1));
        }

        @ParameterizedTest(name = "GR0 {0}")
        @ValueSource(ints = {0x0404, 0x0505, 0xff04, 0x05ff})
        void outsideTheConfigurationIsNotAvailableAndTellsNothing(int gr0) {
            assertEquals(3, pqap(twoCards().build(), gr0, 0, UNTOUCHED));
            assertEquals(0x0001_0000, regs.low(1));
            assertEquals(UNTOUCHED, regs.gr(2));
        }

        @Test
        void answersForExactlyTheConfiguredPairsOfAll65536() {
            SimulatedMachine machine = twoCards().build();
            List<String> available = new ArrayList<>();
            for (int qid = 0; qid < 0x1_0000; qid++) {
                if (pqap(machine, qid, 0, 0) == 0) {
                    available.add(Apqn.ofQid(qid).toString());
                }
            }
            assertEquals(List.of("05.0004", "05.0047", "06.0004", "06.0047"), available);
        }

        @ParameterizedTest(name = "mode {0}: {1}")
        @CsvSource({"A, EA00000000FF0007", "C, F200000000FF0007", "P, E600000000FF0007"})
        void tellsTheModeForEachOfThe256Types(char letter, String infoOfTypeZero) {
            long expected = HexFormat.fromHexDigitsToLong(infoOfTypeZero);
            for (int type = 0; type < 256; type++) {
                if (type >= 6 && type <= 9) {
                    continue; // have no mode bits, see below
                }
                SimulatedMachine machine = twoCards().build();
                machine.addAdapter(AdapterSpec.of(7, type, AdapterMode.of(letter)));
                pqap(machine, 0x0080_0704, 0, 0);
                assertEquals(expected | (long) type << 24, regs.gr(2));
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {6, 7, 8, 9})
        void tellsNoModeForTypesBeforeCex4(int type) {
            SimulatedMachine machine = twoCards().build();
            machine.adapter(5).change(spec -> spec.type(type));
            pqap(machine, 0x0080_0504, 0, 0);
            assertEquals(0xe200_0000_00ff_0007L | (long) type << 24, regs.gr(2));
        }

        @Test
        void tellsClassBindStateLargestMessageAndOwnHighestDomain() {
            SimulatedMachine machine = twoCards().build();
            machine.adapter(5)
                    .change(spec -> spec.functionClass(3).bindState(2).ml(11).nd(0x54).depth(16));
            pqap(machine, 0x0080_0504, 0, 0);
            assertEquals(0xf203_8000_0b54_0b0fL, regs.gr(2));
        }

        @Test
        void ofADeconfiguredCardStillTellsTheHardware() {
            SimulatedMachine machine = twoCards().build();
            machine.adapter(5).change(spec -> spec.configured(false));
            assertEquals(3, pqap(machine, 0x0080_0504, 0, 0));
            assertEquals(0x8003_0000, regs.low(1));
            assertEquals(0xf200_0000_0bff_0007L, regs.gr(2));
        }

        @Test
        void ofACheckstoppedCardIsFour() {
            SimulatedMachine machine = twoCards().build();
            machine.adapter(5).change(spec -> spec.checkstopped(true));
            assertEquals(3, pqap(machine, 0x0080_0504, 0, 0));
            assertEquals(0x8004_0000, regs.low(1));
        }

        @Test
        void aCardRestrictedToADomainHasNoOther() {
            SimulatedMachine machine = twoCards().build();
            machine.adapter(5).change(spec -> spec.domains(ApMask.of(0x47)));
            assertEquals(3, pqap(machine, 0x0504, 0, 0));
            assertEquals(0, pqap(machine, 0x0547, 0, 0));
        }
    }

    @Nested
    class ForcingAResponse {
        @Test
        void answersEveryFunctionWithItUntilItIsTakenBack() {
            SimulatedMachine machine = twoCards().build();
            machine.setResponse(new Apqn(5, 4), 0x2c);
            for (int functionCode = 0; functionCode <= 3; functionCode++) {
                assertEquals(3, pqap(machine, functionCode << 24 | 0x0504, 0, 0));
                assertEquals(0x802c_0000, regs.low(1));
            }
            machine.setResponse(new Apqn(5, 4), -1);
            assertEquals(0, pqap(machine, 0x0504, 0, 0));
        }

        @Test
        void outlivesTheAdapter() {
            SimulatedMachine machine = twoCards().build();
            machine.setResponse(new Apqn(5, 4), 5);
            machine.removeAdapter(5);
            assertEquals(3, pqap(machine, 0x0504, 0, 0));
            assertEquals(0x0001_0000, regs.low(1));
            machine.addAdapter(AdapterSpec.of(5, 12, AdapterMode.CCA));
            pqap(machine, 0x0504, 0, 0);
            assertEquals(0x8005_0000, regs.low(1));
        }
    }

    @Nested
    class QueryingTheConfiguration {
        @Test
        void storesFlagsLimitsAndMasks() {
            SimulatedMachine machine = twoCards().controlDomains(ApMask.of(0)).nd(0x54).na(0x3f).build();
            assertEquals(0, pqap(machine, 0x0400_0000, UNTOUCHED, 8));
            assertEquals(UNTOUCHED, regs.gr(1));
            String expected = "c00000003f54" + "00".repeat(10) + "06" + "00".repeat(31) + "08" + "00".repeat(7) + "01"
                    + "00".repeat(23) + "80" + "00".repeat(31) + "00".repeat(16);
            assertEquals("00".repeat(8) + expected, HexFormat.of().formatHex(storage.array(), 0, 136));
        }

        @Test
        void controlDomainsAreTheUsageDomainsUnlessSet() {
            SimulatedMachine machine = twoCards().build();
            pqap(machine, 0x0400_0000, 0, 0);
            assertEquals(ApMask.of(4, 0x47), ApMask.load(storage.array(), 80));
        }

        @Test
        void outsideStorageIsAnAddressingException() {
            assertEquals(interruption(ProgramCode.ADDRESSING), pqap(twoCards().build(), 0x0400_0000, 0, 0x1000));
        }

        @Test
        void notOnADoublewordIsASpecificationException() {
            assertEquals(interruption(ProgramCode.SPECIFICATION), pqap(twoCards().build(), 0x0400_0000, 0, 4));
        }
    }

    @Nested
    class Exceptions {
        @Test
        void withoutApIsAnOperationExceptionEvenInProblemState() {
            regs.problemState(true);
            SimulatedMachine machine = twoCards().apInstalled(false).build();
            assertEquals(interruption(ProgramCode.OPERATION), pqap(machine, 0x0504, 0, 0));
            assertEquals(interruption(ProgramCode.OPERATION), machine.instructions().nqap(regs, storage, 2, 4));
            assertEquals(interruption(ProgramCode.OPERATION), machine.instructions().dqap(regs, storage, 2, 4));
        }

        @Test
        void inProblemStateIsAPrivilegedOperationExceptionBeforeAnySpecificationException() {
            regs.problemState(true);
            SimulatedMachine machine = twoCards().build();
            assertEquals(interruption(ProgramCode.PRIVILEGED_OPERATION), pqap(machine, 0xff3f_0504L, 0, 0));
            assertEquals(interruption(ProgramCode.PRIVILEGED_OPERATION),
                    machine.instructions().nqap(regs, storage, 3, 4));
            assertEquals(interruption(ProgramCode.PRIVILEGED_OPERATION),
                    machine.instructions().dqap(regs, storage, 3, 4));
        }

        @Test
        void unknownFunctionCodesAreASpecificationExceptionAndChangeNoRegister() {
            SimulatedMachine machine = twoCards().build();
            for (long functionCode = 0; functionCode < 256; functionCode++) {
                if (functionCode > 4) {
                    assertEquals(interruption(ProgramCode.SPECIFICATION),
                            pqap(machine, functionCode << 24 | 0x0504, UNTOUCHED, UNTOUCHED));
                    assertArrayEquals(new long[]{UNTOUCHED, UNTOUCHED}, new long[]{regs.gr(1), regs.gr(2)});
                }
            }
        }

        @ParameterizedTest(name = "GR0 {0}")
        @ValueSource(strings = {"00410504", "00400504", "00200504", "00010504", "01200504", "02010504", "03400504",
                "04010000", "04400000"})
        void reservedBitsOfGr0AreASpecificationException(String gr0) {
            assertEquals(interruption(ProgramCode.SPECIFICATION),
                    pqap(twoCards().build(), HexFormat.fromHexDigitsToLong(gr0), 0, 0));
        }

        @ParameterizedTest(name = "GR0 {0} without facility {1}")
        @CsvSource({"00800504, 15", "03000504, 65", "04000000, 12", "05000504, 12"})
        void aFunctionWhoseFacilityIsMissingIsASpecificationException(String gr0, int facility) {
            Facilities all = Facilities.of(12, 15, 65);
            SimulatedMachineBuilder builder = twoCards().qciFlags(0xe000_0000);
            long register = HexFormat.fromHexDigitsToLong(gr0);
            assertEquals(0, pqap(builder.facilities(all).build(), register, 0x8000_0000_0000L, 0));
            assertEquals(interruption(ProgramCode.SPECIFICATION),
                    pqap(builder.facilities(all.without(facility)).build(), register, 0, 0));
        }

        @ParameterizedTest(name = "APQN {0}")
        @ValueSource(ints = {0x4000, 0x8000, 0x0010, 0x0020, 0x0040, 0x0080, 0xffff})
        void withoutApxaLargeNumbersAreASpecificationException(int qid) {
            SimulatedMachine machine = twoCards().qciFlags(0x8000_0000).build();
            assertEquals(interruption(ProgramCode.SPECIFICATION), pqap(machine, qid, 0, 0));
            regs.gr(0, 0x4000_0000L | qid);
            assertEquals(interruption(ProgramCode.SPECIFICATION), machine.instructions().nqap(regs, storage, 2, 4));
            regs.gr(0, 0x8000_0000L | qid);
            assertEquals(interruption(ProgramCode.SPECIFICATION), machine.instructions().dqap(regs, storage, 2, 4));
        }

        @Test
        void withoutApxaTheLargestSmallNumbersAreFine() {
            SimulatedMachine machine = twoCards().apxa(false).build();
            assertEquals(3, pqap(machine, 0x3f0f, 0, 0));
            assertEquals(0x0001_0000, regs.low(1));
        }

        @ParameterizedTest(name = "bit {0}")
        @ValueSource(ints = {32, 34, 35, 40, 42, 43, 44, 45, 46, 47})
        void reservedBitsOfGr0ForNqapAreASpecificationException(int bit) {
            regs.gr(0, 0x4000_0504L | 1L << 63 - bit);
            regs.gr(5, 8);
            assertEquals(interruption(ProgramCode.SPECIFICATION),
                    twoCards().build().instructions().nqap(regs, storage, 2, 4));
        }

        @ParameterizedTest(name = "bit {0}")
        @ValueSource(ints = {33, 34, 35, 40, 41, 42, 43, 44, 45, 46, 47})
        void reservedBitsOfGr0ForDqapAreASpecificationException(int bit) {
            regs.gr(0, 0x8000_0504L | 1L << 63 - bit);
            regs.gr(5, 8);
            assertEquals(interruption(ProgramCode.SPECIFICATION),
                    twoCards().build().instructions().dqap(regs, storage, 2, 4));
        }

        @ParameterizedTest(name = "R1 {0}, R2 {1}")
        @CsvSource({"3, 4", "2, 5", "1, 7"})
        void anOddRegisterOfAPairIsASpecificationException(int r1, int r2) {
            SimulatedMachine machine = twoCards().build();
            for (int register = 0; register < 16; register++) {
                regs.gr(register, 8);
            }
            regs.gr(0, 0x4000_0504);
            assertEquals(interruption(ProgramCode.SPECIFICATION), machine.instructions().nqap(regs, storage, r1, r2));
            regs.gr(0, 0x8000_0504L);
            assertEquals(interruption(ProgramCode.SPECIFICATION), machine.instructions().dqap(regs, storage, r1, r2));
        }
    }

    @Nested
    class AskingForACompatibleType {
        @ParameterizedTest(name = "a card of type {0}, asked for at most {1}: {2}")
        @CsvSource({"15, 14, 14", "16, 14, 14", "255, 14, 14", "11, 14, 11", "14, 14, 14"})
        void isTheNewestThatBothKnow(int type, int highest, int compatible) {
            SimulatedMachine machine = twoCards().qciFlags(0xe000_0000).build();
            machine.adapter(5).change(spec -> spec.type(type));
            assertEquals(0, pqap(machine, 0x0500_0504, 0x1000_0000_0000_0000L | (long) highest << 24, 0));
            assertEquals(0x8000_0000, regs.low(1));
            assertEquals(0x1000_0000_0000_0000L | (long) compatible << 24, regs.gr(2));
        }

        @Test
        void isZeroForAModeThatTheCardHasNot() {
            SimulatedMachine machine = twoCards().qciFlags(0xe000_0000).build();
            assertEquals(0, pqap(machine, 0x0500_0504, 0x0400_0000_0e00_0000L, UNTOUCHED));
            assertEquals(0, regs.gr(2));
        }
    }

    @Test
    void everyCompletedInstructionIsReportedUntilTheListenerLeaves() throws Exception {
        SimulatedMachine machine = twoCards().build();
        List<String> heard = new ArrayList<>();
        try (AutoCloseable listening = machine
                .onInstruction((fc, qid, rc) -> heard.add(String.format("%x %04x %x", fc, qid, rc)))) {
            pqap(machine, 0x0080_0504, 0, 0);
            pqap(machine, 0x0100_0505, 0, 0);
            pqap(machine, 0x0400_0000, 0, 0);
            pqap(machine, 0x0900_0504, 0, 0);
            regs.gr(0, 0x8000_0504L);
            regs.gr(7, 8);
            machine.instructions().dqap(regs, storage, 4, 6);
        }
        pqap(machine, 0x0504, 0, 0);
        assertEquals(List.of("0 0504 0", "1 0505 1", "4 0000 0", "101 0504 10"), heard);
    }
}
