// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Pqap;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.vfio.EventFd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.apvirt.vfioap.TestSystem.MATRIX;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The host gains and loses adapters and domains, and reserves them, while guests have them; ids from the first to the last. */
class HostChangesTest {
    private TestSystem system;
    private String mdev;

    /** All adapters and domains are vfio_ap's. */
    private void boot(TestLevel level, int... adapters) throws ErrnoException {
        system = new TestSystem(level, machine -> {
            for (int apid : adapters) {
                machine.adapter(AdapterSpec.of(apid, 14, AdapterMode.CCA));
            }
            return machine.usageDomains(ApMask.of(0, 4, 255)).controlDomains(ApMask.of(0, 4, 255));
        });
        system.write("bus/ap/apmask", "-0-255");
        system.forget();
    }

    private void assign(String adapters, String domains, String control) throws ErrnoException {
        mdev = system.create(U1, adapters, domains);
        for (String domain : control.split(" ")) {
            system.write(mdev + "assign_control_domain", domain);
        }
        system.forget();
    }

    @ParameterizedTest
    @EnumSource(names = {"LINUX_6_1", "LINUX_6_12", "LINUX_7_2"})
    void adaptersThatComeTogetherReachTheGuestInOneChange(TestLevel level) throws ErrnoException {
        boot(level, 5);
        assign("5 6 7", "4", "4");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            system.forget();
            system.machine.addAdapter(AdapterSpec.of(6, 14, AdapterMode.CCA));
            system.machine.addAdapter(AdapterSpec.of(7, 14, AdapterMode.CCA));
            system.bus.scan();
            assertEquals(List.of("set [5, 6, 7] [4] [4]"), system.masks);
            system.bus.scan();
            assertEquals(1, system.masks.size());
            assertEquals(0, guest.tapq(7, 4));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LINUX_6_12", "LINUX_7_2"})
    void controlDomainsThatTheHostGainsReachTheGuestIfTheyAreAssigned(TestLevel level) throws ErrnoException {
        boot(level, 5);
        system.machine.setControlDomains(ApMask.of(4));
        system.bus.scan();
        assign("5", "4", "4 9");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            assertEquals(List.of("set [5] [4] [4]"), system.masks);
            system.forget();
            system.machine.setControlDomains(ApMask.of(4, 9, 10));
            system.bus.scan();
            assertEquals(List.of("set [5] [4] [4, 9]"), system.masks);
            assertEquals(0, guest.tapq(5, 4));
        }
    }

    /** The scan's two calls take and release the locks of each mdev in turn. */
    @ParameterizedTest
    @EnumSource(names = {"LINUX_6_1", "LINUX_6_12", "LINUX_7_2"})
    void allLocksAreFreeAfterAScan(TestLevel level) throws Exception {
        boot(level, 5, 6);
        assign("5 6", "4", "4");
        system.create(U2, "5", "0");
        MatrixDevice matrix = system.module.matrixDevice();
        List<MatrixMdev> mdevs = List.of(MatrixMdev.of((MdevDevice) matrix.child(U1)),
                MatrixMdev.of((MdevDevice) matrix.child(U2)));
        try (RunningGuest first = new RunningGuest(system, U1);
                RunningGuest second = new RunningGuest(system, U2, system.kvm.createVm(2, 10))) {
            for (boolean there : new boolean[]{false, true}) {
                if (there) {
                    system.machine.addAdapter(AdapterSpec.of(6, 14, AdapterMode.CCA));
                } else {
                    system.machine.removeAdapter(6);
                }
                system.bus.scan();
                boolean[] taken = new boolean[1];
                Thread other = new Thread(() -> {
                    for (MatrixMdev each : mdevs) {
                        matrix.lockForUpdate(each).close();
                    }
                    taken[0] = true;
                });
                other.setDaemon(true);
                other.start();
                other.join(5000);
                assertTrue(taken[0], "a lock is still held");
            }
            assertEquals(0, first.tapq(6, 4));
            assertEquals(0, second.tapq(5, 0));
        }
    }

