// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.fuzz.Refusals;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.running.ControlException;
import org.apvirt.running.MigrationStream;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** Whatever arrives as a guest that migrates: it is taken as a whole or refused in one line, and then nothing changed. */
class MigrationFuzzTest {
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";
    private static final String MDEV = "c2b1a1f0-3c1a-4d41-9ab1-0123456789ab";

    @FuzzTest(maxDuration = "2h")
    void deviceStreams(byte[] bytes) throws Exception {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 0x47)).build();
        Host host = Host.boot(machine, HostOptions.of(Level.NEXT));
        host.write("/sys/bus/ap/apmask", "-5,-6");
        host.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", MDEV);
        host.write(MATRIX + MDEV + "/assign_adapter", "6");
        host.write(MATRIX + MDEV + "/assign_domain", "4");
        HostCpu cpu = HostCpu.kvm(QemuVersion.NEXT, CpuDefinition.Z14, machine.facilities(), true);
        QemuHost qemu = QemuHost.kvm(cpu,
                new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, 1000));
        try (S390Machine guest = S390Machine.start(qemu, QemuCommandLine.parse(List.of("qemu", "-cpu",
                "host,ap=on,apqci=on,apft=on", "-device", "vfio-ap,sysfsdev=" + MATRIX + MDEV)))) {
            guest.execution().stop();
            try {
                guest.execution().load(bytes);
                if (bytes.length > 0) {
                    assertArrayEquals(bytes.length == 16 ? new byte[16] : apqns(bytes),
                            apqns(guest.execution().save()));
                }
            } catch (QemuException e) {
                Refusals.assertOneLine(e.getMessage() + e.hint());
                assertEquals("06.0004\n", host.read(MATRIX + MDEV + "/guest_matrix"));
            }
            guest.execution().cont();
        }
    }

    /** The adapter may be another one than that of the stream. */
    private static byte[] apqns(byte[] stream) {
        byte[] without = stream.clone();
        for (int at = 16; at + 16 <= without.length; at += 16) {
            java.util.Arrays.fill(without, at, at + 8, (byte) 0);
        }
        return without;
    }

    @FuzzTest(maxDuration = "2h")
    void guestStreams(byte[] bytes) throws Exception {
        String text = Refusals.text(bytes);
        String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes("UTF-8")));
        for (String stream : List.of(text, text + "end " + sum + "\n")) {
            try {
                MigrationStream read = MigrationStream.parse(stream);
                MigrationStream again = MigrationStream.parse(read.text());
                assertEquals(read.words(), again.words());
                assertArrayEquals(read.device(), again.device());
                assertFalse(read.words().isEmpty());
            } catch (ControlException e) {
                Refusals.assertOneLine(e.getMessage());
            }
        }
    }
}
