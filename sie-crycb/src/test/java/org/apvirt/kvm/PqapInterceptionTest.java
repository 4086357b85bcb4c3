// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.kvm.TestGuest.OPERATION;
import static org.apvirt.kvm.TestGuest.PRIVILEGED;
import static org.apvirt.kvm.TestGuest.SPECIFICATION;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** The order of KVM's tests shows in which of two causes wins; each test has both. */
class PqapInterceptionTest {
    private static final long AQIC = 0x0300_0104L;
    private static final long GR1 = 0x1111_8000_0000_0006L;

    private final SimulatedMachine machine = TestGuest.machine(new VirtualTime()).build();

    private TestGuest guest(int... facilities) {
        return TestGuest.with(machine, Facilities.of(facilities), ApMask.of(1), ApMask.of(4), ApMask.NONE);
    }

    private static void answer(KvmGuest guest, PqapOutcome outcome) {
        guest.installHook((cpu, regs) -> outcome);
    }

    @Test
    void step2WithoutApieEvenProblemStateIsNotSupported() throws ErrnoException {
        TestGuest guest = guest(12, 15, 65, 76);
        guest.guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.DISABLE_APIE);
        guest.regs.problemState(true);
        assertEquals(OPERATION, guest.pqap(AQIC, GR1, 0));
    }

    @Test
    void step4ProblemStateComesBeforeReservedBits() {
        TestGuest guest = guest(12, 15, 65, 76);
        guest.regs.problemState(true);
        assertEquals(PRIVILEGED, guest.pqap(AQIC | 0x0001_0000, GR1, 0));
    }

    @ParameterizedTest(name = "GR0 bit {0}")
    @ValueSource(ints = {41, 42, 43, 44, 45, 46, 47})
    void step5ReservedBitsComeBeforeTheHook(int number) {
        TestGuest guest = guest(12, 15, 65, 76);
        answer(guest.guest, new PqapOutcome.Completed(new ApQueueStatus(0)));
        assertEquals(SPECIFICATION, guest.pqap(AQIC | 1L << 63 - number, GR1, 0));
    }

    @Test
    void step6TheTBitNeedsFacility15() {
        assertEquals(SPECIFICATION, guest(12, 65, 76).pqap(AQIC | 0x0080_0000, GR1, 0));
        assertEquals(3, guest(12, 15, 65, 76).pqap(AQIC | 0x0080_0000, GR1, 0));
    }

    @ParameterizedTest(name = "GR0 {0}")
    @ValueSource(longs = {0x0300_4104, 0x0300_8104, 0x0300_0114, 0x0300_0184})
    void step7ANarrowCrycbHasNoLargeIds(long gr0) {
        TestGuest narrow = TestGuest.with(TestGuest.withoutApxa(), ApMask.of(1), ApMask.of(4), ApMask.NONE);
        assertEquals(SPECIFICATION, narrow.pqap(gr0, GR1, 0));
    }

    @Test
    void step8Facility65IsNeeded() {
        assertEquals(SPECIFICATION, guest(12, 15, 76).pqap(AQIC, GR1, 0));
    }

    @ParameterizedTest(name = "status {0}: condition code {1}")
    @CsvSource({"0x80000000,0", "0x81000000,0", "0x80060000,3", "0x80ff0000,3"})
    void step9TheHooksStatusFillsGr1AndMakesTheConditionCode(String status, int cc) {
        TestGuest guest = guest(12, 15, 65, 76);
        int word = Integer.parseUnsignedInt(status.substring(2), 16);
        answer(guest.guest, new PqapOutcome.Completed(new ApQueueStatus(word)));
        assertEquals(cc, guest.pqap(AQIC, GR1, 0));
        assertEquals(word & 0xffff_ffffL, guest.regs.gr(1));
    }

    @Test
    void step9WhatTheHookLeavesToUserspaceIsAnOperationException() {
        TestGuest guest = guest(12, 15, 65, 76);
        answer(guest.guest, new PqapOutcome.ForUserspace());
        assertEquals(OPERATION, guest.pqap(AQIC, GR1, 0));
        assertEquals(GR1, guest.regs.gr(1));
    }

    @Test
    void step9TheHookMayInjectAnInterruption() {
        TestGuest guest = guest(12, 15, 65, 76);
        answer(guest.guest, new PqapOutcome.ProgramInterruption(0x05));
        assertEquals(0x1_0005, guest.pqap(AQIC, GR1, 0));
    }

    @Test
    void step9TheHookSeesWhatTheGuestPassed() {
        TestGuest guest = guest(12, 15, 65, 76);
        guest.guest.installHook((cpu, regs) -> {
            assertEquals(guest.cpu, cpu);
            assertEquals(AQIC, regs.gr(0));
            assertEquals(GR1, regs.gr(1));
            assertEquals(0x2345, regs.gr(2));
            return new PqapOutcome.Completed(new ApQueueStatus(0x0007_0000));
        });
        assertEquals(3, guest.pqap(AQIC, GR1, 0x2345));
    }

    /** Differs from Linux: the kernel puts the status where no guest looks. */
    @Test
    void step10WithoutAHookTheStatusIsInTheLowWord() {
        TestGuest guest = guest(12, 15, 65, 76);
        assertEquals(3, guest.pqap(AQIC, GR1, 0));
        assertEquals(0x1111_8000_0001_0000L, guest.regs.gr(1));
    }

    @Test
    void step10AsInLinuxTheStatusIsInTheUpperHalfAndTheLowWordKept() throws ErrnoException {
        KvmGuest strict = new KvmGuest(machine.platform(), KvmOptions.small().withStatusInUpperHalf());
        strict.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        ApRegisters regs = new ApRegisters();
        regs.gr(0, AQIC);
        regs.gr(1, GR1);
        assertEquals(3, strict.newCpu().pqap(regs, new ArrayStorage(0)));
        assertEquals(0x0001_0000_0000_0006L, regs.gr(1));
    }
}
