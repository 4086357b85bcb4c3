// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.EnumSet;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.MachineSpec;

/** The CPU of a machine file, as far as guests see it. */
public final class MachineCpu {
    private MachineCpu() {}

    /** Returns the newest model that has all of AP that the machine has. */
    public static HostCpu of(MachineFile file) {
        return of(file, file.qemu());
    }

    /** Returns the same as another QEMU offers it. */
    public static HostCpu of(MachineFile file, QemuVersion qemu) {
        MachineSpec machine = file.machine();
        CpuDefinition definition = CpuDefinition.GEN16A;
        EnumSet<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        features.addAll(definition.fullFeatures()); // only the AP side of the machine is described
        features.removeIf(feature -> lacks(machine, feature));
        return new HostCpu(qemu, true, definition, features);
    }

    private static boolean lacks(MachineSpec machine, CpuFeature feature) {
        return switch (feature) {
            case AP -> !machine.ap();
            case AP_QUERY_CONFIG_INFO -> !machine.facilities().has(Facilities.QCI);
            case AP_FACILITIES_TEST -> !machine.facilities().has(Facilities.APFT);
            case AP_QUEUE_INTERRUPT_CONTROL -> !machine.facilities().has(Facilities.APQI);
            default -> false;
        };
    }
}
