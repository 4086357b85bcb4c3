// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;

/**
 * What {@code /proc/sysinfo} says of the machine, as far as it has any of it: manufacturer, type, model. The type is that of the
 * first machine that took the newest of its cards. Source: Linux {@code arch/s390/kernel/sysinfo.c}, {@code stsi_1_1_1}.
 */
final class MachineInformation {
    private static final int CEX4 = 10;
    private static final String[] TYPES = {"2827", "2964", "3906", "8561", "3931"}; // zEC12, z13, z14, z15, z16

    private MachineInformation() {}

    static String text(SimulatedMachine machine) {
        int newest = CEX4;
        for (int apid : machine.adapterMask().ids().toArray()) {
            SimulatedAdapter adapter = machine.findAdapter(apid);
            newest = adapter == null ? newest : Math.max(newest, adapter.spec().type());
        }
        return String.format("Manufacturer:         %-16s%nType:                 %-4s%nModel:                %-16s%n",
                "IBM", TYPES[Math.min(newest - CEX4, TYPES.length - 1)], "apvirt");
    }
}
