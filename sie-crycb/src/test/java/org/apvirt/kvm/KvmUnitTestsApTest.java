// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.kvm.TestGuest.OPERATION;
import static org.apvirt.kvm.TestGuest.PRIVILEGED;
import static org.apvirt.kvm.TestGuest.SPECIFICATION;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** What kvm-unit-tests' {@code s390x/ap.c} asks of a guest's AP instructions; groups and cases have its names. */
class KvmUnitTestsApTest {
    private static final int QUEUE = 0x0104;
    private static final int LARGE_QUEUE = 0x0504; // ML 4
    private static final long LAST = 0x4000_0000L;
    private static final long FIRST = 0x8000_0000L;

    private TestGuest guest = TestGuest.standard();

    private static long bit(int number) {
        return 1L << 63 - number; // bit 0 is the leftmost of the 64
    }

    @Nested
    class Privileged {
        @BeforeEach
        void problemState() {
            guest.regs.problemState(true);
        }

        @Test
        void pqap() {
            assertEquals(PRIVILEGED, guest.pqap(QUEUE, 0, 0));
        }

        @Test
        void nqap() {
            assertEquals(PRIVILEGED, guest.nqap(LAST | QUEUE, 0, 32));
        }

        @Test
        void dqap() {
            assertEquals(PRIVILEGED, guest.dqap(FIRST | QUEUE, 0, 32));
        }

        /** AQIC does not reach the machine's own check; KVM makes it. */
        @Test
        void pqapAqic() {
            assertEquals(PRIVILEGED, guest.pqap(0x0300_0000 | QUEUE, 0, 0));
        }
    }

    @Nested
    class PqapSpec {
        @ParameterizedTest(name = "fc {0}")
        @ValueSource(longs = {42, 6, 7, 8, 9, 255})
        void invalidFc(long functionCode) {
            assertEquals(SPECIFICATION, guest.pqap(functionCode << 24 | QUEUE, 0, 0));
        }

        @ParameterizedTest(name = "bit {0}")
        @ValueSource(ints = {41, 42, 43, 44, 45, 46, 47})
        void invalidGr0Bits(int number) {
            assertEquals(SPECIFICATION, guest.pqap(bit(number) | QUEUE, 0, 0));
        }

