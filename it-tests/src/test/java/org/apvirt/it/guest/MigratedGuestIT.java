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

/** A stock kernel in QEMU TCG whose virtual machine is migrated to another host, while it runs. */
class MigratedGuestIT {
    private static final ApMask DOMAINS = ApMask.of(4, 0x47);

    private final RealTime time = new RealTime();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private Host host(int type) {
        SimulatedMachine machine = SimulatedMachine.builder(time).adapter(AdapterSpec.of(5, type, AdapterMode.CCA))
                .usageDomains(DOMAINS).build();
        return Host.boot(machine, HostOptions.of(Level.NEXT));
    }

    private static S390Machine start(Host host, ApMask domains) throws Exception {
        PlannedMdev mdev = PlannedMdev.create(host, "guest1",
                new Plan.Guest(ApMask.of(5), domains, ApMask.NONE, null, 1));
        HostCpu cpu = HostCpu.kvm(QemuVersion.NEXT, CpuDefinition.Z14, host.platform().facilities(), true);
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, 1);
        return S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(List.of("qemu-system-s390x", "-cpu",
                "host,ap=on,apqci=on,apft=on", "-device", "vfio-ap,sysfsdev=" + mdev.path())));
    }

    private static List<String> types(String console) {
        return console.lines().filter(line -> line.matches("05\\.00[0-9a-f]{2} .*"))
                .map(line -> String.join(" ", List.of(line.split(" +")).subList(0, 2))).toList();
    }

    /** U142: the running kernel finds the newer card of the other host under the numbers that it had. */
    @Test
    void u142_aStockKernelGoesOnWithTheQueuesOfAnotherHost() throws Exception {
        try (S390Machine here = start(host(13), DOMAINS);
                S390Machine there = start(host(14), ApMask.NONE);
                StockGuest guest = new StockGuest.Recipe("trixie").script("""
                        lszcrypt
                        echo ready
                        while ! lszcrypt | grep -q 'CEX8C'; do echo 1 > /sys/bus/ap/scans; sleep 0.1; done
                        lszcrypt
                        """).start(here.platform())) {
            guest.await("ready");
            byte[] state = here.execution().save();
            there.execution().stop();
            there.execution().load(state);
            there.execution().takeOver(here.execution());
            there.execution().cont();
            here.close();
            assertEquals(List.of("05.0004 CEX7C", "05.0047 CEX7C", "05.0004 CEX8C", "05.0047 CEX8C"),
                    types(guest.awaitEnd()));
        }
    }
}
