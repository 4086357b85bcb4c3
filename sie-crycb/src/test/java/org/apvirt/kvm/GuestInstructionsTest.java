// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.TreeSet;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.kvm.TestGuest.SPECIFICATION;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GuestInstructionsTest {
    private static final long UNTOUCHED = 0x5555_6666_7777_8888L;

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = TestGuest.machine(time).build();

    private static ApConfigInfo configInfo(TestGuest guest) {
        assertEquals(0, guest.pqap(0x0400_0000, UNTOUCHED, 0x1000));
        assertEquals(UNTOUCHED, guest.regs.gr(1)); // GR1 is no status here
        return ApConfigInfo.load(guest.storage.array(), 0x1000);
    }

    @Nested
    class ClausesOfTheDocument {
        /** S30: the valid APQNs of a guest are the cross product of its APM and AQM. */
        @Test
        void s30TapqAnswersForTheCrossProductAndNothingElse() {
            TestGuest guest = TestGuest.with(machine, ApMask.of(1, 2), ApMask.of(5, 6), ApMask.NONE);
            Set<Integer> available = new TreeSet<>();
            for (int qid = 0; qid <= 0xffff; qid++) {
                if (guest.pqap(qid, 0, UNTOUCHED) == 0) {
                    available.add(qid);
                } else {
                    assertEquals(0x0001_0000, guest.regs.low(1));
                    assertEquals(UNTOUCHED, guest.regs.gr(2));
                }
            }
            assertEquals(Set.of(0x0105, 0x0106, 0x0205, 0x0206), available);
        }

        /**
         * S28: the ADM tells for which domains other than the queue's own a message of the guest may be. A nested guest
         * needs them at each level. Domain 200 is in the machine's ADM, in the guest's and in the nested guest's, 5 is
         * missing in the nested guest's, 4 in both.
         */
        @ParameterizedTest(name = "level {0}, domain {1}: reply code {2}")
        @CsvSource({"1,200,00", "1,5,00", "1,4,8b", "1,6,00", "2,200,00", "2,5,8b", "2,4,8b", "2,6,00"})
        void s28TheAdmDecidesWhichDomainsAMessageMayBeFor(int level, int domain, String replyCode) {
            TestGuest guest = TestGuest.with(machine, ApMask.of(1), ApMask.of(6), ApMask.of(5, 200));
            TestGuest nested = guest.nested(ApMask.of(1), ApMask.of(6), ApMask.of(200));
            assertEquals(replyCode, (level == 1 ? guest : nested).replyCodeOfARequestFor(domain));
        }

        /** S31: NQAP and DQAP name a queue as PQAP does, and reach it only if it is valid for the guest. */
        @Test
        void s31NqapAndDqapReachTheGuestsQueuesOnly() {
            TestGuest guest = TestGuest.with(machine, ApMask.of(1), ApMask.of(5), ApMask.NONE);
            assertEquals(0, guest.nqap(0x4000_0105L, 0, 64));
            assertEquals(1, machine.adapter(1).queue(5).replies());
            assertEquals(3, guest.nqap(0x4000_0106L, 0, 64));
            assertEquals(0x0001_0000, guest.regs.low(1));
            assertEquals(0, machine.adapter(1).queue(6).replies());
            assertEquals(3, guest.dqap(0x8000_0206L, 0, 64));
            assertEquals(0x0001_0000, guest.regs.low(1));
        }

        /** S31: a reply comes back through the same queue. */
        @Test
        void s31DqapReceivesTheReplyWithItsPsmid() {
            TestGuest guest = TestGuest.with(machine, ApMask.of(1), ApMask.of(5), ApMask.NONE);
            guest.regs.gr(2, 0x1122_3344);
            guest.regs.gr(3, 0x5566_7788);
            assertEquals(0, guest.nqap(0x4000_0105L, 0, 64));
            assertEquals(0, guest.dqap(0x8000_0105L, 0x100, 0x400));
            assertEquals(0x1122_3344, guest.regs.gr(4));
            assertEquals(0x5566_7788, guest.regs.gr(5));
        }
    }

    @Nested
    class QueryingTheConfiguration {
        @Test
        void givesTheMasksOfTheCrycbAndTheFlagsOfTheMachine() {
            TestGuest guest = TestGuest.with(machine, ApMask.of(1, 2, 70), ApMask.of(5, 71), ApMask.of(4, 200));
            ApConfigInfo info = configInfo(guest);
            assertEquals(ApMask.of(1, 2, 70), info.apm());
            assertEquals(ApMask.of(5, 71), info.aqm());
            assertEquals(ApMask.of(4, 200), info.adm());
            assertEquals(0xc000_0000, info.flags());
            assertEquals(255, info.na());
            assertEquals(255, info.nd());
        }

        @Test
        void leavesOutWhatTheMachineDoesNotHave() {
            TestGuest guest = TestGuest.with(machine, ApMask.ALL, ApMask.ALL, ApMask.ALL);
            ApConfigInfo info = configInfo(guest);
            assertEquals(ApMask.of(1, 2, 5, 70), info.apm());
            assertEquals(ApMask.of(4, 5, 6, 7, 15, 71), info.aqm());
            assertEquals(ApMask.of(4, 5, 200), info.adm());
        }

        @Test
        void ignoresTheApqn() {
            TestGuest guest = TestGuest.standard();
            assertEquals(0, guest.pqap(0x0400_ffff, 0, 0x1000));
        }

        @Test
        void outsideStorageIsAnAddressingExceptionAndStoresNothing() {
            TestGuest guest = TestGuest.standard();
            assertEquals(0x1_0005, guest.pqap(0x0400_0000, 0, 0xffc0));
            assertArrayEquals(new byte[0x1_0000], guest.storage.array());
        }
    }

    @Nested
    class WithoutApxa {
        private final TestGuest guest = TestGuest.with(TestGuest.withoutApxa(), ApMask.of(1, 2), ApMask.of(5, 15),
                ApMask.of(4));

        @ParameterizedTest(name = "GR0 {0}")
        @ValueSource(longs = {0x0000_4105, 0x0000_8105, 0x0000_0115, 0x0000_0185, 0x0100_4105, 0x0300_4105})
        void adaptersAbove63AndDomainsAbove15AreASpecificationException(long gr0) {
            assertEquals(SPECIFICATION, guest.pqap(gr0, 0, 0));
        }

        @Test
        void messagesToThemAreToo() {
            assertEquals(SPECIFICATION, guest.nqap(0x4000_4105L, 0, 32));
            assertEquals(SPECIFICATION, guest.dqap(0x8000_0115L, 0, 32));
        }

        @Test
        void theOthersAreReached() {
            assertEquals(0, guest.pqap(0x010f, 0, 0));
        }
    }

    /** A host with APXA whose guests have no facility 76: the guest's block has format 0. */
    @Nested
    class OfAnApxaMachineWithANarrowCrycb {
        private final SimulatedMachine noMsa3 = TestGuest.machine(time).facilities(Facilities.of(12, 15, 65)).build();
        private final TestGuest guest = TestGuest.with(noMsa3, ApMask.ALL, ApMask.ALL, ApMask.ALL);

        @Test
        void qciTellsNeitherApxaNorTheIdsThatNeedIt() {
            ApConfigInfo info = configInfo(guest);
            assertEquals(0x8000_0000, info.flags());
            assertEquals(0, info.na());
            assertEquals(0, info.nd());
            assertEquals(ApMask.of(1, 2, 5), info.apm());
            assertEquals(ApMask.of(4, 5, 6, 7, 15), info.aqm());
            assertEquals(ApMask.of(4, 5), info.adm());
        }

        @Test
        void tapqTellsNeitherApxaNorADomainAbove15() {
            assertEquals(0, guest.pqap(0x0080_0104, 0, 0));
            assertEquals(0xf000_0000_0b0f_0007L, guest.regs.gr(2));
        }
    }

    @Nested
    class TheCrycbBytes {
        @Test
        void countAtEachInstruction() {
            TestGuest guest = TestGuest.standard();
            assertEquals(0, guest.pqap(0x0104, 0, 0));
            guest.guest.crycb().apcb1().masks(ApMask.of(1), ApMask.of(5), ApMask.NONE);
            assertEquals(3, guest.pqap(0x0104, 0, 0));
            assertEquals(0, guest.pqap(0x0105, 0, 0));
        }

        @Test
        void ofTheApcbThatTheFormatDoesNotNameDoNotCount() {
            TestGuest guest = TestGuest.standard();
            guest.guest.crycb().apcb0().masks(ApMask.of(1), ApMask.of(7), ApMask.NONE);
            assertEquals(3, guest.pqap(0x0107, 0, 0));
        }
    }

    @Test
    void resetAndCompatibilityQueryReachTheMachine() {
        SimulatedMachine qact = TestGuest.machine(time).qciFlags(0xe000_0000).build();
        TestGuest guest = TestGuest.with(qact, ApMask.of(1), ApMask.of(5), ApMask.NONE);
        guest.nqap(0x4000_0105L, 0, 64);
        assertEquals(1, qact.adapter(1).queue(5).replies());
        assertEquals(0, guest.pqap(0x0200_0105, 0, 0));
        assertEquals(0, qact.adapter(1).queue(5).replies());
        assertEquals(0, guest.pqap(0x0500_0105, 0x1000_0000_0e00_0000L, 0));
        assertEquals(0x1000_0000_0b00_0000L, guest.regs.gr(2));
    }

    @Test
    void aStatusQueryAllocatesNothing() {
        TestGuest guest = TestGuest.standard();
        assertAllocatesNothing(() -> guest.pqap(0x0080_0104, 0, 0));
    }

    @Test
    void aConfigurationQueryAllocatesNothing() {
        TestGuest guest = TestGuest.standard();
        assertAllocatesNothing(() -> guest.pqap(0x0400_0000, 0, 0));
    }

    @Test
    void aShortMessageAndItsReplyAllocateNothing() {
        TestGuest guest = TestGuest.standard();
        assertAllocatesNothing(() -> {
            assertEquals(0, guest.nqap(0x4000_0104L, 0, 64));
            assertEquals(0, guest.dqap(0x8000_0104L, 0x200, 0x800));
        });
    }

    private static void assertAllocatesNothing(Runnable instruction) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().threadId();
        long least = Long.MAX_VALUE; // the first rounds load classes and compile
        for (int round = 0; round < 20; round++) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int i = 0; i < 1000; i++) {
                instruction.run();
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
        }
        assertTrue(least < 1000, least + " bytes for 1000 times"); // less than one byte each
    }
}
