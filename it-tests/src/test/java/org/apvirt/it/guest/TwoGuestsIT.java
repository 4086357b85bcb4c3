// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.it.documents.Block;
import org.apvirt.plan.Plan;
import org.apvirt.plan.PlannedMdev;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * The last step of the specification with real guests: one simulated host, two mediated devices, two stock kernels whose
 * AP instructions are interpreted through the CRYCBs that vfio_ap wrote.
 */
class TwoGuestsIT {
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
            .usageDomains(ApMask.of(4, 0x47, 0xab, 0xff)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static Plan.Guest guest(ApMask adapters, ApMask domains) {
        return new Plan.Guest(adapters, domains, ApMask.NONE, null, 1);
    }

    private static S390Machine start(Host host, PlannedMdev mdev) throws Exception {
        HostCpu cpu = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, host.platform().facilities(), true);
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, 1);
        return S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(List.of("qemu-system-s390x", "-cpu",
                "host,ap=on,apqci=on,apft=on", "-device", "vfio-ap,sysfsdev=" + mdev.path())));
    }

    private static List<String> names(String console) {
        return console.lines().filter(line -> line.matches("0[0-9a-f](\\.00[0-9a-f]{2})? .*"))
                .map(line -> String.join(" ", List.of(line.split(" +")).subList(0, 2))).toList();
    }

    /** S96, S98, S109: each guest's own lszcrypt shows what its mediated device holds. */
    @Test
    void s96_eachRealGuestSeesItsOwnCardsAndNoOthers() throws Exception {
        Host host = Host.boot(machine, HostOptions.of(Level.SEED));
        PlannedMdev first = PlannedMdev.create(host, "guest1", guest(ApMask.of(5, 6), ApMask.of(4, 0xab)));
        PlannedMdev second = PlannedMdev.create(host, "guest2", guest(ApMask.of(5), ApMask.of(0x47, 0xff)));
        try (S390Machine vm1 = start(host, first);
                S390Machine vm2 = start(host, second);
                StockGuest guest1 = new StockGuest.Recipe("trixie").script("lszcrypt").start(vm1.platform());
                StockGuest guest2 = new StockGuest.Recipe("bookworm").script("lszcrypt").start(vm2.platform())) {
            String console1 = guest1.awaitEnd();
            assertEquals(List.of("05 CEX5C", "05.0004 CEX5C", "05.00ab CEX5C", "06 CEX5A", "06.0004 CEX5A",
                    "06.00ab CEX5A"), names(console1));
            String console2 = guest2.awaitEnd();
            assertEquals(List.of("05 CEX5C", "05.0047 CEX5C", "05.00ff CEX5C"), names(console2));
            assertEquals(names(Block.find("README.md", "--guest guest1").text()), names(console1));
            assertEquals(names(Block.find("README.md", "05.0047  CEX5C").text()), names(console2));
        }
    }

    /** U44: an adapter taken from the mediated device leaves the running guest. */
    @Test
    void u44_aChangeOfTheMediatedDeviceReachesTheRunningGuest() throws Exception {
        Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
        PlannedMdev mdev = PlannedMdev.create(host, "guest1", guest(ApMask.of(5, 6), ApMask.of(4)));
        try (S390Machine vm = start(host, mdev);
                StockGuest guest = new StockGuest.Recipe("trixie").script("""
                        echo ready
                        while [ -d /sys/bus/ap/devices/card06 ]; do echo 1 > /sys/bus/ap/scans; sleep 0.1; done
                        lszcrypt
                        """).start(vm.platform())) {
            guest.await("ready");
            host.write(mdev.path() + "/unassign_adapter", "6");
            assertEquals(List.of("05 CEX5C", "05.0004 CEX5C"), names(guest.awaitEnd()));
        }
    }
}
