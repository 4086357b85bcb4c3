// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class BindingTest {
    private static final String BIND = "/bus/ap/drivers/cex4queue/bind";
    private static final String UNBIND = "/bus/ap/drivers/cex4queue/unbind";
    private static final String GUEST_BIND = "/bus/ap/drivers/guest/bind";
    private static final String GUEST_UNBIND = "/bus/ap/drivers/guest/unbind";

    private TestHost host;
    private GuestDriver guest;

    private void boot(TestLevel level) {
        host = TestHost.standard(level).withDrivers();
        guest = new GuestDriver();
        host.bus.register(guest);
        host.settle();
    }

    @Nested
    class WhereTheMasksDecide {
        WhereTheMasksDecide() {
            boot(TestLevel.LINUX_6_12);
        }

        @Test
        void unbindingZeroizesTheQueueAndLeavesItWithoutDriver() throws ErrnoException {
            host.write(UNBIND, "05.0004\n");
            assertNull(host.driver("05.0004"));
            assertEquals(List.of("ZAPQ 05.0004"), host.instructions);
            assertEquals(List.of("unbind@/devices/ap/card05/05.0004"), host.uevents);
            assertEquals("-\n", host.read("/devices/ap/card05/05.0004/request_count"));
            assertEquals("7/8\n", host.read("bindings"));
        }

        @Test
        void bindingToTheOtherKindOfDriverIsEnodevWhileTheHostReservesTheQueue() throws ErrnoException {
            host.write(UNBIND, "05.0004");
            assertEquals(Errno.ENODEV, host.refused(GUEST_BIND, "05.0004"));
            assertNull(host.driver("05.0004"));
            host.write(BIND, "05.0004");
            assertEquals("cex4queue", host.driver("05.0004"));
        }

        @Test
        void bindingAgainIsEbusy() {
            assertEquals(Errno.EBUSY, host.refused(BIND, "05.0004"));
            assertEquals(Errno.EBUSY, host.refused(GUEST_BIND, "05.0004"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"nosuch", "5.4", "05.00FF", "05.0005", "card05", "05.0004 ", "", "05.0004\n\n",
                "05.10ff"})
        void anotherNameIsEnodev(String name) {
            assertEquals(Errno.ENODEV, host.refused(UNBIND, name));
            assertEquals(Errno.ENODEV, host.refused(BIND, name));
        }

        @Test
        void aMaskMovesQueuesInTheOrderOfTheBusAndTellsOfTheMaskLast() throws ErrnoException {
            host.write("apmask", "-5");
            assertEquals(List.of("unbind@/devices/ap/card05/05.0004", "bind@/devices/ap/card05/05.0004",
                    "unbind@/devices/ap/card05/05.0047", "bind@/devices/ap/card05/05.0047",
                    "unbind@/devices/ap/card05/05.00ab", "bind@/devices/ap/card05/05.00ab",
                    "unbind@/devices/ap/card05/05.00ff", "bind@/devices/ap/card05/05.00ff", "change@/devices/ap"),
                    host.uevents);
            assertEquals("guest", host.driver("05.0004"));
            assertEquals("8/8 (complete)\n", host.read("bindings"));
            host.instructions.clear();
            host.write("apmask", "+5");
            assertEquals("ZAPQ 05.0004", host.instructions.get(0));
            assertEquals("RAPQ 05.0004", host.instructions.get(1));
        }

        @Test
        void anUnchangedMaskMovesNothing() throws ErrnoException {
            host.write("aqmask", "+0-255");
            assertEquals(List.of(), host.uevents);
        }

        @Test
        void aMaskDoesNotGrowOverAQueueInUse() throws ErrnoException {
            host.write("apmask", "-5,-6");
            guest.usedAdapters = ApMask.of(6);
            guest.usedDomains = ApMask.of(4);
            assertEquals(Errno.EBUSY, host.refused("apmask", "+6"));
            assertEquals("guest", host.driver("06.0004"));
            host.write("apmask", "+5");
            assertEquals("cex4queue", host.driver("05.0004"));
        }

        @Test
        void onlyTheOtherMasksPresentIdsCountForInUse() throws ErrnoException {
            host.write("aqmask", "-4");
            host.write("apmask", "-6");
            guest.usedAdapters = ApMask.of(6);
            guest.usedDomains = ApMask.of(4);
            host.write("apmask", "+6");
            assertEquals(Errno.EBUSY, host.refused("aqmask", "+4"));
        }

        @Test
        void theNextScanTellsThatAllIsBoundAgain() throws ErrnoException {
            host.write("apmask", "-5");
            host.uevents.clear();
            host.write("scans", "x");
            assertEquals(List.of("change@/devices/ap"), host.uevents);
            host.uevents.clear();
            host.write("scans", "x");
            assertEquals(List.of(), host.uevents);
        }

        @Test
        void withoutAutoprobeNothingIsBoundOnItsOwn() throws ErrnoException {
            host.write("drivers_autoprobe", "0");
            host.machine.setUsageDomains(ApMask.of(4, 0x47, 0xab, 0xff, 1));
            host.bus.scan();
            assertNull(host.driver("05.0001"));
            host.write("drivers_probe", "05.0001");
            assertEquals("cex4queue", host.driver("05.0001"));
            assertEquals("0\n", host.read("drivers_autoprobe"));
        }

        @Test
        void queuesLeaveInReverseOrderOfBindingAtUnload() throws ErrnoException {
            host.write(UNBIND, "05.0004");
            host.write(BIND, "05.0004");
            host.uevents.clear();
            host.cex4.unload();
            assertEquals("unbind@/devices/ap/card05/05.0004", host.uevents.get(0));
            assertEquals("unbind@/devices/ap/card06/06.00ff", host.uevents.get(1));
            assertEquals("unbind@/devices/ap/card05/05.0047", host.uevents.get(7));
            assertEquals(List.of("remove@/bus/ap/drivers/cex4queue", "unbind@/devices/ap/card06",
                    "unbind@/devices/ap/card05", "remove@/bus/ap/drivers/cex4card", "remove@/module/zcrypt_cex4"),
                    host.uevents.subList(8, host.uevents.size()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"05.0004", "05.0004\n", "05.0004\0x", "05.0004\n\0x"})
    void aDeviceIsNamedByItsNameAndAtMostANewline(String text) throws ErrnoException {
        boot(TestLevel.LINUX_6_12);

        host.write(UNBIND, text);

        assertNull(host.driver("05.0004"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"05.0004\n\n", " 05.0004", "05.0004 ", "05.4", "05.00AB", "", "\n"})
    void nothingElseNamesIt(String text) {
        boot(TestLevel.LINUX_6_12);

        assertEquals(Errno.ENODEV, host.refused(UNBIND, text));
    }

    @Nested
    class WithDriverOverride {
        private static final String OVERRIDE = "/devices/ap/card05/05.0004/driver_override";

        WithDriverOverride() {
            boot(TestLevel.LINUX_7_2);
        }

        @Test
        void theNamedDriverGetsTheQueueAndTheHostsDoesNot() throws ErrnoException {
            host.write(OVERRIDE, "guest\n");
            assertEquals("cex4queue", host.driver("05.0004"));
            host.write(UNBIND, "05.0004");
            assertEquals(Errno.ENODEV, host.refused(BIND, "05.0004"));
            host.write(GUEST_BIND, "05.0004");
            assertEquals("guest", host.driver("05.0004"));
            assertEquals("guest\n", host.read(OVERRIDE));
        }

        @Test
        void masksCannotBeWrittenWhileThereIsOne() throws ErrnoException {
            host.write(OVERRIDE, "guest");
            assertEquals(Errno.EINVAL, host.refused("apmask", "+0-255"));
            host.write(OVERRIDE, "\n");
            host.write("apmask", "-6");
            assertEquals("guest", host.driver("06.0004"));
            assertEquals(Errno.EINVAL, host.refused(OVERRIDE, "guest"));
        }

        @Test
        void ownershipFollowsTheBoundDriver() throws ErrnoException {
            host.write(OVERRIDE, "guest");
            assertEquals(true, owned(ApMask.of(5), ApMask.of(4)));
            host.write(UNBIND, "05.0004");
            assertEquals(true, owned(ApMask.of(5), ApMask.of(4)), "the masks decide again");
            host.write(GUEST_BIND, "05.0004");
            assertEquals(false, owned(ApMask.of(5), ApMask.of(4)));
            assertEquals(true, owned(ApMask.of(5), ApMask.of(4, 5)));
        }

        private boolean owned(ApMask apm, ApMask aqm) {
            ApPermissions permissions = host.bus.permissions();
            assertThrows(IllegalStateException.class, () -> permissions.ownedByDefaultDriver(apm, aqm));
            return host.ownedByDefaultDriver(apm, aqm);
        }

        @Test
        void aMaskOfTheKernelCommandLineIsNotInUseUntilAWriteChangesOne() throws ErrnoException {
            host = new TestHost(TestLevel.LINUX_7_2, TestHost.standardMachine(), Map.of("apmask", "0x0400"))
                    .withDrivers();

            host.write("apmask", "0x0400");
            host.write(OVERRIDE, "guest");
            host.write(OVERRIDE, "\n");
            host.write("aqmask", "-5");

            assertEquals(Errno.EINVAL, host.refused(OVERRIDE, "guest"));
        }

        @Test
        void aGrowingMaskIsCheckedAgainstAllIds() throws ErrnoException {
            host.write("aqmask", "-4");
            host.write("apmask", "-6");
            guest.usedAdapters = ApMask.of(6);
            guest.usedDomains = ApMask.of(4);
            assertEquals(Errno.EBUSY, host.refused("apmask", "+6"));
        }
    }

    @Nested
    class WhereHandsDecide {
        WhereHandsDecide() {
            boot(TestLevel.SEED);
        }

        @Test
        void bindingByHandReservesAQueue() throws ErrnoException {
            host.write(UNBIND, "05.0004");
            host.write(GUEST_BIND, "05.0004");
            assertEquals("guest", host.driver("05.0004"));
            host.bus.scan();
            assertEquals("guest", host.driver("05.0004"));
            host.write(GUEST_UNBIND, "05.0004");
            host.write(BIND, "05.0004");
            assertEquals("cex4queue", host.driver("05.0004"));
        }

        @Test
        void aMaskLeavesAQueueThatItDoesNotNameWhereHandsPutIt() throws ErrnoException {
            host.write(UNBIND, "05.0004");
            host.write(GUEST_BIND, "05.0004");
            host.write("apmask", "-6");
            assertEquals("guest", host.driver("05.0004"));
            assertEquals("guest", host.driver("06.0004"));
        }
    }
}
