// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Background;
import org.apvirt.arch.Facilities;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a scan does about hardware that changed since the last one, and what it says to who asked for it. */
class ScanChangesTest {
    private static final Facilities QCI = Facilities.of(Facilities.QCI, Facilities.APFT);
    private static final String QUEUE = "/devices/ap/card06/06.0004/";

    private final TestHost host = new TestHost(TestLevel.LINUX_6_12, machine -> machine.facilities(QCI)
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR).serviceTime(Duration.ofMillis(5)))
            .usageDomains(ApMask.of(4))).withDrivers();

    /** A driver that does something when the configuration has changed. */
    private static final class Looking extends ApDriver {
        private final Runnable onChange;

        Looking(Runnable onChange) {
            super("looking", null);
            this.onChange = onChange;
        }

        @Override
        public boolean matches(ApDevice device) {
            return false;
        }

        @Override
        protected void probe(ApDevice device) {}

        @Override
        protected void remove(ApDevice device) {}

        @Override
        public void onConfigChanged(ApConfigInfo now, ApConfigInfo before) {
            onChange.run();
        }
    }

    private void change(UnaryOperator<AdapterSpec> change) {
        host.uevents.clear();
        host.events.clear();
        host.instructions.clear();
        host.machine.adapter(6).change(change);
        host.bus.scan();
    }

    private ApMessage submit() throws ErrnoException {
        ApMessage message = QueueStateMachineTest.request();
        host.bus.queue(new Apqn(6, 4)).submit(message);
        return message;
    }

    @Nested
    class AQueue {
        @ParameterizedTest
        @CsvSource({"false, checkstop", "true, deconfigured"})
        void thatFailsGivesItsRequestsBackAndComesBackAnew(boolean deconfigured, String state) throws ErrnoException {
            ApMessage sent = submit();
            change(spec -> deconfigured ? spec.configured(false) : spec.checkstopped(true));
            assertEquals(Errno.EAGAIN, sent.failure());
            assertEquals(
                    deconfigured
                            ? List.of("/devices/ap/card06 CONFIG=0", "/devices/ap/card06/06.0004 CONFIG=0")
                            : List.of(),
                    host.told("CONFIG"));
            assertEquals(deconfigured ? "0\n" : "1\n", host.read(QUEUE + "config"));
            assertEquals(deconfigured ? "0\n" : "1\n", host.read(QUEUE + "chkstop"));
            assertEquals(deconfigured ? "0\n" : "1\n", host.read("/devices/ap/card06/config"));

            change(spec -> spec.configured(true).checkstopped(false));
            assertEquals(
                    deconfigured
                            ? List.of("/devices/ap/card06 CONFIG=1", "/devices/ap/card06/06.0004 CONFIG=1")
                            : List.of(),
                    host.told("CONFIG"));
            assertEquals("RAPQ 06.0004", host.instructions.get(0), state);
            host.time.advanceMillis(100);
            ApMessage again = submit();
            host.time.advanceMillis(10);
            assertTrue(again.isDone());
            assertNull(again.failure());
        }

        @Test
        void thatLeavesTheHostsDomainsIsRemoved() {
            host.machine.setUsageDomains(ApMask.of(5));
            assertTrue(host.bus.scan());
            assertNull(host.node("/devices/ap/card06/06.0004"));
            assertTrue(host.node("/devices/ap/card06/06.0005") != null);
            assertFalse(host.bus.scan(), "nothing changed since");
        }
    }

    @Nested
    class ACard {
        @Test
        void ofAnotherTypeOrOtherFunctionsIsMadeAnew() {
            for (UnaryOperator<AdapterSpec> other : List.<UnaryOperator<AdapterSpec>>of(spec -> spec.type(14),
                    spec -> spec.mode(AdapterMode.CCA))) {
                change(other);
                assertTrue(host.uevents.contains("remove@/devices/ap/card06"), host.uevents::toString);
                assertTrue(host.uevents.contains("add@/devices/ap/card06"), host.uevents::toString);
            }
            change(spec -> spec);
            assertEquals(List.of(), host.uevents);
        }
    }

    @Nested
    class TheDefaultDomain {
        @ParameterizedTest
        @CsvSource({"0, 0", "0, 255", "255, 0", "255, 255"})
        void isTheFirstWhereSomebodyAnswers(int apid, int apqi) {
            for (Facilities facilities : List.of(QCI, Facilities.of(Facilities.APFT))) {
                if (!facilities.has(Facilities.QCI) && (apid > 63 || apqi > 15)) {
                    continue; // a machine that cannot tell has so many
                }
                TestHost edge = new TestHost(TestLevel.LINUX_6_12, machine -> machine.facilities(facilities)
                        .adapter(AdapterSpec.of(apid, 11, AdapterMode.CCA)).usageDomains(ApMask.of(apqi)));
                assertEquals(apqi + "\n", edge.read("ap_domain"));
                assertEquals(1, edge.bus.cards().size());
                assertTrue(edge.bus.queue(new Apqn(apid, apqi)) != null);
            }
        }

        /** A domain that the host gives away, or where only an adapter answers that it gives away, is none. */
        @ParameterizedTest
        @CsvSource({"aqmask, -4, 71", "apmask, -6, 71", "apmask, -5, 4"})
        void isTheHostsOwn(String mask, String less, int domain) {
            TestHost split = new TestHost(TestLevel.LINUX_6_12, machine -> machine.facilities(QCI)
                    .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).domains(ApMask.of(0x47)))
                    .adapter(AdapterSpec.of(6, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4, 0x47)),
                    Map.of(mask, "+0-255," + less));
            assertEquals(domain + "\n", split.read("ap_domain"));
        }
    }

    @Nested
    class WhoAsks {
        private final List<Object> seen = new ArrayList<>();

        @Test
        void inTheMiddleOfAScanGetsNone() {
            host.bus.register(new Looking(() -> seen.add(host.bus.scan())));
            long scans = host.bus.scanner().scans();
            host.machine.setUsageDomains(ApMask.of(4, 5));
            assertTrue(host.bus.scan());
            assertEquals(List.of(false), seen);
            assertEquals(scans + 1, host.bus.scanner().scans());
        }

        /** Whatever kind of signal ends the wait: without one both kernels are the same. */
        @ParameterizedTest
        @EnumSource(names = {"LINUX_6_12", "LINUX_7_3"})
        void whileAnotherScansWaitsForItAndTakesItsResult(TestLevel level) {
            TestHost other = new TestHost(level, TestHost.standardMachine());
            List<Background> waiting = new ArrayList<>();
            other.bus.register(new Looking(() -> {
                waiting.add(other.time.start("scan", () -> seen.add(other.bus.scan())));
                other.time.giveTurns();
            }));
            long scans = other.bus.scanner().scans();
            other.machine.setUsageDomains(ApMask.of(4));
            assertTrue(other.bus.scan());
            other.time.giveTurns();
            other.time.advanceMillis(1);
            assertTrue(waiting.get(0).isOver());
            assertEquals(List.of(true), seen);
            assertEquals(scans + 1, other.bus.scanner().scans(), "it did not scan itself");
            assertFalse(other.bus.scan());
        }
    }

    /** A driver without devices is told nothing but the change: the machine cannot tell of one without QCI. */
    @Test
    void withoutQciNothingIsAChange() {
        TestHost blind = new TestHost(TestLevel.LINUX_6_12,
                machine -> machine.facilities(Facilities.of(Facilities.APFT))
                        .adapter(AdapterSpec.of(6, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)));
        blind.machine.addAdapter(AdapterSpec.of(7, 11, AdapterMode.CCA));
        assertFalse(blind.bus.scan());
        assertEquals(2, blind.bus.cards().size());
    }
}
