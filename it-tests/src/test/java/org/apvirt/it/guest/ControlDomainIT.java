// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.arch.cca.MasterKeyCommand;
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
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Two stock kernels on one host: what one sends to its own usage domain changes the master key of the other's, if its
 * mediated device has that as control domain, and the other sees it in {@code mkvps}.
 */
class ControlDomainIT {
    private static final int OTHER = 0x47;
    private static final byte[] KEY = new byte[32];
    /** The first half of a SHA-256 value, of one byte 01 and the key; IBM documents the rule. */
    private static final String PATTERN_OF_KEY = "0x1a7dfdeaffeedac4";
    private static final String NO_PATTERN = "0x0000000000000000";

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time).administration(true)
            .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).usageDomains(ApMask.of(4, OTHER)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static S390Machine start(Host host, PlannedMdev mdev) throws Exception {
        HostCpu cpu = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, host.platform().facilities(), true);
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, 1);
        return S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(List.of("qemu-system-s390x", "-cpu",
                "host,ap=on,apqci=on,apft=on", "-device", "vfio-ap,sysfsdev=" + mdev.path())));
    }

    private static Plan.Guest guest(int usage, ApMask control) {
        return new Plan.Guest(ApMask.of(5), ApMask.of(usage), control, null, 1);
    }

    /** A line of the script: the command in a block that names a domain itself. */
    private static String send(int named, String operation, byte[] part) {
        byte[] command = new MasterKeyCommand(operation, "AES", OTHER, part).toBytes();
        return "echo \"told: " + operation + " by " + named + " $(cprb 5 T3 " + named + ' '
                + HexFormat.of().formatHex(command) + " | cut -c1-40)\"\n";
    }

    private static String send(String operation, byte[] part) {
        return send(4, operation, part) + send(0xffff, operation, part) + send(OTHER, operation, part);
    }

    private static List<String> told(String console) {
        return console.lines().filter(line -> line.startsWith("told: ")).map(line -> line.substring(6)).toList();
    }

    /** S7, S14, S28, S80: the ADM of the guest decides, and nothing else. */
    @Test
    void s28_aControlDomainOfOneGuestIsChangedAndTheOtherGuestSeesIt() throws Exception {
        Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
        PlannedMdev first = PlannedMdev.create(host, "guest1", guest(4, ApMask.of(4)));
        PlannedMdev second = PlannedMdev.create(host, "guest2", guest(OTHER, ApMask.of(OTHER)));
        String administrator = send("RANDOM", new byte[0]) + """
                echo ready; read line
                echo 1 >/sys/bus/ap/scans
                """ + send(4, "FIRST", KEY) + send(OTHER, "LAST", new byte[32]) + send(0xffff, "SET", new byte[0])
                + "echo \"told: own $(grep 'AES CUR' /sys/bus/ap/devices/05.0004/mkvps)\"\n";
        String user = """
                state() { echo "told: $1: $(sed -n '/AES \\(NEW\\|CUR\\)/s/^AES //p' /sys/bus/ap/devices/05.0047/mkvps | xargs)"; }
                state before; read line; state refused; read line; state set
                """;
        try (S390Machine vm1 = start(host, first);
                S390Machine vm2 = start(host, second);
                StockGuest guest1 = new StockGuest.Recipe("trixie")
                        .program("bin/cprb", StockGuest.program("cprb", temporary)).script(administrator)
                        .start(vm1.platform());
                StockGuest guest2 = new StockGuest.Recipe("bookworm").script(user).start(vm2.platform())) {
            guest1.await("ready");
            guest2.await("told: before");
            guest2.type("");
            guest2.await("told: refused");
            assertEquals(DomainKeys.NONE, machine.adapter(5).cryptoDomain(OTHER).keys());

            host.write(first.path() + "/assign_control_domain", "0x47");
            guest1.type("");
            String console = guest1.awaitEnd();
            assertEquals(List.of("RANDOM by 4 error Invalid argument status 0008044d",
                    "RANDOM by 65535 error Invalid argument status 0008044d",
                    "RANDOM by 71 error No such device status 00000000", "FIRST by 4 reply 0/0 415600020002",
                    "LAST by 71 reply 0/0 415600020002", "SET by 65535 reply 0/0 415600020002",
                    "own AES CUR: invalid " + NO_PATTERN),
                    told(console), console);
            guest2.type("");
            console = guest2.awaitEnd();
            assertEquals(List.of("before: NEW: empty " + NO_PATTERN + " CUR: invalid " + NO_PATTERN,
                    "refused: NEW: empty " + NO_PATTERN + " CUR: invalid " + NO_PATTERN,
                    "set: NEW: empty " + NO_PATTERN + " CUR: valid " + PATTERN_OF_KEY), told(console), console);
        }
        assertEquals(DomainKeys.NONE, machine.adapter(5).cryptoDomain(4).keys());
        assertEquals(DomainKeys.NONE.with(MasterKeySet.AES, KEY), machine.adapter(5).cryptoDomain(OTHER).keys());
    }
}