        @ParameterizedTest(name = "fc 4, address {0}")
        @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7})
        void alignmentOfQci(long misalignment) {
            assertEquals(SPECIFICATION, guest.pqap(0x0400_0000, 0, 0x1000 + misalignment));
        }

        @ParameterizedTest(name = "fc 6, address {0}")
        @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7})
        void alignmentOfBestAp(long misalignment) {
            assertEquals(SPECIFICATION, guest.pqap(0x0600_0000, 0, 0x1000 + misalignment));
        }
    }

    @Nested
    class NqapSpec {
        @ParameterizedTest(name = "r1 {0}, r2 {1}")
        @CsvSource({"3,4", "2,5", "3,5"})
        void oddRegisters(int r1, int r2) {
            guest.regs.gr(0, LAST | QUEUE);
            guest.regs.gr(5, 32);
            guest.regs.gr(6, 32);
            assertEquals(SPECIFICATION, guest.cpu.nqap(guest.regs, guest.storage, r1, r2));
        }

        @Test
        void length0() {
            assertEquals(SPECIFICATION, guest.nqap(LAST | QUEUE, 0, 0));
        }

        @ParameterizedTest(name = "bit {0}")
        @ValueSource(ints = {32, 34, 35, 40, 42, 43, 44, 45, 46, 47})
        void invalidGr0Bits(int number) {
            assertEquals(SPECIFICATION, guest.nqap(LAST | bit(number) | QUEUE, 0, 32));
        }
    }

    @Nested
    class DqapSpec {
        @ParameterizedTest(name = "r1 {0}, r2 {1}")
        @CsvSource({"5,6", "4,7", "5,7"})
        void oddRegisters(int r1, int r2) {
            guest.regs.gr(0, FIRST | QUEUE);
            guest.regs.gr(7, 32);
            guest.regs.gr(8, 32);
            assertEquals(SPECIFICATION, guest.cpu.dqap(guest.regs, guest.storage, r1, r2));
        }

        @Test
        void length0() {
            assertEquals(SPECIFICATION, guest.dqap(FIRST | QUEUE, 0, 0));
        }

        @ParameterizedTest(name = "bit {0}")
        @ValueSource(ints = {33, 34, 35, 40, 41, 42, 43, 44, 45, 46, 47})
        void invalidGr0Bits(int number) {
            assertEquals(SPECIFICATION, guest.dqap(FIRST | bit(number) | QUEUE, 0, 32));
        }
    }

    @Nested
    class Length {
        private long maximum(int queue) {
            guest.pqap(0x0080_0000 | queue, 0, 0);
            return Math.max(new ApHardwareInfo(guest.regs.gr(2)).ml(), 3) * 4096L;
        }

        @Test
        void theMaximumOfTheLargestCardIsTakenAndOneMoreIsNot() {
            assertEquals(16384, maximum(LARGE_QUEUE));
            assertEquals(0, guest.nqap(LAST | LARGE_QUEUE, 0, 16384));
            assertEquals(SPECIFICATION, guest.nqap(LAST | LARGE_QUEUE, 0, 16385));
            assertEquals(SPECIFICATION, guest.dqap(FIRST | LARGE_QUEUE, 0, 16385));
            assertEquals(0, guest.dqap(FIRST | LARGE_QUEUE, 0, 16384));
        }

        /** A bus has buffers for its largest card, so a smaller one must take them. */
        @Test
        void aSmallerCardTakesTheSameBufferButNoSuchMessage() {
            assertEquals(12288, maximum(QUEUE));
            assertEquals(3, guest.nqap(LAST | QUEUE, 0, 12289));
            assertEquals(0x15, guest.regs.low(1) >> 16 & 0xff);
            assertEquals(0, guest.nqap(LAST | QUEUE, 0, 12288));
            assertEquals(0, guest.dqap(FIRST | QUEUE, 0, 16384));
        }

        @ParameterizedTest(name = "length 1 << {0}")
        @ValueSource(ints = {15, 16, 17, 20, 24, 31, 32, 33, 40, 62, 63})
        void everySingleBitAboveTheMaximum(int shift) {
            assertEquals(SPECIFICATION, guest.nqap(LAST | LARGE_QUEUE, 0, 1L << shift));
            assertEquals(SPECIFICATION, guest.dqap(FIRST | LARGE_QUEUE, 0, 1L << shift));
        }

        @Test
        void ofAQueueThatTheGuestDoesNotHaveEndsInResponse01() {
            assertEquals(3, guest.nqap(LAST | 0x0107, 0, 13_000));
            assertEquals(0x0001_0000, guest.regs.low(1));
        }
    }

    @Nested
    class PqapAqic {
        private static final long NIB = 0x2000;

        @BeforeEach
        void hookOfTheHost() {
            guest.guest.installHook(new DirectHook(guest.guest));
        }

        private void expect(int cc, int responseCode, int actual) {
            assertEquals(cc, actual);
            assertEquals(responseCode, guest.regs.low(1) >> 16 & 0xff);
        }

        private int enable(long nib) {
            return guest.pqap(0x0300_0000 | QUEUE, 0x0000_8000_0000_0006L, nib);
        }

        private int disable() {
            return guest.pqap(0x0300_0000 | QUEUE, 0, 0);
        }

        private boolean isEnabled() {
            assertEquals(0, guest.pqap(QUEUE, 0, 0));
            return (guest.regs.low(1) & 0x0100_0000) != 0;
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1})
        void invalidAddress(long nib) {
            expect(3, 0x06, enable(nib));
        }

        @Test
        void disableWhileDisabled() {
            expect(3, 0x07, disable());
        }

        @Test
        void enableThenEnableAgainThenDisable() {
            expect(0, 0x00, enable(NIB));
            assertEquals(true, isEnabled());
            expect(3, 0x07, enable(NIB));
            expect(0, 0x00, disable());
            assertEquals(false, isEnabled());
        }

        @ParameterizedTest(name = "fc {0}")
        @ValueSource(longs = {1, 2})
        void rapqAndZapqDisable(long functionCode) {
            enable(NIB);
            assertEquals(0, guest.pqap(functionCode << 24 | QUEUE, 0, 0));
            assertEquals(false, isEnabled());
        }
    }

    @Nested
    class WithoutTheInstructions {
        @BeforeEach
        void apOff() throws ErrnoException {
            guest.guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.DISABLE_APIE);
        }

        @Test
        void eachEndsInAnOperationException() {
            assertEquals(OPERATION, guest.pqap(QUEUE, 0, 0));
            assertEquals(OPERATION, guest.pqap(0x0300_0000 | QUEUE, 0, 0));
            assertEquals(OPERATION, guest.nqap(LAST | QUEUE, 0, 32));
            assertEquals(OPERATION, guest.dqap(FIRST | QUEUE, 0, 32));
        }

        @Test
        void theSieBlockNamesTheInterceptedInstruction() {
            guest.nqap(LAST | QUEUE, 0, 32);
            assertEquals(0x04, guest.cpu.sieBlock().icptcode());
            assertEquals(0xb2ad, guest.cpu.sieBlock().ipa());
            assertEquals(0x0024_0000, guest.cpu.sieBlock().ipb());
            guest.pqap(QUEUE, 0, 0);
            assertEquals(0xb2af, guest.cpu.sieBlock().ipa());
        }
    }

    @Nested
    class WithoutFacilities {
        private void model(Facilities facilities) {
            SimulatedMachine machine = TestGuest.machine(new VirtualTime()).build();
            guest = TestGuest.with(machine, facilities, ApMask.of(1), ApMask.of(4), ApMask.NONE);
        }

        @Test
        void tBitWithoutFacility15() {
            model(Facilities.of(12, 65, 76));
            assertEquals(SPECIFICATION, guest.pqap(0x0080_0000 | QUEUE, 0, 0));
            assertEquals(0, guest.pqap(QUEUE, 0, 0));
        }

        @Test
        void qciWithoutFacility12() {
            model(Facilities.of(15, 65, 76));
            assertEquals(SPECIFICATION, guest.pqap(0x0400_0000, 0, 0x1000));
        }

        @Test
        void aqicWithoutFacility65() {
            model(Facilities.of(12, 15, 76));
            assertEquals(SPECIFICATION, guest.pqap(0x0300_0000 | QUEUE, 0, 0));
        }
    }
}
