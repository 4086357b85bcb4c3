// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.kvm.KvmGuest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

/** A guest's interruptions of one queue, and what the firmware says to AQIC, answer by answer. */
class QueueInterruptTest {
    private static final Apqn QUEUE = Apqn.parse("05.0004");

    private final VirtualTime time = new VirtualTime();
    private final Kernel kernel = TestLevel.LINUX_6_12.kernel(time);
    private final List<String> log = new ArrayList<>();
    private final QueueInterrupt interrupt = new QueueInterrupt(QUEUE);

    QueueInterruptTest() {
        kernel.onLog(log::add);
    }

    /** Steps of 20 ms; the response code that the guest gets; whether the kernel warns. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"AQIC 00 TAPQ 00, 0, 00, false", "AQIC 07 TAPQ 00, 0, 07, false",
            "AQIC 00 TAPQ 00i TAPQ 02i TAPQ 02, 2, 00, false", "AQIC 00 TAPQ 05i TAPQ 00, 1, 00, false",
            "AQIC 00 TAPQ 03i, 0, 00, false", "AQIC 00 TAPQ 01i, 0, 00, false",
            "AQIC 00 TAPQ 00i TAPQ 00i TAPQ 00i TAPQ 00i TAPQ 00i, 5, 00, false",
            "AQIC 02 AQIC 05 AQIC 00 TAPQ 00, 2, 00, false", "AQIC 03, 0, 03, true", "AQIC 01, 0, 01, true",
            "AQIC 02 AQIC 06, 1, 06, true", "AQIC 05 AQIC 05 AQIC 05 AQIC 05 AQIC 05 AQIC 05, 6, 05, true"})
    void isDisabledOnceTheMachineSaysSo(String exchange, int waits, String responseCode, boolean warned) {
        FirmwareScript script = new FirmwareScript(QUEUE, exchange);
        int status = interrupt.disable(script.commands(), kernel);
        script.requireEnd();
        int code = Integer.parseInt(responseCode, 16);
        assertEquals(code, ApQueueStatus.responseCode(status));
        assertEquals(ApQueueStatus.EMPTY, status & ApQueueStatus.EMPTY, "the word of the machine, not only its code");
        assertEquals(waits * 20_000_000L, time.nanos());
        assertEquals(warned
                ? List.of("------------[ cut here ]------------", "vfio_ap_irq_disable: aqic status " + code,
                        "WARNING: vfio_ap", "---[ end trace 0000000000000000 ]---")
                : List.of(), log);
    }

    /** What is unmapped takes the interruptions whose byte lies in it, from the first address to the last. */
    @Test
    void usesOneByteOfTheGuest() throws ErrnoException {
        TestSystem system = TestSystem.reserved(TestLevel.LINUX_6_12);
        system.create(TestSystem.U1, "5", "4");
        try (RunningGuest running = new RunningGuest(system, TestSystem.U1)) {
            KvmGuest guest = running.vm.guest();
            assertFalse(interrupt.usesAddressIn(0, 0x10_0000));
            assertEquals(0, interrupt.enable(guest, 3, 0x2010, new FirmwareScript(QUEUE, "AQIC 00").commands(), kernel)
                    & 0xff_0000);
            assertTrue(interrupt.usesAddressIn(0x2000, 0x1000));
            assertTrue(interrupt.usesAddressIn(0x2010, 1));
            assertFalse(interrupt.usesAddressIn(0x2000, 0x10));
            assertFalse(interrupt.usesAddressIn(0x2011, 0x1000));
            assertFalse(interrupt.usesAddressIn(0x3000, 0x1000));
            interrupt.free();
            assertFalse(interrupt.usesAddressIn(0x2000, 0x1000));
            assertEquals(0, guest.memory().pinnedPages());
        }
    }

    /** A second registration takes the place of the first; one that is refused leaves nothing but a line. */
    @Test
    void holdsOnePageAndOneSubclass() throws ErrnoException {
        TestSystem system = TestSystem.reserved(TestLevel.LINUX_6_12);
        system.create(TestSystem.U1, "5", "4");
        try (RunningGuest running = new RunningGuest(system, TestSystem.U1)) {
            KvmGuest guest = running.vm.guest();
            FirmwareScript script = new FirmwareScript(QUEUE, "AQIC 00 AQIC 00 AQIC 07 AQIC 06 AQIC 00 TAPQ 00");
            interrupt.enable(guest, 3, 0x2000, script.commands(), kernel);
            interrupt.enable(guest, 4, 0x3000, script.commands(), kernel);
            assertEquals(0, guest.interrupts().references(3));
            assertEquals(1, guest.interrupts().references(4));
            assertEquals(1, guest.memory().pinnedPages());
            interrupt.enable(guest, 3, 0x2000, script.commands(), kernel);
            assertEquals(0, guest.interrupts().references(3));
            assertEquals(1, guest.memory().pinnedPages());
            interrupt.enable(guest, 3, 0x2000, script.commands(), kernel);
            script.requireEnd();
            assertEquals(List.of("vfio_ap_irq_enable: apqn 0504: response: 06"), log);
            assertEquals(0, guest.memory().pinnedPages());
            assertEquals(0, guest.interrupts().references(4));
        }
    }

    /** General register 1 of AQIC: enable, the guest's subclass, its GISA, the host's subclass. */
    @ParameterizedTest
    @CsvSource({"0", "3", "7"})
    void tellsTheMachineTheGuestsSubclassAndItsGisa(int gisc) throws ErrnoException {
        TestSystem system = TestSystem.reserved(TestLevel.LINUX_6_12);
        system.create(TestSystem.U1, "5", "4");
        try (RunningGuest running = new RunningGuest(system, TestSystem.U1)) {
            KvmGuest guest = running.vm.guest();
            List<Long> controls = new ArrayList<>();
            ApInstructions firmware = mock(ApInstructions.class);
            when(firmware.pqap(any(), any()))
                    .thenAnswer(call -> {
                        ApRegisters registers = call.getArgument(0);
                        controls.add(registers.gr(1));
                        registers.low(1, ApQueueStatus.EMPTY);
                        return 0;
                    });
            interrupt.enable(guest, gisc, 0x2000, new ApCommands(firmware, Facilities.of(
                    Facilities.APQI)), kernel);
            long control = controls.get(0);
            assertEquals(Pqap.AQIC_IR, control & Pqap.AQIC_IR);
            assertEquals(gisc, control >>> 40 & 7);
            assertEquals(guest.interrupts().gisaAddress(), control & 0x7fff_fff0L);
            interrupt.free();
        }
    }
}
