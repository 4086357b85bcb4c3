// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.List;
import java.util.SortedMap;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine as a machine file, a scenario or a {@link SimulatedMachineBuilder} describes it; what is here is fixed when it is
 * built, or how it is then.
 *
 * @param ap whether the AP instructions are installed
 * @param facilities what STFLE reports: QCI, APFT, APQI
 * @param apxa whether adapters above 63 and domains above 15 can be named
 * @param qciFlags flags word of PQAP(QCI)
 * @param highestAdapter Na of QCI, 0..255
 * @param highestDomain Nd of QCI, 0..255
 * @param adapters adapters by number
 * @param usageDomains usage domains
 * @param controlDomains control domains, null: the usage domains
 * @param responses queues that answer every status query with one response code
 * @param resetPolls how many status queries after a reset answer that it is in progress
 * @param faults what goes wrong, and when
 * @param secureGuest whether the operating system on it is a Secure Execution guest
 * @param secrets the association secrets that such a guest has from the start; null: any will do
 * @param administration whether cards take apvirt's own messages that change keys
 */
public record MachineSpec(boolean ap, Facilities facilities, boolean apxa, int qciFlags, int highestAdapter,
        int highestDomain, SortedMap<Integer, AdapterSpec> adapters, ApMask usageDomains,
        @Nullable ApMask controlDomains, SortedMap<Apqn, Integer> responses, int resetPolls, List<Fault> faults,
        boolean secureGuest, @Nullable List<AssociationSecret> secrets, boolean administration) {
    /**
     * Builds the machine. Faults that go on from what they have counted are not there yet: the boot is not to be counted.
     *
     * @param deliversInterrupts whether adapter interruptions happen; those of a recording never did
     */
    public SimulatedMachine build(Time time, boolean deliversInterrupts) {
        return new SimulatedMachineBuilder(time).deliversInterrupts(deliversInterrupts).build(this);
    }

    /** Has those faults that go on from what they have counted. */
    public void resumeFaults(SimulatedMachine built) {
        faults.stream().filter(MachineSpec::resumes).forEach(built::inject);
    }

    /** Tells whether a fault goes on from what it has counted: the boot is not to be counted, so it comes after that. */
    static boolean resumes(Fault fault) {
        return fault instanceof InstructionFault it && it.when().before() != null;
    }

    /** Returns the control domains that the machine grants. */
    public ApMask effectiveControlDomains() {
        return controlDomains == null ? usageDomains : controlDomains;
    }
}
