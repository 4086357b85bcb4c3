// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.SimulatedMachineBuilder;

/** The machines that benchmarks run on. */
final class Machines {
    private Machines() {}

    /**
     * A machine of CEX5C adapters from 0 on, with as many usage domains.
     *
     * @param adapters 1..256
     * @param domains 1..256
     */
    static SimulatedMachine of(int adapters, int domains, VirtualTime time) {
        SimulatedMachineBuilder builder = SimulatedMachine.builder(time).usageDomains(ApMask.range(0, domains - 1));
        for (int apid = 0; apid < adapters; apid++) {
            builder.adapter(AdapterSpec.of(apid, 11, AdapterMode.CCA));
        }
        return builder.build();
    }
}
