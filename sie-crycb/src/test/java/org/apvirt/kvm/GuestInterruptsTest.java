// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.kvm.TestGuest.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GuestInterruptsTest {
    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = TestGuest.machine(time).build();
    private final TestGuest guest = TestGuest.with(machine, ApMask.of(1), ApMask.of(4, 5), ApMask.NONE);
    private final GuestInterrupts interrupts = guest.guest.interrupts();
    private final GuestMemory memory = guest.guest.memory();

    @Nested
    class TheGisa {
        @Test
        void liesAt0x900OfTheCryptoPageAndIsNotOnTheAlertList() {
            assertEquals(guest.guest.crycbd() & ~0xfff | 0x900, interrupts.gisaAddress());
            assertEquals(interrupts.gisaAddress(), interrupts.gisa().nextAlert());
        }

        @Test
        void isDesignatedInTheSieBlockWithFormat1() {
            assertEquals(interrupts.gisaAddress() | 1, guest.cpu.sieBlock().gd());
            assertTrue(guest.cpu.sieBlock().aiv());
        }
    }

    @Nested
    class Registering {
        @ParameterizedTest(name = "subclass {0}")
        @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
        void answersTheHostsSubclassAndSetsTheAlertBit(int gisc) throws ErrnoException {
            assertEquals(5, interrupts.registerIsc(gisc));
            assertEquals(0x80 >> gisc, interrupts.gisa().iam());
        }

        @Test
        void countsReferences() throws ErrnoException {
            interrupts.registerIsc(3);
            interrupts.registerIsc(3);
            interrupts.unregisterIsc(3);
            assertEquals(0x10, interrupts.gisa().iam());
            interrupts.unregisterIsc(3);
            assertEquals(0, interrupts.gisa().iam());
        }

        @Test
        void aboveSubclass7IsErange() {
            assertEquals(Errno.ERANGE, refusal(() -> interrupts.registerIsc(8)));
            assertEquals(Errno.ERANGE, refusal(() -> interrupts.unregisterIsc(8)));
        }

        @Test
        void takenBackTooOftenIsEinval() {
            assertEquals(Errno.EINVAL, refusal(() -> interrupts.unregisterIsc(3)));
        }

        @Test
        void withoutAGisaIsEnodev() {
            GuestInterrupts nested = new KvmGuest(guest.guest.platform()).interrupts();
            assertEquals(Errno.ENODEV, refusal(() -> nested.registerIsc(3)));
            assertEquals(Errno.ENODEV, refusal(() -> nested.unregisterIsc(8)));
        }
    }

    @Nested
    class AReply {
        private final AtomicInteger handled = new AtomicInteger();
        private final byte[] nib = new byte[1];
        private long nibAddress;

        private void enable() {
            guest.guest.installHook(new DirectHook(guest.guest));
            nibAddress = interrupts.register(handled::incrementAndGet);
            assertEquals(0, guest.pqap(0x0300_0104, 0x0000_8000_0000_0006L, nibAddress));
        }

        private int notification() {
            memory.storage().loadAbsolute(nibAddress, nib, 0, 1);
            return nib[0] & 0xff;
        }

        @Test
        void setsTheGuestsNotificationByteAndCallsItsHandler() {
            enable();
            guest.nqap(0x4000_0104L, 0, 64);
            time.advance(1_000_000_000L);
            assertEquals(0x80, notification());
            assertEquals(1, handled.get());
            assertEquals(0, interrupts.gisa().ipm());
        }

        @Test
        void ofAQueueThatIsNotEnabledDoesNeither() {
            enable();
            guest.nqap(0x4000_0105L, 0, 64);
            time.advance(1_000_000_000L);
            assertEquals(0, notification());
            assertEquals(0, handled.get());
        }

        @Test
        void staysPendingInTheGisaWhileTheGuestHasNoHandler() {
            guest.guest.installHook(new DirectHook(guest.guest));
            assertEquals(0, guest.pqap(0x0300_0104, 0x0000_8000_0000_0006L, 0x200));
            guest.nqap(0x4000_0104L, 0, 64);
            time.advance(1_000_000_000L);
            assertEquals(0x02, interrupts.gisa().ipm());
        }

        @Test
        void afterTheGuestIsGoneChangesNothing() {
            enable();
            guest.guest.close();
            guest.nqap(0x4000_0104L, 0, 64);
            time.advance(1_000_000_000L);
            assertEquals(0, notification());
            assertEquals(0, handled.get());
        }
    }

    @Nested
    class Pinning {
        @Test
        void translatesToHostStorageAndCountsPages() {
            long host = memory.pin(0x2345);
            assertEquals(0x345, host & 0xfff);
            assertEquals(host + 0x100, memory.pin(0x2445));
            memory.pin(0x3000);
            assertEquals(2, memory.pinnedPages());
            memory.unpin(0x2345);
            assertEquals(2, memory.pinnedPages());
            memory.unpin(0x2000);
            assertEquals(1, memory.pinnedPages());
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 0x1_0000, Long.MAX_VALUE, Long.MIN_VALUE})
        void outsideStorageIsRefused(long address) {
            assertEquals(-1, memory.pin(address));
            assertEquals(0, memory.pinnedPages());
        }

        @Test
        void takenBackTooOftenIsADefectOfTheCaller() {
            assertThrows(IllegalStateException.class, () -> memory.unpin(0x2000));
        }

        @Test
        void twoGuestsHaveDifferentHostAddresses() {
            KvmGuest other = new KvmGuest(machine.platform());
            assertTrue(memory.pin(0x2000) != other.memory().pin(0x2000));
            assertTrue(interrupts.gisaAddress() != other.interrupts().gisaAddress());
        }
    }

    @Nested
    class AProtectedGuest {
        @Test
        void isReachedOnlyOnPagesThatItShares() {
            assertTrue(memory.isReachable(0x2000));
            memory.protect(address -> address >= 0x3000);
            assertTrue(memory.isProtected());
            assertFalse(memory.isReachable(0x2000));
            assertTrue(memory.isReachable(0x3000));
            assertFalse(memory.isReachable(0x1_0000));
        }
    }
}
