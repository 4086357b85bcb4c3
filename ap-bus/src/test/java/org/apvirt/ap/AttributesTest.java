// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class AttributesTest {
    private final TestHost host = TestHost.standard(TestLevel.LINUX_6_12).withDrivers();

    private static TreeSet<String> names(TestHost host, String path) {
        return new TreeSet<>(((SysfsDirectory) host.node(path)).names());
    }

    @Nested
    class FromTheKernelCommandLine {
        private TestHost boot(Map<String, String> parameters) {
            return new TestHost(TestLevel.LINUX_6_12, TestHost.standardMachine(), parameters);
        }

        @Test
        void setMasksAndDomain() {
            TestHost given = boot(Map.of("apmask", "0x41", "aqmask", "+71", "domain", "71", "poll_thread", "2"));
            assertEquals(ApMask.of(1, 7) + "\n", given.read("apmask"));
            assertEquals(ApMask.of(71) + "\n", given.read("aqmask"));
            assertEquals("71\n", given.read("ap_domain"));
            assertEquals("2\n", given.read("/module/ap/parameters/poll_thread"));
            assertEquals("1\n", given.read("poll_thread"));
            assertEquals("0x41\n", given.read("/module/ap/parameters/apmask"));
        }

        @Test
        void anInvalidDomainIsLoggedAndAnotherChosen() {
            TestHost given = boot(Map.of("domain", "300"));
            assertEquals(List.of("ap: 300 is not a valid cryptographic domain"), given.log);
            assertEquals("4\n", given.read("ap_domain"));
        }

        @Test
        void anUnreadableMaskIsEmpty() {
            assertEquals(ApMask.NONE + "\n", boot(Map.of("apmask", "nonsense")).read("apmask"));
            assertEquals("(null)\n", boot(Map.of()).read("/module/ap/parameters/apmask"));
        }
    }

    @Test
    void withoutApThereIsNoBusAndTheHostsDriversCannotLoad() throws ErrnoException {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = SimulatedMachine.builder(time).apInstalled(false).build();
        Kernel kernel = TestLevel.LINUX_6_12.kernel(time);
        List<String> log = new java.util.ArrayList<>();
        kernel.onLog(log::add);
        assertNull(ApBus.start(kernel, machine.platform(), ApBusParameters.DEFAULT));
        ZcryptModule zcrypt = ZcryptModule.load(kernel, null, Map.of());
        ErrnoException refusal = org.junit.jupiter.api.Assertions.assertThrows(ErrnoException.class,
                () -> ZcryptDriverModule.ZCRYPT_CEX4.load(null, zcrypt));
        assertEquals(Errno.EINVAL, refusal.errno());
        assertEquals(List.of("ap: The hardware system does not support AP instructions",
                "Driver 'cex4card' was unable to register with bus_type 'ap' because the bus was not initialized."),
                log);
    }

    @Nested
    class OfACard {
        @Test
        void u9_haveTheNamesAndTheValuesOfTheKernel() {
            assertEquals(new TreeSet<>(List.of("06.0004", "06.0047", "06.00ab", "06.00ff", "ap_functions", "chkstop",
                    "config", "depth", "driver", "hwtype", "load", "max_msg_size", "modalias", "online",
                    "pendingq_count", "raw_hwtype", "request_count", "requestq_count", "subsystem", "type",
                    "uevent")), names(host, "/devices/ap/card06"));
            assertEquals("CEX5A\n", host.read("/devices/ap/card06/type"));
            assertEquals("ap:t0B\n", host.read("/devices/ap/card06/modalias"));
            assertEquals("0xEA000000\n", host.read("/devices/ap/card06/ap_functions"));
            assertEquals("DEVTYPE=ap_card\nDRIVER=cex4card\nDEV_TYPE=000B\nMODALIAS=ap:t0B\nMODE=accel\n",
                    host.read("/devices/ap/card06/uevent"));
        }

        @Test
        void configReachesTheFirmwareAndTheQueuesAtTheNextScan() throws ErrnoException {
            host.write("/devices/ap/card06/config", "0x1"); // %d reads 0
            assertEquals(List.of("change@/devices/ap/card06"), host.uevents);
            assertEquals("0\n", host.read("/devices/ap/card06/online"));
            assertEquals("1\n", host.read("/devices/ap/card06/06.0004/config"));
            assertEquals(Errno.ENODEV, host.refused("/devices/ap/card06/online", "1"));
            assertEquals(Errno.ENODEV, host.refused("/devices/ap/card06/06.0004/online", "1"));
            host.uevents.clear();
            host.bus.scan();
            assertEquals("change@/devices/ap/card06/06.0004", host.uevents.get(0));
            assertEquals("0\n", host.read("/devices/ap/card06/06.0004/config"));
        }

        @Test
        void configIsEioIfTheFirmwareRefusesAndEopnotsuppIfItCannot() {
            host.machine.adapter(6).change(spec -> spec.firmwareRefuses(true));
            assertEquals(Errno.EIO, host.refused("/devices/ap/card06/config", "0"));
            host.machine.setFirmwareInstalled(false);
            assertEquals(Errno.EOPNOTSUPP, host.refused("/devices/ap/card06/config", "0"));
            assertEquals("1\n", host.read("/devices/ap/card06/config"));
        }

        @Test
        void onlineTakesItsQueuesAlong() throws ErrnoException {
            host.write("/devices/ap/card06/06.0047/online", "0");
            host.uevents.clear();
            host.write("/devices/ap/card06/online", "0");
            assertEquals(List.of("change@/devices/ap/card06", "change@/devices/ap/card06/06.0004",
                    "change@/devices/ap/card06/06.00ab", "change@/devices/ap/card06/06.00ff"), host.uevents);
            assertEquals(Errno.EINVAL, host.refused("/devices/ap/card06/06.0004/online", "1"));
            assertEquals(Errno.EINVAL, host.refused("/devices/ap/card06/online", "2"));
        }
    }

    @Nested
    class OfAQueue {
        private static final String QUEUE = "/devices/ap/card06/06.0004/";

        @Test
        void u13_haveTheNamesAndTheValuesOfTheKernel() {
            assertEquals(
                    new TreeSet<>(List.of("ap_functions", "chkstop", "config", "driver", "interrupt", "load", "online",
                            "pendingq_count", "request_count", "requestq_count", "reset", "subsystem", "uevent")),
                    names(host, QUEUE.substring(0, QUEUE.length() - 1)));
            assertEquals("0\n", host.read(QUEUE + "chkstop"));
            assertEquals("1\n", host.read(QUEUE + "config"));
            assertEquals("Interrupts disabled.\n", host.read(QUEUE + "interrupt"));
            assertEquals("0\n", host.read(QUEUE + "load"));
            assertEquals("1\n", host.read(QUEUE + "online"));
            assertEquals("0\n", host.read(QUEUE + "request_count"));
            assertEquals("No Reset Timer set.\n", host.read(QUEUE + "reset"));
            assertEquals("DEVTYPE=ap_queue\nDRIVER=cex4queue\nMODE=accel\n", host.read(QUEUE + "uevent"));
        }

        @Test
        void u14_apFunctionsAreThoseThatTapqTellsNow() {
            assertEquals("0xEA000000\n", host.read(QUEUE + "ap_functions"));
            host.machine.setResponse(new Apqn(6, 4), 0x06);
            assertEquals("!EIO", host.read(QUEUE + "ap_functions"));
            assertNull(TestHost.standard(TestLevel.LINUX_6_1).node(QUEUE + "ap_functions"));
        }
    }

    @Test
    void u20_eventsCarryWhatChanged() throws ErrnoException {
        host.write("/devices/ap/card06/config", "0");
        host.write("/devices/ap/card06/config", "1");
        host.write("/devices/ap/card05/05.0047/online", "0");
        assertEquals(List.of("/devices/ap/card06 CONFIG=0", "/devices/ap/card06 CONFIG=1"), host.told("CONFIG"));
        assertEquals(List.of("/devices/ap/card05/05.0047 ONLINE=0"),
                host.told("ONLINE=").stream().filter(it -> it.contains("card05")).toList());
        assertEquals(List.of("/devices/ap/card06 MODE=accel", "/devices/ap/card06 MODE=accel",
                "/devices/ap/card05/05.0047 MODE=cca"), host.told("MODE"));
    }

    @Test
    void u12_maxMsgSizeIsWhatTheCardTakes() {
        assertEquals("12288\n", host.read("/devices/ap/card05/max_msg_size"));
    }

    @Nested
    class WhenTheMachineChanges {
        @Test
        void aCheckstopIsSeenWithoutEvent() {
            host.machine.adapter(6).change(spec -> spec.checkstopped(true));
            host.bus.scan();
            assertEquals("1\n", host.read("/devices/ap/card06/chkstop"));
            assertEquals("1\n", host.read("/devices/ap/card06/06.0004/chkstop"));
            assertEquals("0\n", host.read("/devices/ap/card06/06.0004/online"));
            assertEquals(List.of(), host.uevents);
            assertEquals(List.of(), host.instructions);
            host.machine.adapter(6).change(spec -> spec.checkstopped(false));
            host.bus.scan();
            assertEquals("RAPQ 06.0004", host.instructions.get(0));
        }

        @Test
        void anotherTypeIsAnotherCard() {
            host.machine.adapter(6).change(spec -> spec.type(14));
            host.bus.scan();
            assertEquals("CEX8A\n", host.read("/devices/ap/card06/type"));
            assertEquals("remove@/devices/ap/card06", host.uevents.get(9));
            assertEquals("add@/devices/ap/card06", host.uevents.get(10));
        }

        @Test
        void aQueueThatCameBackIsTheLastOfTheBus() throws ErrnoException {
            host.machine.setUsageDomains(ApMask.of(0x47, 0xab, 0xff));
            host.bus.scan();
            host.machine.setUsageDomains(ApMask.of(4, 0x47, 0xab, 0xff));
            host.bus.scan();
            host.uevents.clear();
            host.machine.removeAdapter(6);
            host.bus.scan();
            assertEquals("unbind@/devices/ap/card06/06.0047", host.uevents.get(0));
            assertEquals("unbind@/devices/ap/card06/06.0004", host.uevents.get(6));
        }

        @Test
        void driversAreToldBeforeAndAfter() {
            GuestDriver guest = new GuestDriver();
            host.bus.register(guest);
            host.machine.removeAdapter(6);
            host.bus.scan();
            host.bus.scan();
            assertEquals(List.of("changed 2 to 1 adapters", "complete"), guest.calls);
        }
    }
}
