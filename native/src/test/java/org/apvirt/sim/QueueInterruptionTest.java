// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** AQIC and what follows. */
class QueueInterruptionTest extends AcceleratorQueue {
    private int interruptions;
    private final long nib = machine.platform().interrupts().register(() -> interruptions++);

    private int aqic(long control) {
        return ap.aqic(QUEUE, control, nib);
    }

    private byte notification() {
        byte[] one = new byte[1];
        machine.storage().loadAbsolute(nib, one, 0, 1);
        return one[0];
    }

    @Test
    void comesWithTheFirstReplyOnlyAndNotInsideTheInstruction() {
        assertEquals(E | 0x0100_0000, aqic(0x8000_0000_0006L));
        assertEquals(R | 0x0100_0000, send(1));
        assertEquals((byte) 0x80, notification());
        assertEquals(0, interruptions);
        time.advance(0);
        assertEquals(1, interruptions);
        send(2);
        time.advance(0);
        assertEquals(1, interruptions);
        ap.dqap(QUEUE, buffer, 0);
        ap.dqap(QUEUE, buffer, 0);
        send(3);
        time.advance(0);
        assertEquals(2, interruptions);
    }

    @Test
    void ofSeveralQueuesBeforeTheHandlerRanIsOne() {
        aqic(0x8000_0000_0006L);
        ap.aqic(new Apqn(6, 5), 0x8000_0000_0006L, nib);
        byte[] request = request();
        send(1);
        ap.nqap(new Apqn(6, 5), 2, request, request.length, false);
        time.advance(0);
        assertEquals(1, interruptions);
    }

    @Test
    void comesNoMoreOnceDisabled() {
        aqic(0x8000_0000_0006L);
        assertEquals(E, aqic(0));
        send(1);
        time.advance(0);
        assertEquals(0, interruptions);
        assertEquals(0, notification());
    }

    @ParameterizedTest(name = "GR1 {0}")
    @ValueSource(longs = {0, 0x8000_0000_0000L})
    void thatAlreadyHasTheWantedStateIsOtherwiseChanged(long control) {
        ap.aqic(QUEUE, 0x8000_0000_0000L ^ control, nib);
        ap.aqic(QUEUE, control, nib);
        assertEquals(0x0007_0000, aqic(control) & 0x00ff_0000);
    }

    @Test
    void toAByteThatDoesNotExistIsAnInvalidAddress() {
        assertEquals(E | 0x0006_0000, ap.aqic(QUEUE, 0x8000_0000_0000L, 0x7000_0000));
        assertFalse(machine.adapter(6).queue(4).interruptEnabled());
    }

    @Test
    void throughAGisaThatDoesNotExistIsAnInvalidGisa() {
        assertEquals(E | 0x0008_0000, ap.aqic(QUEUE, 0x8000_7000_0900L, nib));
    }

    @Test
    void forAGuestSetsItsByteMakesItsSubclassPendingAndAlertsTheHypervisor() {
        byte[] guest = new byte[0x2000];
        byte[] page = new byte[0x1000];
        page[0x907] = 0x10; // subclass 3 alerts
        long guestOrigin = machine.platform().interrupts().place(new ArrayStorage(guest), guest.length);
        long pageOrigin = machine.platform().interrupts().place(new ArrayStorage(page), page.length);
        int[] alerts = {0};
        machine.platform().interrupts().onAlert(pageOrigin + 0x900, () -> alerts[0]++);
        long control = 0x8000_0000_0005L | 3L << 40 | pageOrigin + 0x900;
        assertEquals(E | 0x0100_0000, ap.aqic(QUEUE, control, guestOrigin + 0x1234));
        send(1);
        time.advance(0);
        assertEquals((byte) 0x80, guest[0x1234]);
        assertEquals(0x10, page[0x904]);
        assertEquals(1, alerts[0]);
        assertEquals(0, interruptions);
    }

    @Test
    void onAMachineThatDeliversNoneOnlyKeepsTheEnabledBit() {
        SimulatedMachine silent = SimulatedMachine.builder(time).deliversInterrupts(false)
                .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR)).usageDomains(ApMask.of(4))
                .build();
        assertTrue(silent.platform().interrupts().register(() -> interruptions++) != 0);
        ApCommands commands = new ApCommands(silent.instructions(), Facilities.of(Facilities.APQI));
        assertEquals(E | 0x0100_0000, commands.aqic(QUEUE, 0x8000_0000_0000L, 0x1234_5678_9000L));
        byte[] request = request();
        assertEquals(R | 0x0100_0000, commands.nqap(QUEUE, 1, request, request.length, false));
        time.advanceMillis(1);
        assertEquals(0, interruptions);
    }

    @ParameterizedTest(name = "{0} ms after the request")
    @ValueSource(ints = {5, 15})
    void isEnabledThoughTheQueueIsNotEmpty(int millis) {
        serviceTime(10);
        send(1);
        send(2);
        time.advanceMillis(millis);
        assertEquals(0x0100_0000 | (millis < 10 ? 0 : R), aqic(0x8000_0000_0006L));
        time.advanceMillis(30);
        assertEquals(millis < 10 ? 1 : 0, interruptions,
                "a reply that was there before does not interrupt, nor one after");
        assertEquals(R, ap.dqap(QUEUE, buffer, 0) & ~0x0100_0000);
    }
}