    @Test
    void whatTheHostLosesRaisesTheInterruptForChanges() throws ErrnoException {
        boot(TestLevel.LINUX_7_2, 5, 6);
        assign("5 6", "4", "4");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            EventFd changed = new EventFd();
            guest.device.setIrq(1, changed);
            system.machine.removeAdapter(6);
            system.bus.scan();
            assertEquals(1, changed.take());
            system.bus.scan();
            assertEquals(0, changed.take());
        }
    }

    @ParameterizedTest
    @CsvSource({"adapter, 0", "domain, 0", "adapter, 255", "domain, 255"})
    void theFirstAndTheLastOfAGuestCanBeTakenAndAreReset(String what, int id) throws ErrnoException {
        boot(TestLevel.LINUX_6_12, 0, 255);
        assign("0 255", "0 255", "0");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            assertEquals(List.of("set [0, ff] [0, ff] [0]"), system.masks);
            system.forget();
            system.write(mdev + "unassign_" + what, Integer.toString(id));
            String left = id == 0 ? "ff" : "0";
            assertEquals(List.of("set " + (what.equals("adapter") ? "[" + left + "] [0, ff]" : "[0, ff] [" + left + "]")
                    + " [0]"), system.masks);
            List<String> resets = system.instructions.stream().filter(it -> it.startsWith("ZAPQ")).distinct().toList();
            String gone = String.format("%02x", id);
            assertEquals(what.equals("adapter")
                    ? List.of("ZAPQ " + gone + ".0000", "ZAPQ " + gone + ".00ff")
                    : List.of("ZAPQ 00.00" + gone, "ZAPQ ff.00" + gone), resets);
            assertEquals(1, guest.tapq(what.equals("adapter") ? id : 0, what.equals("adapter") ? 0 : id));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 255", "255, 0", "255, 255"})
    void aQueueThatLeavesTheDriverTakesItsAdapterFromTheGuest(int apid, int apqi) throws ErrnoException {
        boot(TestLevel.LINUX_6_12, 0, 255);
        assign("0 255", "0 255", "0");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            system.forget();
            system.write("bus/ap/drivers/vfio_ap/unbind", String.format("%02x.%04x", apid, apqi));
            assertEquals(List.of("set [" + (apid == 0 ? "ff" : "0") + "] [0, ff] [0]"), system.masks);
            List<String> resets = system.instructions.stream().filter(it -> it.startsWith("ZAPQ")).distinct().toList();
            assertEquals(List.of(String.format("ZAPQ %02x.0000", apid), String.format("ZAPQ %02x.00ff", apid)), resets);
            assertEquals(1, guest.tapq(apid, apqi));
        }
    }

    /** One queue that leaves the driver takes its adapter from the guest, if there is one, and from what the next one would get. */
    @ParameterizedTest
    @CsvSource({"LINUX_6_1, true", "LINUX_6_12, true", "LINUX_7_2, true", "LINUX_6_1, false", "LINUX_6_12, false",
            "LINUX_7_2, false"})
    void aQueueThatLeavesTheDriverIsReset(TestLevel level, boolean used) throws ErrnoException {
        boot(level, 5);
        assign("5", "0 4", "0");
        RunningGuest guest = used ? new RunningGuest(system, U1) : null;
        system.forget();
        system.write("bus/ap/drivers/vfio_ap/unbind", "05.0000");
        List<String> resets = system.instructions.stream().filter(it -> it.startsWith("ZAPQ")).distinct().toList();
        assertEquals(level == TestLevel.LINUX_6_1 ? List.of("ZAPQ 05.0000") : List.of("ZAPQ 05.0000", "ZAPQ 05.0004"),
                resets);
        system.forget();
        system.write("bus/ap/drivers/vfio_ap/unbind", "05.0004"); // of an adapter that nobody has any more
        assertEquals("ZAPQ 05.0004", system.instructions.get(0));
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void theInterruptOfAQueueThatLeavesWithItsCardIsGivenBack() throws ErrnoException {
        boot(TestLevel.LINUX_7_2, 5, 6);
        assign("5 6", "4", "0");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            assertEquals(0, guest.aqic(5, 4, Pqap.AQIC_IR | 3, 0x2000));
            system.machine.removeAdapter(5);
            system.bus.scan();
            assertEquals(0, guest.vm.guest().memory().pinnedPages());
            assertEquals(0, guest.vm.guest().interrupts().references(3));
        }
    }

    /** The kernel of that time gathers the leaving queues in a table, the later ones in a list. */
    @ParameterizedTest
    @EnumSource(names = {"LINUX_6_1", "LINUX_6_12"})
    void queuesThatLeaveTogetherAreResetInTheOrderOfTheirKernel(TestLevel level) throws ErrnoException {
        boot(level, 5);
        assign("5", "255 4 0", "0");
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            system.forget();
            system.write(mdev + "unassign_adapter", "5");
            List<String> resets = system.instructions.stream().filter(it -> it.startsWith("ZAPQ")).distinct().toList();
            assertEquals(level == TestLevel.LINUX_6_1
                    ? List.of("ZAPQ 05.00ff", "ZAPQ 05.0004", "ZAPQ 05.0000")
                    : List.of("ZAPQ 05.0000", "ZAPQ 05.0004", "ZAPQ 05.00ff"), resets);
            assertEquals(1, guest.tapq(5, 4));
        }
    }

    /** In the order of the ids, whichever was assigned first. */
    @ParameterizedTest
    @CsvSource({"LINUX_6_12, apmask, +0", "LINUX_6_12, apmask, +255", "LINUX_7_2, apmask, +0"})
    void masksDoNotTakeWhatIsAssigned(TestLevel level, String mask, String more) throws ErrnoException {
        boot(level, 0, 255);
        assign("255 0", "255 0", "0");
        assertEquals(Errno.EBUSY, system.refusal("bus/ap/" + mask, more));
        String adapter = more.equals("+0") ? "00" : "ff";
        assertEquals(List.of(
                "vfio_ap_mdev " + U1 + ": Can not reserve queue " + adapter + ".0000 for host driver: in use by mdev",
                "vfio_ap_mdev " + U1 + ": Can not reserve queue " + adapter + ".00ff for host driver: in use by mdev"),
                system.log);
        system.write("bus/ap/" + mask, "+7");
        system.write(mdev + "unassign_adapter", adapter.equals("00") ? "0" : "255");
        system.write("bus/ap/" + mask, more);
    }

    @Test
    void anAssignmentOfAnothersQueueNamesTheFirstOfThem() throws ErrnoException {
        boot(TestLevel.LINUX_6_12, 0, 255);
        assign("255 0", "255 0", "0");
        String second = system.create(U2);
        system.write(second + "assign_domain", "255");
        system.write(second + "assign_domain", "0");
        ErrnoException refused = assertThrows(ErrnoException.class,
                () -> system.write(second + "assign_adapter", "0"));
        assertEquals(Errno.EADDRINUSE, refused.errno());
        assertTrue(String.valueOf(refused.getMessage()).contains("00.0000 is assigned to " + U1), refused.getMessage());
        assertEquals(List.of(
                "vfio_ap_mdev " + U2 + ": Userspace may not assign queue 00.0000 to mdev: already assigned to " + U1,
                "vfio_ap_mdev " + U2 + ": Userspace may not assign queue 00.00ff to mdev: already assigned to " + U1),
                system.log.stream().filter(it -> it.contains("may not")).toList());
    }

    @Test
    void theMatrixDeviceShowsItsMdevsAndItsDriverTakesNobodyByHand() throws ErrnoException {
        boot(TestLevel.LINUX_6_12, 5);
        assign("5", "4", "4");
        assertTrue(((SysfsDirectory) system.node("devices/vfio_ap/matrix")).names().contains(U1));
        assertFalse(((SysfsDirectory) system.node("bus/matrix/drivers/vfio_ap")).names().contains("bind"));
        assertFalse(((SysfsDirectory) system.node("bus/matrix/drivers/vfio_ap")).names().contains("unbind"));
        system.expect(MATRIX + U1 + "/matrix", "05.0004\n");
    }
}
