// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** apmask, aqmask and driver_override: what they tell, what they leave behind, and where they end. */
class MasksTest {
    private static final String OVERRIDE = "/devices/ap/card05/05.0004/driver_override";

    @ParameterizedTest
    @CsvSource({"apmask, APMASK", "aqmask, AQMASK"})
    void eachChangeIsToldOnceAndLeavesTheLockFree(String file, String variable) throws ErrnoException {
        TestHost host = TestHost.standard(TestLevel.LINUX_6_12).withDrivers();
        String all = "f".repeat(64);
        host.write(file, "0x" + all);
        assertEquals(List.of(), host.uevents);
        host.write(file, "-255");
        assertEquals(List.of("/devices/ap " + variable + "=0x" + all.substring(1) + "e\n"), host.told(variable));
        assertEquals(Errno.EINVAL, host.refused(file, "+256"));
        assertFalse(host.bus.permissions().lock().isLocked());
    }

    /** The masks alone decide as long as no queue has a driver_override. */
    @ParameterizedTest
    @CsvSource({"5, 4, true", "6, 4, false", "5, 5, false", "6, 5, false"})
    void theHostOwnsWhatBothMasksName(int apid, int apqi, boolean owned) throws ErrnoException {
        TestHost host = TestHost.standard(TestLevel.LINUX_7_2).withDrivers();
        host.write("apmask", "-6");
        host.write("aqmask", "-5");
        assertEquals(owned, host.ownedByDefaultDriver(ApMask.of(apid), ApMask.of(apqi)));
        assertEquals(true, host.ownedByDefaultDriver(ApMask.of(5, 6), ApMask.of(4, 5)), "one of the four is enough");
    }

    /** With a driver_override anywhere each APQN of the product is looked at, the first and the last possible too. */
    @ParameterizedTest
    @CsvSource({"0, 0", "0, 255", "255, 0", "255, 255"})
    void theHostOwnsAnApqnAtTheEdgeThoughAQueueHasAnOverride(int apid, int apqi) throws ErrnoException {
        TestHost host = new TestHost(TestLevel.LINUX_7_2, TestHost.standardMachine(),
                Map.of("apmask", "+" + apid, "aqmask",
                        "+" + apqi))
                .withDrivers();
        host.write(OVERRIDE, "guest");
        assertEquals(true, host.ownedByDefaultDriver(ApMask.of(7, apid), ApMask.of(7, apqi)));
        assertEquals(false, host.ownedByDefaultDriver(ApMask.of(7), ApMask.of(7, apqi)));
    }

    @Test
    void masksAreNoMoreInUseOnceBothAreFullAgain() throws ErrnoException {
        TestHost host = TestHost.standard(TestLevel.LINUX_7_2).withDrivers();
        host.write("aqmask", "-5");
        assertEquals(Errno.EINVAL, host.refused(OVERRIDE, "guest"));
        host.write("aqmask", "+5");
        host.write(OVERRIDE, "guest");
        assertEquals(Errno.EINVAL, host.refused("aqmask", "-5"));
    }

    /** What is empty, or ends at once, is no override; the count of those with one is what lets masks change. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "\0guest", "\nguest"})
    void anOverrideThatIsTakenBackIsNotCounted(String nothing) throws ErrnoException {
        TestHost host = TestHost.standard(TestLevel.LINUX_7_2).withDrivers();
        host.write(OVERRIDE, nothing);
        host.write(OVERRIDE, "guest\0x");
        host.write(OVERRIDE, "vfio_ap\nx");
        assertEquals("vfio_ap\n", host.read(OVERRIDE));
        assertEquals(Errno.EINVAL, host.refused("apmask", "-9"));
        host.write(OVERRIDE, nothing);
        assertEquals("\n", host.read(OVERRIDE));
        host.write("apmask", "-9");
    }

    @Test
    void anOverrideIsShorterThanAPage() throws ErrnoException {
        TestHost host = TestHost.standard(TestLevel.LINUX_7_2).withDrivers();
        assertEquals(Errno.EINVAL, host.refused(OVERRIDE, "g".repeat(4095)));
        host.write(OVERRIDE, "g".repeat(4094));
        assertEquals("g".repeat(4094) + "\n", host.read(OVERRIDE));
    }

    /** A driver that comes when all queues have one tells nothing; one that was unbound is told anew once all are bound. */
    @ParameterizedTest
    @EnumSource(names = {"LINUX_6_1", "LINUX_6_12"})
    void allBoundIsToldWhenTheLastQueueIs(TestLevel level) throws ErrnoException {
        TestHost host = TestHost.standard(level).withDrivers();
        host.write("/bus/ap/drivers/cex4queue/unbind", "05.0004");
        host.write("/bus/ap/drivers/cex4queue/unbind", "06.0004");
        host.settle();
        host.write("/bus/ap/drivers/cex4queue/bind", "05.0004");
        assertEquals(List.of(), host.told("BINDINGS"));
        host.write("/bus/ap/drivers/cex4queue/bind", "06.0004");
        host.write("scans", "1");
        assertEquals(1, host.told("BINDINGS").size());
    }
}
