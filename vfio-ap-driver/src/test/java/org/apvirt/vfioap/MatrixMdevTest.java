// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.apvirt.vfioap.TestSystem.U3;
import static org.junit.jupiter.api.Assertions.assertEquals;

class MatrixMdevTest {
    private TestSystem system;
    private String mdev;

    @BeforeEach
    void anEmptyMdevOnAHostThatGaveItsQueuesAway() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_6_12);
        mdev = system.create(U1);
    }

    @Nested
    class AnyNumber {
        @ParameterizedTest
        @ValueSource(strings = {"assign_adapter", "unassign_adapter", "assign_domain", "unassign_domain",
                "assign_control_domain", "unassign_control_domain"})
        void inAWrongFormIsRefusedAndChangesNothing(String file) throws ErrnoException {
            for (String text : List.of("08", "0x", "x4", "-1", " 4", "4 ", "4,5", "\n", "4\n\n", "0b1")) {
                assertEquals(Errno.EINVAL, system.refusal(mdev + file, text), text);
            }
            assertEquals(Errno.ERANGE, system.refusal(mdev + file, "18446744073709551616"));
            assertEquals(Errno.ENODEV, system.refusal(mdev + file, "256"));
            assertEquals(Errno.ENODEV, system.refusal(mdev + file, "18446744073709551615"));
            system.expect(mdev + "ap_config", ApMatrix.NONE.configText());
        }

        @ParameterizedTest
        @CsvSource({"assign_adapter,05.", "assign_domain,.0005"})
        void mayBeWrittenInCNotation(String file, String line) throws ErrnoException {
            system.write(mdev + file, "0x5\n");
            system.expect(mdev + "matrix", line + '\n');
        }
    }

    @Nested
    class AssigningAnAdapter {
        @Test
        void linksItsQueuesForTheGuest() throws ErrnoException {
            system.write(mdev + "assign_domain", "4");
            system.write(mdev + "assign_adapter", "5");
            system.expect(mdev + "matrix", "05.0004\n");
            system.expect(mdev + "guest_matrix", "05.0004\n");
            system.expect("devices/ap/card05/05.0004/status", "assigned\n");
            system.expect("devices/ap/card05/05.0047/status", "unassigned\n");
        }

        @Test
        void aboveTheHighestApidIsEnodev() throws ErrnoException {
            TestSystem small = new TestSystem(TestLevel.LINUX_6_12,
                    it -> it.na(20).nd(84).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                            .usageDomains(ApMask.of(4)));
            String path = small.create(U1);
            assertEquals(Errno.ENODEV, small.refusal(path + "assign_adapter", "21"));
            small.write(path + "assign_adapter", "20");
            assertEquals(Errno.ENODEV, small.refusal(path + "assign_domain", "85"));
            small.write(path + "assign_control_domain", "84");
        }

        @Test
        void withAnApqnThatTheHostReservesIsEaddrnotavail() throws ErrnoException {
            system.write(mdev + "assign_domain", "4");
            assertEquals(Errno.EADDRNOTAVAIL, system.refusal(mdev + "assign_adapter", "9"));
            system.expect(mdev + "matrix", ".0004\n");
        }

        @Test
        void reservedButWithoutDomainsIsAccepted() throws ErrnoException {
            system.write(mdev + "assign_adapter", "9");
            system.expect(mdev + "matrix", "09.\n");
        }

        @Test
        void ownedByAnotherMdevIsEaddrinuseAndLeavesTheMatrixUnchanged() throws ErrnoException {
            system.create(U2, "5 6", "4 0x47");
            system.write(mdev + "assign_domain", "4");
            system.write(mdev + "assign_domain", "0xab");
            system.forget();
            assertEquals(Errno.EADDRINUSE, system.refusal(mdev + "assign_adapter", "5"));
            system.expect(mdev + "matrix", ".0004\n.00ab\n");
            assertEquals(List.of("vfio_ap_mdev " + U1
                    + ": Userspace may not assign queue 05.0004 to mdev: already assigned to " + U2), system.log);
        }

        @Test
        void namesTheNewestOwnerFirst() throws ErrnoException {
            system.create(U2, "5", "4");
            system.create(U3, "6", "4");
            system.write(mdev + "assign_domain", "4");
            system.forget();
            assertEquals(Errno.EADDRINUSE, system.refusal(mdev + "ap_config", "0x06,0x08,0"));
            assertEquals(List.of("vfio_ap_mdev " + U1
                    + ": Userspace may not assign queue 06.0004 to mdev: already assigned to " + U3), system.log);
        }

        @Test
        void thatIsAssignedSucceedsWhateverElseIsWrong() throws ErrnoException {
            system.write(mdev + "assign_adapter", "9");
            system.write(mdev + "assign_adapter", "9");
            system.expect(mdev + "matrix", "09.\n");
        }

        @Test
        void withAQueueBoundElsewhereLeavesTheAdapterOutOfTheGuest() throws ErrnoException {
            system.write("bus/ap/drivers/vfio_ap/unbind", "06.00ab");
            system.create(U2, "5 6", "4 0xab");
            system.expect(TestSystem.MATRIX + U2 + "/matrix", "05.0004\n05.00ab\n06.0004\n06.00ab\n");
            system.expect(TestSystem.MATRIX + U2 + "/guest_matrix", "05.0004\n05.00ab\n");
        }
    }

    @Nested
    class Unassigning {
        @Test
        void whatIsNotAssignedSucceeds() throws ErrnoException {
            system.write(mdev + "unassign_adapter", "7");
            system.write(mdev + "unassign_domain", "7");
            system.write(mdev + "unassign_control_domain", "7");
        }

        @Test
        void anAdapterResetsTheQueuesThatTheGuestWouldHaveHadInDomainOrder() throws ErrnoException {
            system.create(U2, "5 6", "4 0x47");
            system.forget();
            system.write(TestSystem.MATRIX + U2 + "/unassign_adapter", "6");
            assertEquals(List.of("ZAPQ 06.0004", "ZAPQ 06.0047"), system.instructions);
            system.expect("devices/ap/card06/06.0004/status", "unassigned\n");
        }

        @Test
        void theDomainThatFilteredAnAdapterDoesNotBringItBackUntilTheNextFilterRun() throws ErrnoException {
            system.write("bus/ap/drivers/vfio_ap/unbind", "06.00ab");
            String path = system.create(U2, "5 6", "4 0xab");
            system.write(path + "unassign_domain", "0xab");
            system.expect(path + "guest_matrix", "05.0004\n");
            system.write(path + "assign_domain", "0x47");
            system.expect(path + "guest_matrix", "05.0004\n05.0047\n06.0004\n06.0047\n");
        }

        @Test
        void freesTheQueuesForOthers() throws ErrnoException {
            String path = system.create(U2, "5", "4");
            system.write(mdev + "assign_domain", "4");
            assertEquals(Errno.EADDRINUSE, system.refusal(mdev + "assign_adapter", "5"));
            system.write(path + "unassign_domain", "4");
            system.write(mdev + "assign_adapter", "5");
            system.expect(mdev + "guest_matrix", "05.0004\n");
        }
    }

    @Nested
    class ControlDomains {
        @Test
        void mayBeSharedByMdevs() throws ErrnoException {
            String other = system.create(U2);
            system.write(mdev + "assign_control_domain", "4");
            system.write(other + "assign_control_domain", "4");
            system.expect(mdev + "control_domains", "0004\n");
            system.expect(other + "control_domains", "0004\n");
        }
    }

    @Nested
    class WritingApConfig {
        @Test
        void replacesTheWholeMatrix() throws ErrnoException {
            system.write(mdev + "assign_adapter", "6");
            system.write(mdev + "ap_config", "0x04,0x08,0x08");
            system.expect(mdev + "matrix", "05.0004\n");
            system.expect(mdev + "guest_matrix", "05.0004\n");
            system.expect(mdev + "control_domains", "0004\n");
        }

        @Test
        void resetsRemovedAdaptersThenRemovedDomains() throws ErrnoException {
            String path = system.create(U2, "5 6", "4 0x47");
            system.forget();
            system.write(path + "ap_config", "0x04,0x08,0");
            assertEquals(List.of("ZAPQ 06.0004", "ZAPQ 06.0047", "ZAPQ 05.0047"), system.instructions);
        }

        @Test
        void checksReservationBeforeLimits() throws ErrnoException {
            TestSystem small = new TestSystem(TestLevel.LINUX_6_12,
                    it -> it.na(20).nd(84).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                            .usageDomains(ApMask.of(4)));
            String path = small.create(U1);
            String tooHigh = "0".repeat(63) + "1,";
            assertEquals(Errno.EADDRNOTAVAIL, small.refusal(path + "ap_config", tooHigh + "0x08,0"));
            assertEquals(Errno.ENODEV, small.refusal(path + "ap_config", tooHigh + "0,0"));
            small.expect(path + "matrix", "");
        }
    }

    @Nested
    class GrowingTheHostsMasks {
        @Test
        void overAnAssignedApqnIsEbusyAndTheLogNamesTheMdev() throws ErrnoException {
            system.create(U2, "5", "4 0x47");
            system.forget();
            assertEquals(Errno.EBUSY, system.refusal("bus/ap/apmask", "+5"));
            assertEquals(List.of(
                    "vfio_ap_mdev " + U2 + ": Can not reserve queue 05.0004 for host driver: in use by mdev",
                    "vfio_ap_mdev " + U2 + ": Can not reserve queue 05.0047 for host driver: in use by mdev"),
                    system.log);
        }

        /** The mask was right when it was written; what it waited for has made it wrong. */
        @ParameterizedTest
        @CsvSource({"bus/ap/apmask, +5, assign_adapter, 5", "bus/ap/aqmask, +4, assign_domain, 4"})
        void whileAnAssignmentIsUnderWayWaitsForItAndIsThenEbusy(String mask, String text, String file, String id)
                throws Exception {
            String path = system.create(U2);
            system.write(path + "assign_adapter", "5");
            system.write(path + "assign_domain", "4");
            system.write(path + (file.endsWith("adapter") ? "unassign_adapter" : "unassign_domain"), id);
            system.write("bus/ap/apmask", mask.endsWith("aqmask") ? "+5" : "+6");
            system.write("bus/ap/aqmask", mask.endsWith("aqmask") ? "-4" : "+4");
            String before = system.read(mask);
            ReentrantLock held = system.bus.permissions().lock();
            FutureTask<Errno> writer = new FutureTask<>(() -> system.refusal(mask, text));
            held.lock();
            try {
                Thread.ofPlatform().start(writer);
                while (!held.hasQueuedThreads()) {
                    Thread.onSpinWait();
                }
                system.write(path + file, id);
            } finally {
                held.unlock();
            }
            assertEquals(Errno.EBUSY, writer.get());
            assertEquals(before, system.read(mask));
        }

        @Test
        void overAnUnassignedAdapterIsAccepted() throws ErrnoException {
            system.create(U2, "5", "4");
            system.write("bus/ap/apmask", "+6");
            assertEquals("cex4queue", system.bus.device("06.0004").driver().name());
        }
    }

    @Nested
    class AHostWithoutQci {
        @Test
        void passesNothingToAnyGuest() throws ErrnoException {
            TestSystem old = new TestSystem(TestLevel.LINUX_6_12,
                    it -> it.facilities(org.apvirt.arch.Facilities.of(org.apvirt.arch.Facilities.APFT))
                            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)));
            old.write("bus/ap/apmask", "-5");
            String path = old.create(U1, "5", "4");
            old.expect(path + "matrix", "05.0004\n");
            old.expect(path + "guest_matrix", "");
            old.expect("devices/ap/card05/05.0004/status", "assigned\n");
        }
    }

    @Nested
    class WhatIsTakenBack {
        private static final String STATUS = "devices/ap/card05/05.0004/status";

        @Test
        void ofControlDomainsIsNoMoreShown() throws ErrnoException {
            TestSystem reserved = TestSystem.reserved(TestLevel.LINUX_6_12);
            String path = reserved.create(TestSystem.U1);
            reserved.write(path + "assign_control_domain", "4");
            reserved.write(path + "assign_control_domain", "0x47");
            reserved.write(path + "unassign_control_domain", "4");
            reserved.expect(path + "control_domains", "0047\n");
        }

        @Test
        void byAWholeConfigurationChangesTheStateOfEachQueue() throws ErrnoException {
            TestSystem reserved = TestSystem.reserved(TestLevel.LINUX_7_2);
            String path = reserved.create(TestSystem.U1);
            for (String first : new String[]{"0x04,0,0", "0,0x08,0"}) { // an adapter first, a domain first
                reserved.write(path + "ap_config", first);
                reserved.expect(STATUS, "unassigned\n");
                reserved.write(path + "ap_config", "0x04,0x08,0");
                reserved.expect(STATUS, "assigned\n");
                assertEquals(ApMask.of(5), reserved.module.mdev(TestSystem.U1).assigned().apm());
            }
            reserved.write(path + "ap_config", "0,0,0");
            reserved.expect(STATUS, "unassigned\n");
        }

        @Test
        void withTheDeviceIsFreeForAnother() throws ErrnoException {
            TestSystem reserved = TestSystem.reserved(TestLevel.LINUX_6_12);
            reserved.create(TestSystem.U1, "5", "4");
            reserved.write(TestSystem.MATRIX + TestSystem.U1 + "/remove", "1");
            reserved.expect(STATUS, "unassigned\n");
            String second = reserved.create(TestSystem.U2, "5", "4");
            reserved.expect(second + "guest_matrix", "05.0004\n");
            assertEquals(Errno.EBUSY, reserved.refusal("bus/ap/apmask", "+5"));
            reserved.write(second + "remove", "1");
            reserved.write("bus/ap/apmask", "+5");
        }
    }
}
