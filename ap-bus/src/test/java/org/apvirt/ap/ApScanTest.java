// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class ApScanTest {
    @Nested
    class TheFirstScan {
        final TestHost host = TestHost.standard(TestLevel.LINUX_6_12);

        @Test
        void createsEachCardAndThenItsQueues() {
            assertEquals(List.of("add@/devices/ap/card05", "add@/devices/ap/card05/05.0004",
                    "add@/devices/ap/card05/05.0047", "add@/devices/ap/card05/05.00ab",
                    "add@/devices/ap/card05/05.00ff", "add@/devices/ap/card06", "add@/devices/ap/card06/06.0004",
                    "add@/devices/ap/card06/06.0047", "add@/devices/ap/card06/06.00ab",
                    "add@/devices/ap/card06/06.00ff", "change@/devices/ap"), host.uevents);
        }

        @Test
        void leavesQueuesWithoutDriverInReset() {
            host.time.advanceMillis(1000);
            assertEquals("Reset in progress.\n", host.read("/devices/ap/card05/05.0004/reset"));
            assertEquals("0\n", host.read("/devices/ap/card05/05.0004/request_count"));
        }

        @Test
        void ofAKernelWhoseDriversStartQueuesStartsNoneAgainThatNeverHadOne() {
            TestHost old = TestHost.standard(TestLevel.LINUX_6_1);
            old.settle();
            for (boolean checkstop : new boolean[]{true, false}) {
                old.machine.adapter(6).change(spec -> checkstop ? spec.checkstopped(true) : spec.configured(false));
                old.bus.scan();
                old.machine.adapter(6).change(spec -> spec.checkstopped(false).configured(true));
                old.bus.scan();
                old.time.advanceMillis(200);
                assertEquals(List.of(), old.instructions);
                assertEquals("-\n", old.read("/devices/ap/card06/06.0004/request_count"));
            }
        }

        @Test
        void choosesTheFirstDomainAsDefault() {
            assertEquals("4\n", host.read("ap_domain"));
        }
    }

    @Nested
    class AReportThatTheConfigurationChanged {
        final TestHost host = TestHost.standard(TestLevel.LINUX_6_12).withDrivers();

        @Test
        void makesTheBusScanAtOnceAndNotBeforeTheReporterGoesOn() {
            host.machine.addAdapter(AdapterSpec.of(7, 14, AdapterMode.EP11).domains(ApMask.of(4)));
            host.machine.reportConfigurationChange();
            assertNull(host.bus.card(7));

            host.time.advance(0);

            assertEquals(List.of("add@/devices/ap/card07", "bind@/devices/ap/card07", "add@/devices/ap/card07/07.0004",
                    "bind@/devices/ap/card07/07.0004", "change@/devices/ap"), host.uevents);
        }

        @Test
        void startsTheTimerOfTheScanAnew() {
            host.time.advanceMillis(29_000);
            host.machine.reportConfigurationChange();
            host.time.advance(0);
            String scans = host.read("scans");

            host.time.advanceMillis(29_000);
            assertEquals(scans, host.read("scans"));
        }

        @Test
        void thatIsNotTrueChangesNothing() {
            host.machine.reportConfigurationChange();
            host.time.advance(0);

            assertEquals(List.of(), host.uevents);
        }
    }

    @Nested
    class WithDrivers {
        final TestHost host = TestHost.standard(TestLevel.LINUX_6_12).withDrivers();

        @Test
        void bindsCardsAndQueues() {
            assertEquals("cex4card", host.driver("card05"));
            assertEquals("cex4queue", host.driver("06.00ff"));
            assertEquals("8/8 (complete)\n", host.read("bindings"));
            assertEquals("No Reset Timer set.\n", host.read("/devices/ap/card05/05.0004/reset"));
        }

        @Test
        void aNewCardIsBoundBeforeItsQueuesAppear() {
            host.machine.addAdapter(AdapterSpec.of(7, 14, AdapterMode.EP11).domains(ApMask.of(4)));
            host.bus.scan();
            assertEquals(List.of("add@/devices/ap/card07", "bind@/devices/ap/card07", "add@/devices/ap/card07/07.0004",
                    "bind@/devices/ap/card07/07.0004", "change@/devices/ap"), host.uevents);
            assertEquals(List.of("RAPQ 07.0004", "RAPQ 07.0004"), host.instructions);
        }

        @Test
        void aCardThatLeavesTakesItsQueuesFirst() {
            host.machine.removeAdapter(6);
            host.bus.scan();
            assertEquals("remove@/devices/ap/card06", host.uevents.getLast());
            assertNull(host.node("/bus/ap/devices/card06"));
            assertEquals("4/4 (complete)\n", host.read("bindings"));
        }
    }
}
