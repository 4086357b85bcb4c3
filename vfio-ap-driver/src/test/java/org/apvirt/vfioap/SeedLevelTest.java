// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class SeedLevelTest {
    private static final int NOT_AVAILABLE = 1;

    private TestSystem system;
    private String mdev;

    @BeforeEach
    void anMdevOnHandBoundQueues() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.SEED);
        mdev = system.create(U1, "5 6", "4 0x47");
        system.forget();
    }

    @Test
    void theMdevDriverIsCalledVfioMdev() {
        assertEquals("vfio_mdev", system.mdevModule.bus().device(U1).driver().name());
    }

    @Test
    void masksDoNotReserveSoAssigningNeedsNone() throws ErrnoException {
        system.expect("bus/ap/apmask", "0x" + "f".repeat(64) + '\n');
        system.expect(mdev + "guest_matrix", "05.0004\n05.0047\n06.0004\n06.0047\n");
    }

    @Test
    void aQueueThatIsNotBoundToVfioApKeepsItsAdapterOut() throws ErrnoException {
        system.write("bus/ap/drivers/vfio_ap/unbind", "06.0047");
        system.write("bus/ap/drivers/cex4queue/bind", "06.0047");
        system.expect(mdev + "guest_matrix", "05.0004\n05.0047\n");
    }

    @Nested
    class ControlDomains {
        @Test
        void includeTheUsageDomains() throws ErrnoException {
            system.write(mdev + "assign_control_domain", "0xab");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                assertEquals(List.of("set [5, 6] [4, 47] [4, 47, ab]"), system.masks);
            }
            system.expect(mdev + "control_domains", "00ab\n");
        }

        @Test
        void ofAnUnassignedUsageDomainGoWithIt() throws ErrnoException {
            system.write(mdev + "unassign_domain", "4");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                assertEquals(List.of("set [5, 6] [47] [47]"), system.masks);
            }
        }

        @Test
        void stayImpliedWhenTheExplicitAssignmentGoes() throws ErrnoException {
            system.write(mdev + "assign_control_domain", "4");
            system.write(mdev + "unassign_control_domain", "4");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                assertEquals(List.of("set [5, 6] [4, 47] [4, 47]"), system.masks);
            }
        }
    }

    @Nested
    class ChangesWhileTheGuestRuns {
        @Test
        void takeEffectAtTheNextStart() throws ErrnoException {
            RunningGuest guest = new RunningGuest(system, U1);
            system.forget();
            system.write(mdev + "unassign_adapter", "6");
            system.write(mdev + "assign_domain", "0xab");
            system.write(mdev + "assign_control_domain", "0xff");
            assertEquals(List.of(), system.masks);
            assertEquals(0, guest.tapq(6, 4));
            assertEquals(NOT_AVAILABLE, guest.tapq(5, 0xab));
            system.expect(mdev + "matrix", "05.0004\n05.0047\n05.00ab\n");
            system.expect(mdev + "guest_matrix", "05.0004\n05.0047\n06.0004\n06.0047\n");
            system.expect("devices/ap/card06/06.0004/status", "in use\n");
            guest.close();
            system.expect("devices/ap/card06/06.0004/status", "unassigned\n");
            system.forget();
            try (RunningGuest next = new RunningGuest(system, U1)) {
                assertEquals(List.of("set [5] [4, 47, ab] [4, 47, ab, ff]"), system.masks);
            }
        }

        @Test
        void leaveWhatTheGuestStillHasClosedToOthers() throws ErrnoException {
            String other = system.create(U2);
            RunningGuest guest = new RunningGuest(system, U1);
            system.write(mdev + "unassign_adapter", "6");
            system.write(other + "assign_adapter", "6");
            system.forget();
            assertEquals(Errno.EADDRINUSE, system.refusal(other + "assign_domain", "4"));
            assertEquals(List.of("vfio_mdev " + U2
                    + ": Userspace may not assign queue 06.0004 to mdev: already assigned to " + U1), system.log);
            guest.close();
            system.write(other + "assign_domain", "4");
            system.expect(other + "guest_matrix", "06.0004\n");
        }

        @Test
        void ofAQueueThatTheGuestLostLeaveItWhollyToItsNextOwner() throws ErrnoException {
            String other = system.create(U2);
            RunningGuest guest = new RunningGuest(system, U1);
            system.write("bus/ap/drivers/vfio_ap/unbind", "06.0004"); // the guest loses adapter 6
            system.write("bus/ap/drivers/vfio_ap/bind", "06.0004"); // which waits for its next start
            system.write(mdev + "unassign_adapter", "6");
            system.write(other + "assign_adapter", "6");
            system.write(other + "assign_domain", "4");
            guest.close();
            try (RunningGuest next = new RunningGuest(system, U2)) {
                system.forget();
                system.write("bus/ap/drivers/vfio_ap/unbind", "06.0004");
                assertEquals(List.of("set [] [4] [4]"), system.masks);
            }
        }

        @Test
        void areAllResetWhenTheGuestEnds() throws ErrnoException {
            RunningGuest guest = new RunningGuest(system, U1);
            system.write(mdev + "unassign_adapter", "6");
            system.forget();
            guest.close();
            assertEquals(List.of("ZAPQ 05.0047", "ZAPQ 06.0004", "ZAPQ 05.0004", "ZAPQ 06.0047"),
                    system.instructions);
        }

        @Test
        void throughApConfigWaitToo() throws ErrnoException {
            RunningGuest guest = new RunningGuest(system, U1);
            system.forget();
            system.write(mdev + "ap_config", "0x04,0x0000000000000000,0");
            assertEquals(0, guest.tapq(6, 0x47));
            guest.close();
            system.expect(mdev + "guest_matrix", "05.\n");
            try (UpdateLocks held = system.module.matrixDevice().lockGuests()) {
                assertNull(system.module.mdev(U1).guest(held));
            }
        }
    }

    @Nested
    class OwnershipThatIsLostWhileTheGuestRuns {
        @Test
        void goesAtOnceWhenAQueueIsUnbound() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.write("bus/ap/drivers/vfio_ap/unbind", "05.0004");
                assertEquals(List.of("set [6] [4, 47] [4, 47]"), system.masks);
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 0x47));
            }
        }

        @Test
        void freesTheQueuesThatWereUnassignedMeanwhileForGood() throws ErrnoException {
            String other = system.create(U2);
            RunningGuest guest = new RunningGuest(system, U1);
            system.write(mdev + "unassign_adapter", "5");
            system.write("bus/ap/drivers/vfio_ap/unbind", "05.0004"); // the guest loses adapter 5
            system.write(other + "ap_config", "0x04," + "0".repeat(17) + "1,0"); // 05.0047
            try (RunningGuest second = new RunningGuest(system, U2, system.kvm.createVm(2, 10))) {
                system.forget();
                guest.close();
                assertEquals(List.of("ZAPQ 06.0004", "ZAPQ 06.0047"), system.instructions);
                assertEquals(0, second.tapq(5, 0x47));
                system.write("bus/ap/drivers/vfio_ap/unbind", "05.0047");
                assertEquals(NOT_AVAILABLE, second.tapq(5, 0x47));
            }
        }

        @Test
        void goesAtOnceEvenWhenItIsTheLastAdapter() throws ErrnoException {
            system.write(mdev + "unassign_adapter", "6");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.removeAdapter(5);
                system.bus.scan();
                assertEquals(List.of("set [] [4, 47] [4, 47]"), system.masks);
                assertEquals(ApMask.NONE, guest.vm.guest().crycb().apcb1().apm());
            }
        }
    }
}
