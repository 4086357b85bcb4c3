// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Occurrences;
import org.apvirt.device.AttributeFault;
import org.apvirt.device.AttributeFaults;
import org.apvirt.device.Kernel;
import org.apvirt.host.Host;
import org.apvirt.machine.PlannedFault;
import org.apvirt.running.Change.Action;
import org.apvirt.running.Change.Kind;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.sim.InjectedFault;
import org.apvirt.sim.SimulatedMachine;

/**
 * What goes wrong on a running machine: on its hardware and at the attributes of its kernel, those of the machine file included.
 * Each fault that is counted has a number, in order of injection. Nothing here waits. Thread-safe.
 */
public final class MachineFaults {
    private final SimulatedMachine machine;
    private final Kernel kernel;
    private final AttributeFaults attributes;
    private final Journal<Change> changes;
    private final Map<Occurrences, Integer> numbers = new IdentityHashMap<>(); // guarded by this, like all
    private int last;

    MachineFaults(SimulatedMachine machine, Host host, Journal<Change> changes) {
        this.machine = machine;
        this.kernel = host.kernel();
        this.attributes = kernel.attributeFaults();
        this.changes = changes;
    }

    /** Has something go wrong. */
    public synchronized void inject(PlannedFault fault) {
        fault.inject(machine, kernel);
        changes.add(new Change(Kind.FAULT, fault instanceof PlannedFault.Standing it ? it.apqn().toString() : "all",
                Action.ADDED));
    }

    /** Returns what goes wrong, or will: what is counted by number, then what stands by queue. */
    public synchronized List<FaultStatus> list() {
        List<FaultStatus> all = new ArrayList<>();
        for (InjectedFault injected : machine.injectedFaults()) {
            all.add(status(new PlannedFault.OnInstruction(injected.fault()), injected.counted()));
        }
        for (AttributeFaults.Injected injected : attributes.list()) {
            all.add(status(new PlannedFault.OnAttribute(injected.fault()), injected.counted()));
        }
        all.sort(java.util.Comparator.comparing(one -> one.number() == null ? 0 : one.number()));
        machine.responses().forEach((apqn, response) -> all
                .add(new FaultStatus(null, new PlannedFault.Standing(apqn, response), null, null)));
        return all;
    }

    private FaultStatus status(PlannedFault fault, Occurrences counted) {
        return new FaultStatus(number(counted), fault, counted.seen(), counted.hits());
    }

    private int number(Occurrences counted) {
        return numbers.computeIfAbsent(counted, fresh -> ++last);
    }

    /** Returns the faults of attributes, as a machine file has them. */
    List<AttributeFault> ofAttributes() {
        return attributes.list().stream().map(AttributeFaults.Injected::fault).toList();
    }

    /**
     * Has a queue answer every instruction with a response code, until {@link #liftResponse}.
     *
     * @param responseCode 0x00..0xff
     */
    public void respond(Apqn apqn, int responseCode) {
        inject(new PlannedFault.Standing(apqn, responseCode));
    }

    /**
     * Has a queue answer as usual again.
     *
     * @throws ControlException MISSING: it does
     */
    public synchronized void liftResponse(Apqn apqn) throws ControlException {
        Map<Apqn, Integer> standing = machine.responses();
        if (!standing.containsKey(apqn)) {
            throw new ControlException(Reason.MISSING, "apqn", "apqn " + apqn + ": the queue answers as usual"
                    + (standing.isEmpty() ? "" : " (these do not: " + standing.keySet() + ')'));
        }
        machine.setResponse(apqn, -1);
        changes.add(new Change(Kind.FAULT, apqn.toString(), Action.REMOVED));
    }

    /**
     * Takes one fault back. What it made slow goes on; whom it delays at an attribute goes on now.
     *
     * @param number as {@link #list} has it
     * @throws ControlException MISSING: there is none
     */
    public synchronized void lift(int number) throws ControlException {
        boolean lifted = false;
        for (InjectedFault injected : machine.injectedFaults()) {
            lifted |= number(injected.counted()) == number && machine.lift(injected);
        }
        for (AttributeFaults.Injected injected : attributes.list()) {
            lifted |= number(injected.counted()) == number && attributes.lift(injected);
        }
        if (!lifted) {
            throw new ControlException(Reason.MISSING, "fault",
                    "fault " + number + ": there is none of this number; see 'apvirt ctl faults'");
        }
        changes.add(new Change(Kind.FAULT, Integer.toString(number), Action.REMOVED));
    }

    /** Takes every fault back, those of the machine file included; what they made slow ends now. */
    public synchronized void liftAll() {
        machine.clearFaults();
        attributes.clear();
        machine.responses().keySet().forEach(apqn -> machine.setResponse(apqn, -1));
        numbers.clear();
        changes.add(new Change(Kind.FAULT, "all", Action.REMOVED));
    }
}
