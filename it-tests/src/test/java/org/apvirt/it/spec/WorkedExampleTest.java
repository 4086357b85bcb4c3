// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.spec;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.cli.Apvirt;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import static org.apvirt.it.spec.SeedHost.BUS;
import static org.apvirt.it.spec.SeedHost.MATRIX;
import static org.apvirt.it.spec.SeedHost.TYPE;
import static org.apvirt.it.spec.SeedHost.UUID1;
import static org.apvirt.it.spec.SeedHost.UUID2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The specification's worked example: six steps from a host to two guests, at level seed. */
class WorkedExampleTest {
    private final SeedHost host = new SeedHost(ApMask.of(4, 0x47, 0xab, 0xff), ApMask.of(4, 0x47, 0xab, 0xff),
            AdapterSpec.of(5, 11, AdapterMode.CCA), AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR));

    @BeforeEach
    void stepsOneToFour() throws ErrnoException {
        host.reserve("05.0004", "05.0047", "05.00ab", "05.00ff", "06.0004", "06.00ab");
        host.create(UUID1);
        host.create(UUID2);
        host.assign(UUID1, List.of(5, 6), List.of(4, "0xab"));
        host.assign(UUID2, List.of(5), List.of("0x47", "0xff"));
    }

    private S390Machine start(String uuid) throws Exception {
        HostCpu cpu = HostCpu.kvm(QemuVersion.SEED, CpuDefinition.Z14, host.machine.facilities(), true);
        KernelAccess access = new KernelAccess(host.host.kernel(), SysfsFileSystem.of(host.host.root())::getPath, 1);
        return S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(
                List.of("qemu-system-s390x", "-cpu", "zEC12", "-device", "vfio-ap,sysfsdev=" + MATRIX + uuid)));
    }

    private static List<String> devicesSeenBy(S390Machine vm) throws ErrnoException {
        Host inside = Host.boot(vm.platform(), HostOptions.of(Level.SEED).withModules(HostOptions.GUEST_MODULES));
        return List.copyOf(new java.util.TreeSet<>(
                ((org.apvirt.device.SysfsDirectory) inside.files().node(BUS + "devices")).names()));
    }

    @Test
    void s99_step1UnbindsTheSixQueuesFromTheHostsDriver() throws ErrnoException {
        SeedHost fresh = new SeedHost(ApMask.of(4, 0x47, 0xab, 0xff), ApMask.NONE,
                AdapterSpec.of(5, 11, AdapterMode.CCA), AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR));
        assertEquals(8, queuesIn(fresh, "cex4queue").size());
        for (String queue : List.of("05.0004", "05.0047", "05.00ab", "05.00ff", "06.0004", "06.00ab")) {
            fresh.echo(queue, BUS + "drivers/cex4queue/unbind");
            assertFalse(fresh.exists(BUS + "devices/" + queue + "/driver"));
        }
        assertEquals(List.of("06.0047", "06.00ff"), queuesIn(fresh, "cex4queue"));
        assertEquals(List.of(), queuesIn(fresh, "vfio_ap"));
    }

    private static List<String> queuesIn(SeedHost host, String driver) throws ErrnoException {
        return host.ls(BUS + "drivers/" + driver).stream().filter(name -> name.matches("..\\.....")).toList();
    }

    @Test
    void s32_aQueueIsOfOneGuestOrOfTheHost() throws Exception {
        try (S390Machine guest1 = start(UUID1); S390Machine guest2 = start(UUID2)) {
            assertEquals("guest1", owners(guest1, guest2, new Apqn(5, 4)));
            assertEquals("guest2", owners(guest1, guest2, new Apqn(5, 0x47)));
            assertEquals("host", owners(guest1, guest2, new Apqn(6, 0x47)));
        }
    }

    /** Who reaches a queue: guests by an instruction, the host by a driver that has it. */
    private String owners(S390Machine guest1, S390Machine guest2, Apqn queue) throws ErrnoException {
        List<String> owners = new java.util.ArrayList<>();
        if (reaches(guest1, queue)) {
            owners.add("guest1");
        }
        if (reaches(guest2, queue)) {
            owners.add("guest2");
        }
        if (queuesIn(host, "cex4queue").contains(queue.toString())) {
            owners.add("host");
        }
        return String.join(" ", owners);
    }

    private static boolean reaches(S390Machine guest, Apqn queue) {
        ApCommands commands = new ApCommands(guest.platform().instructions(), guest.platform().facilities());
        return commands.tapq(queue) == ApQueueStatus.EMPTY;
    }

    @Test
    void s99_s101_theSixQueuesAreWithVfioAp() throws ErrnoException {
        assertTrue(host.ls(BUS + "drivers/vfio_ap").containsAll(
                List.of("05.0004", "05.0047", "05.00ab", "05.00ff", "06.0004", "06.00ab")));
    }

    @Test
    void s100_queuesHaveNoFilesOfDomains() throws ErrnoException {
        List<String> files = host.ls("/sys/devices/ap/card05/05.0047");
        assertFalse(files.contains("control_domains"));
        assertFalse(files.contains("domains"));
    }

    @Test
    void s102_s103_thereAreTwoMediatedDevicesWithTheirFiles() throws ErrnoException {
        assertEquals(List.of(UUID1, UUID2), host.ls(TYPE + "devices"));
        assertTrue(host.ls(MATRIX + UUID2).contains("unassign_control_domain"));
    }

    @Test
    void s104_s107_s108_matrixShowsWhatWasAssigned() throws ErrnoException {
        assertEquals("05.0004\n05.00ab\n06.0004\n06.00ab\n", host.cat(MATRIX + UUID1 + "/matrix"));
        assertEquals("05.0047\n05.00ff\n", host.cat(MATRIX + UUID2 + "/matrix"));
    }

    @Test
    void s106_aMistakeIsMended() throws ErrnoException {
        host.echo(0x47, MATRIX + UUID2 + "/unassign_domain");
        assertEquals("05.00ff\n", host.cat(MATRIX + UUID2 + "/matrix"));
    }

    @Test
    void s70_s109_theGuestsAreStartedWithTheirMediatedDevices() throws Exception {
        try (S390Machine guest1 = start(UUID1); S390Machine guest2 = start(UUID2)) {
            assertEquals(List.of("05.0004", "05.00ab", "06.0004", "06.00ab", "card05", "card06"),
                    devicesSeenBy(guest1));
            assertEquals(List.of("05.0047", "05.00ff", "card05"), devicesSeenBy(guest2));
        }
    }

    @Test
    void s23_s24_s25_s28_s69_s105_theCrycbHoldsTheMasksAndUsageDomainsAreControlDomains() throws Exception {
        try (S390Machine vm = start(UUID1)) {
            KvmGuest guest = vm.guest();
            assertEquals(ApMask.of(5, 6), guest.apcb().apm());
            assertEquals(ApMask.of(4, 0xab), guest.apcb().aqm());
            assertEquals(ApMask.of(4, 0xab), guest.apcb().adm());
        }
    }

    @Test
    void s80_anAssignedControlDomainIsInTheAdmToo() throws Exception {
        host.echo(0x47, MATRIX + UUID1 + "/assign_control_domain");
        try (S390Machine vm = start(UUID1)) {
            KvmGuest guest = vm.guest();
            assertEquals(ApMask.of(4, 0x47, 0xab), guest.apcb().adm());
        }
    }

    @Test
    void s68_aChangeTakesEffectWhenTheGuestIsStartedAgain() throws Exception {
        try (S390Machine vm = start(UUID1)) {
            host.echo(6, MATRIX + UUID1 + "/unassign_adapter");
            assertEquals(ApMask.of(5, 6), vm.guest().apcb().apm());
        }
        try (S390Machine vm = start(UUID1)) {
            assertEquals(ApMask.of(5), vm.guest().apcb().apm());
        }
    }

    @Test
    void s31_aQueueOfTheOtherGuestAnswersWithResponseCode01() throws Exception {
        try (S390Machine guest1 = start(UUID1); S390Machine guest2 = start(UUID2)) {
            ApCommands commands = new ApCommands(guest2.platform().instructions(), guest2.platform().facilities());
            assertEquals(ApQueueStatus.EMPTY, commands.tapq(new Apqn(5, 0x47)));
            assertEquals(ApQueueStatus.wordOf(1), commands.tapq(new Apqn(5, 4)));
            assertEquals(ApQueueStatus.wordOf(1), commands.nqap(new Apqn(5, 4), 1, new byte[400], 400, false));
        }
    }

    @Test
    void s110_theQueuesNobodyNamesStayWithTheHost() throws ErrnoException {
        assertEquals("../../../../bus/ap/drivers/cex4queue",
                host.host.readLink("/sys/devices/ap/card06/06.0047/driver"));
        assertEquals("1\n", host.cat("/sys/devices/ap/card06/06.00ff/online"));
    }

    @Test
    void s95_olderCardsAreNotForGuests() throws ErrnoException {
        SeedHost old = new SeedHost(ApMask.of(4), ApMask.of(4), AdapterSpec.of(1, 9, AdapterMode.CCA));
        old.echo("01.0004", BUS + "drivers/pcixccqueue/unbind");
        old.refuses(org.apvirt.device.Errno.ENODEV, "01.0004", BUS + "drivers/vfio_ap/bind");
    }

    @Test
    void s96_s97_s98_theDemoPrintsBothTablesWithTypesThatTheCardsHave() {
        StringWriter out = new StringWriter();
        CommandLine line = Apvirt.commandLine().setOut(new PrintWriter(out));
        assertEquals(0, line.execute("demo"), out::toString);
        String text = out.toString();
        for (String row : List.of("05          CEX5C CCA-Coproc", "05.00ab     CEX5C CCA-Coproc",
                "06          CEX5A Accelerator", "06.00ab     CEX5A Accelerator", "05.0047     CEX5C CCA-Coproc",
                "05.00ff     CEX5C CCA-Coproc")) {
            assertTrue(text.contains(row), () -> row + " is not in\n" + text);
        }
    }
}
