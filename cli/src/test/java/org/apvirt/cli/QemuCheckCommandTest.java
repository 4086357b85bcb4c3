// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

class QemuCheckCommandTest {
    private static final String DEVICE = "vfio-ap,sysfsdev=/sys/bus/mdev/devices/x";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private int run(String... arguments) {
        return Apvirt.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    @Test
    void printsWhatQemuPrintsAndEndsWithItsStatus() {
        assertEquals(1, run("qemu-check", "--host-cpu", "z14", "--", "qemu-system-s390x", "-cpu", "zEC12", "-device",
                DEVICE));
        assertEquals("qemu-system-s390x: -device " + DEVICE + ": No 'ap-bus' bus found for device 'vfio-ap'\n",
                err.toString());
        assertEquals("", out.toString());
    }

    @Test
    void isSilentAboutAGoodCommandLine() {
        assertEquals(0, run("qemu-check", "--host-cpu", "z14", "--", "qemu-system-s390x", "-cpu",
                "host,ap=on,apqci=on,apft=on", "-device", DEVICE));
        assertEquals("", err.toString() + out);
    }

    @Test
    void withoutKvmThereIsNoAp() {
        assertEquals(1, run("qemu-check", "--accel", "tcg", "--qemu", "7.2", "--json", "--", "qemu-system-s390x",
                "-cpu", "max,ap=on"));
        assertEquals("{\"status\": 1, \"messages\": [\"qemu-system-s390x: Some features requested in the CPU model are "
                + "not available in the configuration: ap  \"]}\n", out.toString());
    }

    @Test
    void theMachineFileSaysWhatTheHostOffers() throws IOException {
        Path file = Files.writeString(directory.resolve("m.yaml"),
                "facilities: [apft, apqi]\nadapters: {5: CEX5C}\nusage-domains: [4]\n");
        assertEquals(1, run("qemu-check", "--machine", file.toString(), "--qemu", "10", "--", "qemu-system-s390x",
                "-cpu", "z13,ap=on,apqci=on"));
        assertEquals("qemu-system-s390x: Some features requested in the CPU model are not available in the current "
                + "configuration: apqci  \nConsider a different accelerator, QEMU, or kernel version\n",
                err.toString());
    }

    @Test
    void theProgramMustBeQemuForS390() {
        assertEquals(2, run("qemu-check", "--", "/usr/bin/qemu-system-x86_64", "-cpu", "host"));
        assertEquals(2, run("qemu-check", "--", "-cpu", "host"));
        assertEquals(0, run("qemu-check", "--host-cpu", "z14", "--", "/usr/libexec/qemu-kvm", "-cpu", "host"));
        assertEquals("""
                apvirt qemu-check: '/usr/bin/qemu-system-x86_64' is no QEMU for s390x; the command line begins with \
                qemu-system-s390x (or qemu-kvm, kvm) (see apvirt qemu-check --help)
                apvirt qemu-check: '-cpu' is no QEMU for s390x; the command line begins with qemu-system-s390x \
                (or qemu-kvm, kvm) (see apvirt qemu-check --help)
                """, err.toString());
    }

    @Test
    void helpOnTheDeviceGoesToStandardOutput() {
        assertEquals(0, run("qemu-check", "--qemu", "10.2", "--", "qemu-system-s390x", "-device", "vfio-ap,help"));
        assertEquals("""
                vfio-ap options:
                  fd=<string>
                  iommufd=<link<iommufd>> - Set host IOMMUFD backend device
                  sysfsdev=<str>         - Host sysfs path of assigned device
                """, out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void aDeviceThatNamesNoMediatedDeviceIsRefusedWithoutAHostToo() {
        assertEquals(1, run("qemu-check", "--qemu", "10.0", "--", "qemu-system-s390x", "-cpu", "host", "-device",
                "vfio-ap"));
        assertEquals("qemu-system-s390x: -device vfio-ap: vfio (null): no such host device: Bad address\n",
                err.toString());
    }

    @Test
    void aRunningMachineIsLookedAtThroughItsSocket() throws Exception {
        RunningMachine running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                qemu: 7.2
                facilities: [apft, apxa]
                """, "test"), "test");
        Path socket = directory.resolve("socket");
        try (ControlServer server = ControlServer.open(socket, running, "test")) {
            assertEquals(1, run("qemu-check", "--socket", socket.toString(), "--", "qemu-system-s390x", "-cpu",
                    "z14,ap=on,apqci=on"));
            assertEquals(1, run("qemu-check", "--socket", socket.toString(), "--qemu", "10.0", "--",
                    "qemu-system-s390x", "-cpu", "host", "-device", DEVICE));
            assertEquals(0, run("qemu-check", "--json", "--socket", socket.toString(), "--", "kvm"));
            assertEquals(0, run("qemu-check", "--socket", socket.toString(), "--", "kvm", "-device", "vfio-ap,help"));
        }
        assertEquals(
                """
                        qemu-system-s390x: Some features requested in the CPU model are not available in the configuration: apqci
                        qemu-system-s390x: -device vfio-ap,sysfsdev=/sys/bus/mdev/devices/x: vfio /sys/bus/mdev/devices/x: no \
                        such host device: No such file or directory
                        """,
                err.toString().replaceAll(" +\n", "\n"));
        assertEquals("""
                {"status": 0, "messages": []}
                vfio-ap options:
                  sysfsdev=<str>
                """, out.toString().replaceAll(" +- .*", ""));
    }

    @Test
    void aHostCannotBeImaginedAndLookedAtAndADeadSocketIsOneLine() {
        assertEquals(2, run("qemu-check", "--socket", "x", "--host-cpu", "z14", "--", "kvm"));
        assertEquals(1, run("qemu-check", "--socket", "/nowhere/x", "--", "kvm"));
        assertEquals(0, run("qemu-check", "--socket", "/nowhere/x", "--accel", "tcg", "--", "kvm"));
        assertEquals("""
                apvirt qemu-check: --host-cpu imagines a host and --socket looks at one that runs; give one of them \
                (see apvirt qemu-check --help)
                apvirt qemu-check: no machine listens at /nowhere/x (apvirt ctl list shows those that run)
                """, err.toString());
    }

    @Test
    void wrongUsageIsOneLine() {
        assertEquals(2, run("qemu-check", "--host-cpu", "z99", "--", "qemu-system-s390x"));
        assertEquals(2, run("qemu-check", "--qemu", "6", "--", "qemu-system-s390x"));
        assertEquals("""
                apvirt qemu-check: --host-cpu: no model is named 'z99' (docs/cpu-models.md lists them) \
                (see apvirt qemu-check --help)
                apvirt qemu-check: --qemu: unknown QEMU version '6' (use seed, 7.2, 10.0, 10.2, 11 or next) \
                (see apvirt qemu-check --help)
                """, err.toString());
    }
}
