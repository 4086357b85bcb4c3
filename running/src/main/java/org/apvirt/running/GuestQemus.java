// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.List;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.KernelLook;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The QEMUs on the host of a running machine, each the virtual machine of a guest. */
final class GuestQemus {
    private final MachineFile file;
    private final SimulatedMachine machine;
    private final Host host;

    GuestQemus(MachineFile file, SimulatedMachine machine, Host host) {
        this.file = file;
        this.machine = machine;
        this.host = host;
    }

    /** Returns the command line of a QEMU whose guest has one mediated device. */
    static List<String> words(String cpu, String device) {
        return List.of("qemu-system-s390x", "-machine", "s390-ccw-virtio,accel=kvm", "-cpu", cpu, "-device",
                "vfio-ap,sysfsdev=" + device);
    }

    /**
     * Starts one.
     *
     * @param words name of the program and its arguments
     * @param qemu which QEMU, null: that of the machine
     * @param process what the kernel's log calls it
     */
    S390Machine start(List<String> words, @Nullable QemuVersion qemu, int process) throws QemuExit {
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, process);
        return S390Machine.start(QemuHost.kvm(MachineCpu.of(file, version(qemu)), access),
                QemuCommandLine.parse(words));
    }

    /** Returns what one would say to a command line; nothing changes. */
    QemuCheck check(List<String> words, @Nullable QemuVersion qemu) {
        KernelLook look = new KernelLook(host.kernel(), SysfsFileSystem.of(host.root())::getPath);
        return QemuCheck.of(QemuHost.kvm(MachineCpu.of(file, version(qemu)), look), words);
    }

    QemuVersion version(@Nullable QemuVersion qemu) {
        return qemu == null ? file.qemu() : qemu;
    }

    /** All of AP that the machine has; not every QEMU switches it on by itself. */
    String model() {
        Facilities facilities = machine.facilities();
        return "zEC12,ap=on" + (facilities.has(Facilities.QCI) ? ",apqci=on" : "")
                + (facilities.has(Facilities.APFT) ? ",apft=on" : "");
    }
}
