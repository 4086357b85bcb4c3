// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.apvirt.sysfs.SysfsMount;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/** The two walks through all layers that docs/design.md describes are those that the program takes. */
@Timeout(60)
class WalksIT {
    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough";
    private static final String UUID = "0f0e0d0c-0000-4000-8000-000000000001";
    private static final String MDEV = "/sys/devices/vfio_ap/matrix/" + UUID;

    @TempDir
    Path point;
    private final AtomicReference<List<String>> walked = new AtomicReference<>();
    private SimulatedMachine machine;
    private Host host;

    private S390Machine guestWithDomainFour() throws Exception {
        MachineFile file = MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C}
                usage-domains: [4]
                """, "test");
        machine = file.machine().build(new VirtualTime(), false);
        host = file.boot(machine);
        write("/sys/bus/ap/apmask", "-5");
        write(TYPE + "/create", UUID);
        write(MDEV + "/assign_domain", "4");
        HostCpu cpu = HostCpu.kvm(QemuVersion.V10_0, CpuDefinition.Z14, machine.facilities(), true);
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, 1);
        return S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(List.of("qemu-system-s390x",
                "-machine", "accel=kvm", "-cpu", "host,ap=on,apqci=on,apft=on", "-device",
                "vfio-ap,sysfsdev=" + MDEV)));
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(SysfsFileSystem.of(host.root()).getPath(file), text);
    }

    private void remember() {
        walked.set(Arrays.stream(Thread.currentThread().getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("org.apvirt.")
                        && !frame.getClassName().contains(".it."))
                .map(frame -> frame.getClassName().replaceFirst(".*[.]", "").replaceFirst("[$].*", "") + '.'
                        + frame.getMethodName())
                .toList().reversed());
    }

    /** Returns the first words of the lines of a walk in the document. */
    private static List<String> documented(String title) throws IOException {
        List<String> lines = Files.readAllLines(Path.of("../docs/design.md"));
        int begin = lines.indexOf("### " + title);
        List<String> rest = lines.subList(begin + 1, lines.size());
        int fence = rest.indexOf("```text");
        return rest.stream().skip(fence + 1L).takeWhile(line -> !line.equals("```")).map(line -> line.split(" ")[0])
                .toList();
    }

    /** Asserts that the steps were walked in this order, others between them. */
    private void assertWalked(String title) throws IOException {
        List<String> way = walked.get();
        assertNotNull(way, "nobody came to the end of the walk");
        List<String> found = new ArrayList<>();
        int at = 0;
        for (String step : documented(title)) {
            int next = way.subList(at, way.size()).indexOf(step);
            if (next >= 0) {
                found.add(step);
                at += next + 1;
            }
        }
        assertEquals(documented(title), found, () -> "walked: " + way);
    }

    @Test
    void aWriteToAssignAdapterGoesFromFuseToTheCrycb() throws Exception {
        ExecutedProgram.requireFuse();
        try (S390Machine vm = guestWithDomainFour();
                AutoCloseable listening = vm.guest().onMasks(change -> remember());
                SysfsMount mount = SysfsMount.mount(host.root(), point)) {
            Files.writeString(point.resolve(MDEV.substring(1) + "/assign_adapter"), "5");
            assertWalked("A write to `assign_adapter`");
        }
    }

    @Test
    void aTapqOfTheGuestGoesFromItsCpuToTheQueue() throws Exception {
        try (S390Machine vm = guestWithDomainFour()) {
            write(MDEV + "/assign_adapter", "5");
            ApCommands guest = new ApCommands(vm.platform().instructions(), vm.platform().facilities());
            try (AutoCloseable listening = machine.onInstruction((function, qid, response) -> remember())) {
                assertEquals(0, guest.tapq(new Apqn(5, 4)) & 0xff_0000);
            }
            assertWalked("A TAPQ of a guest");
        }
    }
}
