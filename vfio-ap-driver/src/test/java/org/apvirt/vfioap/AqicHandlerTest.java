// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;

class AqicHandlerTest {
    private static final int GISC = 3;
    private static final long ENABLE = Pqap.AQIC_IR | GISC;
    private static final long DISABLE = 0;
    private static final long NIB = 0x200;
    private static final Apqn QUEUE = Apqn.parse("05.0004");

    private TestSystem system;
    private RunningGuest guest;

    @BeforeEach
    void aGuestWithTwoQueues() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
    }

    private void start(TestLevel level) throws ErrnoException {
        if (guest != null) {
            guest.close();
        }
        system = TestSystem.reserved(level);
        system.create(U1, "5", "4 0x47");
        guest = new RunningGuest(system, U1);
        system.forget();
    }

    @AfterEach
    void theGuestEndsAndNothingOfItIsLeft() {
        system.machine.setResponse(QUEUE, -1);
        guest.close();
        assertEquals(0, registrations());
        assertEquals(0, pinned());
    }

    private int registrations() {
        return guest.vm.guest().interrupts().references(GISC);
    }

    private int pinned() {
        return guest.vm.guest().memory().pinnedPages();
    }

    @Nested
    class Enabling {
        @Test
        void pinsThePageAndRegistersTheSubclass() {
            assertEquals(0, guest.aqic(5, 4, ENABLE, NIB));
            assertEquals(List.of("AQIC 05.0004"), system.instructions);
            assertEquals(1, registrations());
            assertEquals(1, pinned());
        }

        @Test
        void withoutANotificationByteIsResponse06() {
            assertEquals(0x06, guest.aqic(5, 4, ENABLE, 0));
            assertEquals(List.of(), system.instructions);
        }

        @Test
        void outsideGuestStorageIsResponse06() {
            assertEquals(0x06, guest.aqic(5, 4, ENABLE, 1L << 40));
            assertEquals(0, pinned());
        }

        @Test
        void inAPageThatAProtectedGuestDoesNotShareIsResponse06() {
            guest.vm.guest().memory().protect(address -> false);
            assertEquals(0x06, guest.aqic(5, 4, ENABLE, NIB));
            assertEquals(0, pinned());
        }

        @Test
        void aQueueOfSomebodyElseIsResponse01() {
            assertEquals(0x01, guest.aqic(5, 0xab, ENABLE, NIB));
            assertEquals(List.of(), system.instructions);
        }

        @Test
        void twiceIsResponse07AndKeepsTheFirst() {
            guest.aqic(5, 4, ENABLE, NIB);
            assertEquals(0x07, guest.aqic(5, 4, ENABLE, NIB));
            assertEquals(1, registrations());
            assertEquals(1, pinned());
        }

        @ParameterizedTest
        @ValueSource(ints = {0x01, 0x03, 0x04, 0x08, 0x0a, 0x2f})
        void refusedByTheMachineIsToldAndCleanedUp(int responseCode) {
            system.machine.setResponse(QUEUE, responseCode);
            assertEquals(responseCode, guest.aqic(5, 4, ENABLE, NIB));
            assertEquals(String.format("vfio_ap_irq_enable: apqn 0504: response: %02x", responseCode),
                    system.log.get(0));
            assertEquals(0, registrations());
            assertEquals(0, pinned());
        }
    }

    @Nested
    class Disabling {
        @Test
        void givesEverythingBack() {
            guest.aqic(5, 4, ENABLE, NIB);
            assertEquals(0, guest.aqic(5, 4, DISABLE, 0));
            assertEquals(0, registrations());
            assertEquals(0, pinned());
        }

        @ParameterizedTest
        @ValueSource(ints = {0x02, 0x05})
        void aBusyQueueIsTriedSixTimes(int responseCode) {
            guest.aqic(5, 4, ENABLE, NIB);
            system.machine.setResponse(QUEUE, responseCode);
            system.forget();
            long before = system.time.nanos();
            assertEquals(responseCode, guest.aqic(5, 4, DISABLE, 0));
            assertEquals(6, system.instructions.size());
            assertEquals(120_000_000, system.time.nanos() - before);
            assertEquals(0, pinned());
        }

        @Test
        void aQueueThatIsGoneIsNotTriedAgain() {
            guest.aqic(5, 4, ENABLE, NIB);
            system.machine.setResponse(QUEUE, 0x01);
            system.forget();
            assertEquals(0x01, guest.aqic(5, 4, DISABLE, 0));
            assertEquals(List.of("AQIC 05.0004 = 1"), system.instructions);
            assertEquals(0, pinned());
        }
    }

    @Test
    void unmappingTheNotificationByteDisables() throws ErrnoException {
        guest.aqic(5, 4, ENABLE, NIB);
        assertEquals(0x10_0000, guest.container.unmapDma(0, 0x10_0000));
        assertEquals(0, pinned());
    }

    @Test
    void unassigningTheAdapterGivesEverythingBack() throws ErrnoException {
        guest.aqic(5, 4, ENABLE, NIB);
        system.write(TestSystem.MATRIX + U1 + "/unassign_adapter", "5");
        assertEquals(0, registrations());
        assertEquals(0, pinned());
    }

    @Nested
    class AQueueThatIsLinkedButFilteredOut {
        private void filterAdapterFive() throws ErrnoException {
            system.write("bus/ap/drivers/vfio_ap/unbind", "05.0047");
            assertEquals(0x01, guest.tapq(5, 4));
        }

        @Test
        void isServedByTheKernel() throws ErrnoException {
            filterAdapterFive();
            assertEquals(0, guest.aqic(5, 4, ENABLE, NIB));
        }

        @Test
        void isOutOfReachAtTheSeedLevel() throws ErrnoException {
            start(TestLevel.SEED);
            filterAdapterFive();
            assertEquals(0x01, guest.aqic(5, 4, ENABLE, NIB));
        }
    }
}
