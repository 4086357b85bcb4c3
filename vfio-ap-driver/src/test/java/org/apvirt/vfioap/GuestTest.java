// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GuestTest extends FourQueuesFixture {
    @Nested
    class Opening {
        @Test
        void givesTheGuestItsMasks() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                assertEquals(List.of("set [5, 6] [4, 47] [4]"), system.masks);
                assertEquals(ApMask.of(5, 6), guest.vm.guest().crycb().apcb1().apm());
                assertEquals(0, guest.tapq(5, 0x47));
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 0xab));
                system.expect("devices/ap/card05/05.0004/status", "in use\n");
            }
        }

        @Test
        void withoutAVirtualMachineIsEinval() throws ErrnoException {
            var group = (org.apvirt.vfio.VfioGroupFile) system.open("vfio/0");
            var container = (org.apvirt.vfio.VfioContainer) system.open("vfio/vfio");
            group.setContainer(container);
            container.setIommu(1);
            assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> group.device(U1)).errno());
            assertEquals(Errno.ENODEV, assertThrows(ErrnoException.class, () -> group.device(U2)).errno());
        }

        @Test
        void aSecondMdevForOneGuestIsEperm() throws ErrnoException {
            system.create(U2, "5", "0xab");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                var group = (org.apvirt.vfio.VfioGroupFile) system.open("vfio/1");
                var container = (org.apvirt.vfio.VfioContainer) system.open("vfio/vfio");
                group.setContainer(container);
                container.setIommu(1);
                guest.vfio.add(group);
                assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, () -> group.device(U2)).errno());
                assertEquals(0, guest.tapq(5, 4));
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 0xab));
            }
        }

        @Test
        void theSameDeviceTwiceClosesWithTheLastFile() throws ErrnoException {
            RunningGuest guest = new RunningGuest(system, U1);
            var second = guest.group.device(U1);
            system.forget();
            guest.close();
            assertEquals(List.of(), system.masks);
            second.close();
            assertEquals(List.of("clear"), system.masks);
        }

        @Test
        void theGroupAgainIsEbusyUntilTheDeviceIsClosedToo() throws ErrnoException {
            RunningGuest guest = new RunningGuest(system, U1);
            guest.group.close();
            assertEquals(Errno.EBUSY, assertThrows(ErrnoException.class, () -> system.open("vfio/0")).errno());
            guest.device.close();
            guest.vfio.close();
            system.open("vfio/0").close();
        }
    }

    @Nested
    class Closing {
        @Test
        void clearsTheMasksAndResetsAllQueuesInTableOrder() throws ErrnoException {
            RunningGuest guest = new RunningGuest(system, U1);
            system.forget();
            guest.close();
            assertEquals(List.of("clear"), system.masks);
            assertEquals(List.of("ZAPQ 05.0047", "ZAPQ 06.0004", "ZAPQ 05.0004", "ZAPQ 06.0047"),
                    system.instructions);
            system.expect(mdev + "guest_matrix", "05.0004\n05.0047\n06.0004\n06.0047\n");
            system.expect("devices/ap/card05/05.0004/status", "assigned\n");
        }
    }

    @Nested
    class WhileTheGuestRuns {
        @Test
        void assigningPlugsAndUnassigningUnplugs() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.write(mdev + "unassign_domain", "4");
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 4));
                assertEquals(List.of("ZAPQ 05.0004", "ZAPQ 06.0004"), system.instructions);
                system.write(mdev + "assign_domain", "0xab");
                assertEquals(0, guest.tapq(6, 0xab));
                assertEquals(List.of("set [5, 6] [47] [4]", "set [5, 6] [47, ab] [4]"), system.masks);
            }
        }

        @Test
        void aControlDomainThatTheHostLacksSendsNothing() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.write(mdev + "assign_control_domain", "0x51");
                assertEquals(List.of(), system.masks);
                system.write(mdev + "assign_control_domain", "0xab");
                assertEquals(List.of("set [5, 6] [4, 47] [4, ab]"), system.masks);
            }
        }

        @Test
        void unbindingOneQueueTakesTheWholeAdapterAndBindingGivesItBack() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.write("bus/ap/drivers/vfio_ap/unbind", "05.0004");
                assertEquals(List.of("ZAPQ 05.0004", "ZAPQ 05.0047", "ZAPQ 05.0004"), system.instructions);
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 0x47));
                system.write("bus/ap/drivers/vfio_ap/bind", "05.0004");
                assertEquals(0, guest.tapq(5, 0x47));
                assertEquals(List.of("set [6] [4, 47] [4]", "set [5, 6] [4, 47] [4]"), system.masks);
            }
        }

        /** A domain that only one of its adapters has with vfio_ap costs the guest the other adapter. */
        @Test
        void whatFilteringTakesFromTheGuestIsReset() throws ErrnoException {
            system.write("bus/ap/drivers/vfio_ap/unbind", "05.00ab");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.write(mdev + "assign_domain", "0xab");
                assertEquals(List.of("set [6] [4, 47, ab] [4]"), system.masks);
                assertEquals(List.of("ZAPQ 05.0004", "ZAPQ 05.0047"), system.instructions);
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 4));
            }
        }

        @Test
        void unassigningAControlDomainThatTheGuestHasNotChangesNothing() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.write(mdev + "assign_control_domain", "0x47");
                system.forget();
                system.write(mdev + "unassign_control_domain", "0x47");
                assertEquals(List.of("set [5, 6] [4, 47] [4]"), system.masks);
                system.write(mdev + "unassign_control_domain", "0x47");
                assertEquals(1, system.masks.size());
                assertEquals(0, guest.tapq(5, 4));
            }
        }

        @Test
        void anAdapterThatTheHostLosesGoesAndComesBackOnceAtTheEndOfTheScan() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.removeAdapter(6);
                system.bus.scan();
                assertEquals(List.of("set [5] [4, 47] [4]"), system.masks);
                system.machine.addAdapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR));
                system.bus.scan();
                assertEquals(List.of("set [5] [4, 47] [4]", "set [5, 6] [4, 47] [4]"), system.masks);
                assertEquals(0, guest.tapq(6, 4));
            }
        }

        @Test
        void losingTheLastAdapterLeavesTheOldMasksInTheCrycbAsTheKernelDoes() throws ErrnoException {
            system.write(mdev + "unassign_adapter", "6");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.removeAdapter(5);
                system.bus.scan();
                assertEquals(List.of(), system.masks);
                system.expect(mdev + "guest_matrix", ".0004\n.0047\n");
                assertTrue(guest.vm.guest().crycb().apcb1().apm().contains(5), "the kernel's defect");
                assertEquals(NOT_AVAILABLE, guest.tapq(5, 4), "the machine has no such queue");
            }
        }

        @Test
        void losingTheLastAdaptersOrDomainsReachesTheGuestInLinux72() throws ErrnoException {
            start(TestLevel.LINUX_7_2);
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.setUsageDomains(ApMask.of(0xab, 0xff));
                system.bus.scan();
                assertEquals(List.of("set [5, 6] [] []"), system.masks);
                system.machine.removeAdapter(5);
                system.machine.removeAdapter(6);
                system.bus.scan();
                assertEquals(List.of("set [5, 6] [] []", "set [] [] []"), system.masks);
                assertEquals(ApMask.NONE, guest.vm.guest().crycb().apcb1().apm());
            }
        }

        @Test
        void controlDomainsThatTheHostLosesStayAssignedOnesInLinux612() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.setControlDomains(ApMask.of(0x47));
                system.bus.scan();
                assertEquals(List.of("set [5, 6] [4, 47] [4]"), system.masks);
            }
        }

        @Test
        void controlDomainsThatTheHostLosesGoInLinux72() throws ErrnoException {
            start(TestLevel.LINUX_7_2);
            system.write(mdev + "assign_control_domain", "0x47");
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.setControlDomains(ApMask.of(0x47));
                system.bus.scan();
                assertEquals(List.of("set [5, 6] [4, 47] [47]"), system.masks);
            }
        }

        @Test
        void aDeconfiguredAdapterStays() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                system.forget();
                system.machine.adapter(6).change(spec -> spec.configured(false));
                system.bus.scan();
                assertEquals(List.of(), system.masks);
                system.expect("devices/ap/card06/06.0004/status", "in use\n");
                assertEquals(3, guest.tapq(6, 4));
            }
        }
    }

    @Nested
    class Resetting {
        @Test
        void aDeconfiguredQueueIsEio() throws ErrnoException {
            try (RunningGuest guest = new RunningGuest(system, U1)) {
                guest.device.reset();
                system.machine.adapter(6).change(spec -> spec.configured(false));
                assertEquals(Errno.EIO, assertThrows(ErrnoException.class, guest.device::reset).errno());
            }
        }
    }

    @Test
    void theQueueOfARunningGuestIsUnreachableForEveryoneElse() throws ErrnoException {
        system.create(U2, "5", "0xab");
        try (RunningGuest first = new RunningGuest(system, U1);
                RunningGuest second = new RunningGuest(system, U2, system.kvm.createVm(2, 10))) {
            for (int apid = 0; apid < 8; apid++) {
                for (int apqi = 0; apqi < 256; apqi++) {
                    int reached = (first.tapq(apid, apqi) == 0 ? 1 : 0) + (second.tapq(apid, apqi) == 0 ? 1 : 0);
                    assertTrue(reached <= 1, new Apqn(apid, apqi).toString());
                }
            }
            assertEquals(0, second.tapq(5, 0xab));
            assertEquals(NOT_AVAILABLE, first.tapq(5, 0xab));
        }
    }
}
