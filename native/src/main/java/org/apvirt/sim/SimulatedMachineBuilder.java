// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Builds a machine. Not thread-safe. */
public final class SimulatedMachineBuilder {
    final Time time;
    private Facilities facilities = Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI,
            Facilities.MSA3);
    private boolean apInstalled = true;
    private @Nullable Boolean apxa; // null: as the QCI flags say
    private int qciFlags = ApConfigInfo.APSC | ApConfigInfo.APXA;
    private int na = ApMask.BITS - 1;
    private int nd = ApMask.BITS - 1;
    private final SortedMap<Integer, AdapterSpec> adapters = new TreeMap<>();
    private ApMask usageDomains = ApMask.NONE;
    private @Nullable ApMask controlDomains;
    Duration resetTime = Duration.ZERO;
    boolean deliversInterrupts = true;
    RandomGenerator random = new CardRandom();
    @Nullable
    RsaArithmetic rsaArithmetic;
    @Nullable
    EcArithmetic ecArithmetic;
    private boolean takesAdministration;
    private boolean secureGuest;
    private @Nullable List<AssociationSecret> secrets;
    Duration associationTime = Duration.ZERO;

    SimulatedMachineBuilder(Time time) {
        this.time = time;
    }

    /** Sets what STFLE reports; by default QCI, APFT, APQI and MSA3. */
    public SimulatedMachineBuilder facilities(Facilities facilities) {
        this.facilities = facilities;
        return this;
    }

    /** Without AP, each instruction ends in an operation exception. */
    public SimulatedMachineBuilder apInstalled(boolean installed) {
        this.apInstalled = installed;
        return this;
    }

    /** Tells whether adapters above 63 and domains above 15 can be named; by default as the QCI flags say. */
    public SimulatedMachineBuilder apxa(boolean installed) {
        this.apxa = installed;
        return this;
    }

    /** Sets the flags word of QCI; by default APSC and APXA. */
    public SimulatedMachineBuilder qciFlags(int flags) {
        this.qciFlags = flags;
        return this;
    }

    /** Sets the highest adapter number, 0..255. */
    public SimulatedMachineBuilder na(int na) {
        this.na = Objects.checkIndex(na, ApMask.BITS);
        return this;
    }

    /** Sets the highest domain number, 0..255. */
    public SimulatedMachineBuilder nd(int nd) {
        this.nd = Objects.checkIndex(nd, ApMask.BITS);
        return this;
    }

    /** Adds an adapter. */
    public SimulatedMachineBuilder adapter(AdapterSpec adapter) {
        adapters.put(adapter.apid(), adapter);
        return this;
    }

    /** Sets the domains that the machine may use; by default none. */
    public SimulatedMachineBuilder usageDomains(ApMask domains) {
        this.usageDomains = domains;
        return this;
    }

    /** Sets the domains that the machine may control; null, the default: the usage domains. */
    public SimulatedMachineBuilder controlDomains(@Nullable ApMask domains) {
        this.controlDomains = domains;
        return this;
    }

    /**
     * Tells whether interruptions happen. If not, AQIC still keeps the enabled bit, takes any address, and drivers
     * that also poll by timer work: the machine of a recording.
     */
    public SimulatedMachineBuilder deliversInterrupts(boolean delivers) {
        this.deliversInterrupts = delivers;
        return this;
    }

    /** Sets where the random numbers of CCA cards come from; by default a {@link java.security.SecureRandom}. */
    public SimulatedMachineBuilder random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /** Sets who computes with big numbers for the cards; by default {@link RsaArithmetic#installed}. */
    public SimulatedMachineBuilder rsaArithmetic(RsaArithmetic arithmetic) {
        this.rsaArithmetic = arithmetic;
        return this;
    }

    /** Sets who computes with elliptic curves for the cards; by default {@link EcArithmetic#installed}. */
    public SimulatedMachineBuilder ecArithmetic(EcArithmetic arithmetic) {
        this.ecArithmetic = arithmetic;
        return this;
    }

    /**
     * Makes cards take the messages that change keys ({@link org.apvirt.arch.cca.MasterKeyCommand}). Not IBM's: real
     * cards know other ones, which are not public. By default they refuse them.
     */
    public SimulatedMachineBuilder administration(boolean taken) {
        this.takesAdministration = taken;
        return this;
    }

    /**
     * Makes the machine what the operating system of a Secure Execution guest sees: queues must be bound (BAPQ), those
     * of EP11 cards also associated with a secret (AAPQ), where APSB is among the QCI flags. It has an ultravisor to call.
     */
    public SimulatedMachineBuilder secureGuest(boolean secure) {
        this.secureGuest = secure;
        return this;
    }

    /**
     * Sets the association secrets that the guest has from the start, numbered from 0; null, the default: a queue can be
     * associated with each index, and none is listed.
     */
    public SimulatedMachineBuilder secrets(@Nullable List<AssociationSecret> secrets) {
        this.secrets = secrets;
        return this;
    }

    /** Makes an association last this long; by default it is over at once. */
    public SimulatedMachineBuilder associationTime(Duration time) {
        this.associationTime = time;
        return this;
    }

    /** Builds the machine. */
    public SimulatedMachine build() {
        Boolean given = apxa;
        return build(new MachineSpec(apInstalled, facilities,
                given == null ? (qciFlags & ApConfigInfo.APXA) != 0 : given, qciFlags, na, nd,
                Collections.unmodifiableSortedMap(new TreeMap<>(adapters)), usageDomains, controlDomains,
                Collections.emptySortedMap(), 0, List.of(), secureGuest, secrets, takesAdministration));
    }

    SimulatedMachine build(MachineSpec spec) {
        SimulatedMachine machine = new SimulatedMachine(spec, this);
        spec.adapters().values().forEach(machine::addAdapter);
        spec.responses().forEach(machine::setResponse);
        spec.faults().stream().filter(fault -> !MachineSpec.resumes(fault)).forEach(machine::inject);
        return machine;
    }
}
