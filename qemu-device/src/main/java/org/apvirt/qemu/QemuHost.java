// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The host that QEMU starts on, as QEMU finds it.
 *
 * @param version which QEMU
 * @param kvm what KVM offers, null where there is no KVM
 * @param kvmByDefault whether a command line that names no accelerator gets KVM; QEMU itself takes TCG
 * @param access files and nodes; null if the host is not there to be looked at: then nothing that would need it is
 *     checked
 */
public record QemuHost(QemuVersion version, @Nullable HostCpu kvm, boolean kvmByDefault,
        @Nullable HostAccess access) {
    /**
     * Checks that versions agree.
     *
     * @throws IllegalArgumentException if the CPU is that of another version
     */
    public QemuHost {
        if (kvm != null && kvm.version() != version) {
            throw new IllegalArgumentException("a CPU of QEMU " + kvm.version() + " for QEMU " + version);
        }
    }

    /** Returns a host without KVM that is not looked at. */
    public static QemuHost tcg(QemuVersion version) {
        return new QemuHost(version, null, false, null);
    }

    /** Returns a host with KVM that a command line gets unless it names another accelerator. */
    public static QemuHost kvm(HostCpu cpu, @Nullable HostAccess access) {
        return new QemuHost(cpu.version(), cpu, true, access);
    }
}
