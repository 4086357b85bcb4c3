// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Storage;
import org.apvirt.arch.Time;
import org.apvirt.arch.UltravisorCall;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine with AP adapters: what an operating system is booted on where there is no real one. Facilities and limits
 * are fixed when it is built; adapters, domains and their states change while it runs, and whoever runs on it finds out
 * at its next instruction. Thread-safe.
 *
 * <pre>{@code
 * SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
 *         .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
 *         .usageDomains(ApMask.of(4, 0x47))
 *         .build();
 * }</pre>
 */
public final class SimulatedMachine {
    private final MachineSpec spec;
    private final Time time;
    private final Facilities facilities;
    private final RandomGenerator random;
    private final @Nullable RsaArithmetic rsaArithmetic; // null: whatever is installed, once it is needed
    private final @Nullable EcArithmetic ecArithmetic; // likewise
    private volatile ProtectedKeyWrapping protectedKeyWrapping;
    private final SecretStore secrets;
    private final long associationNanos;
    private final Configuration configuration;
    private final List<Runnable> changeHandlers = new CopyOnWriteArrayList<>();
    private final AbsoluteStorage storage = new AbsoluteStorage();
    private final InterruptController interrupts;
    private final InstructionMonitor monitor = new InstructionMonitor();
    private final FaultInjector faults;
    private volatile int resetPolls;
    private volatile long resetNanos;
    private volatile boolean firmwareInstalled = true;

    SimulatedMachine(MachineSpec spec, SimulatedMachineBuilder builder) {
        this.spec = spec;
        this.time = builder.time;
        this.facilities = spec.secureGuest() ? spec.facilities().with(Facilities.UVC) : spec.facilities();
        this.random = builder.random;
        this.rsaArithmetic = builder.rsaArithmetic;
        this.ecArithmetic = builder.ecArithmetic;
        this.protectedKeyWrapping = ProtectedKeyWrapping.ofHost(random);
        this.secrets = new SecretStore(spec.secrets());
        this.associationNanos = builder.associationTime.toNanos();
        this.configuration = new Configuration(spec);
        this.interrupts = new InterruptController(storage, time, builder.deliversInterrupts);
        this.faults = new FaultInjector(time);
        this.resetPolls = spec.resetPolls();
        this.resetNanos = builder.resetTime.toNanos();
    }

    /**
     * Returns a builder for a machine with all facilities and without adapters.
     *
     * @param time the clock that everything on the machine runs by
     */
    public static SimulatedMachineBuilder builder(Time time) {
        return new SimulatedMachineBuilder(time);
    }

    /** Returns what an operating system is booted on. */
    public ApPlatform platform() {
        return new ApPlatform(instructions(), facilities, this::configure, interrupts, time, spec.secureGuest(),
                spec.secureGuest() ? new Ultravisor(secrets) : UltravisorCall.NOT_INSTALLED, changeHandlers::add);
    }

    /** Returns PQAP, NQAP and DQAP. */
    public ApInstructions instructions() {
        return new SimulatedInstructions(this, spec.ap(), spec.apxa());
    }

    /** Returns the facilities. */
    public Facilities facilities() {
        return facilities;
    }

    /** Returns what the machine was built as; adapters and domains may have changed since. */
    MachineSpec spec() {
        return spec;
    }

    /** Returns the flags word of QCI. */
    public int qciFlags() {
        return spec.qciFlags();
    }

    /** Returns the clock. */
    public Time time() {
        return time;
    }

    /** Returns the absolute storage: a page of the machine's own and what was placed through {@link ApInterrupts}. */
    public Storage storage() {
        return storage;
    }

    /** Returns the adapters that there are. */
    public ApMask adapterMask() {
        return configuration.adapterMask();
    }

    /** Returns an adapter, null if there is none with this number. */
    public @Nullable SimulatedAdapter findAdapter(int apid) {
        return configuration.adapter(apid);
    }

    /**
     * Returns an adapter.
     *
     * @throws IllegalArgumentException if there is none with this number
     */
    public SimulatedAdapter adapter(int apid) {
        SimulatedAdapter adapter = configuration.adapter(apid);
        if (adapter == null) {
            throw new IllegalArgumentException("the machine has no adapter " + apid);
        }
        return adapter;
    }

    /** Plugs an adapter; one that has the number already is replaced. */
    public SimulatedAdapter addAdapter(AdapterSpec spec) {
        SimulatedAdapter added = new SimulatedAdapter(this, spec);
        configuration.add(added);
        return added;
    }

    /** Unplugs an adapter, with all that its queues hold; nothing happens if there is none. */
    public void removeAdapter(int apid) {
        configuration.remove(apid);
    }

    /** Returns the domains that the machine may use. */
    public ApMask usageDomains() {
        return configuration.usageDomains();
    }

    /** Changes the usage domains. The queues of a domain that leaves lose what they hold. */
    public void setUsageDomains(ApMask domains) {
        configuration.usageDomains(domains);
    }

    /** Reports to the operating systems on the machine that the AP configuration changed, whether it did or not. */
    public void reportConfigurationChange() {
        changeHandlers.forEach(Runnable::run);
    }

    /** Returns the domains that the machine may control. */
    public ApMask controlDomains() {
        return configuration.controlDomains();
    }

    /** Changes the control domains; null: whatever the usage domains are. */
    public void setControlDomains(@Nullable ApMask domains) {
        configuration.controlDomains(domains);
    }

    /**
     * Makes every instruction on a queue end with one response code, whatever state the queue is in. It stays when the
     * adapter is unplugged and plugged again.
     *
     * @param responseCode 0x00..0xff; -1: no more
     */
    public void setResponse(Apqn apqn, int responseCode) {
        if (responseCode != SimulatedQueue.NONE) {
            Objects.checkIndex(responseCode, 256);
        }
        configuration.force(apqn, responseCode);
    }

    /** Returns the response codes that {@link #setResponse} made queues answer, by APQN. */
    public SortedMap<Apqn, Integer> responses() {
        return configuration.forcedResponses();
    }

    /** Has something go wrong. */
    public void inject(Fault fault) {
        switch (fault) {
            case Fault.Outage outage -> time.schedule(outage.after().toNanos(), () -> fail(outage));
            case InstructionFault it -> faults.add(it);
        }
    }

    private void fail(Fault.Outage outage) {
        change(outage, true);
        Duration lasting = outage.lasting();
        if (lasting != null) {
            time.schedule(lasting.toNanos(), () -> change(outage, false));
        }
    }

    private void change(Fault.Outage outage, boolean failed) {
        SimulatedAdapter adapter = configuration.adapter(outage.apid());
        if (adapter != null) { // it may be unplugged by now
            adapter.change(spec -> outage.checkstop() ? spec.checkstopped(failed) : spec.configured(!failed));
        }
    }

    /** Takes back all faults but outages; what they made slow is done now. */
    public void clearFaults() {
        faults.clear();
        configuration.finishNow();
    }

    /** Returns the faults that were injected and not taken back, but for outages; some may have had their effect. */
    public List<InjectedFault> injectedFaults() {
        return faults.list();
    }

    /**
     * Takes back one fault; what it made slow goes on.
     *
     * @return whether it was there
     */
    public boolean lift(InjectedFault fault) {
        return faults.remove(fault);
    }

    FaultInjector faults() {
        return faults;
    }

    /** Makes a reset last until the queue has been tested this many times. */
    public void setResetPolls(int polls) {
        resetPolls = polls;
    }

    int resetPolls() {
        return resetPolls;
    }

    /** Makes a reset last this long; zero: it is over at once. */
    public void setResetTime(Duration time) {
        resetNanos = time.toNanos();
    }

    long resetNanos() {
        return resetNanos;
    }

    /** Makes the firmware able or unable to configure adapters at all. */
    public void setFirmwareInstalled(boolean installed) {
        firmwareInstalled = installed;
    }

    private ApFirmware.Answer configure(int apid, boolean on) {
        if (!firmwareInstalled) {
            return ApFirmware.Answer.NOT_SUPPORTED;
        }
        SimulatedAdapter adapter = configuration.adapter(apid);
        if (adapter == null || adapter.spec().firmwareRefuses()) {
            return ApFirmware.Answer.IO_ERROR;
        }
        adapter.change(spec -> spec.configured(on));
        return ApFirmware.Answer.DONE;
    }

    /**
     * Has every completed instruction reported.
     *
     * @return ends the reports when closed
     */
    public AutoCloseable onInstruction(InstructionListener listener) {
        return monitor.add(listener);
    }

    /** Tells whether BAPQ and AAPQ are installed. */
    boolean bindsQueues() {
        return spec.secureGuest() && (spec.qciFlags() & ApConfigInfo.APSB) != 0;
    }

    /** Returns the association secrets of the Secure Execution guest, numbered from 0; null: any will do. */
    public @Nullable List<AssociationSecret> secrets() {
        return secrets.all();
    }

    boolean hasSecret(long index) {
        return secrets.holds(index);
    }

    long associationNanos() {
        return associationNanos;
    }

    InstructionMonitor monitor() {
        return monitor;
    }

    InterruptController interruptController() {
        return interrupts;
    }

    Configuration configuration() {
        return configuration;
    }

    RandomGenerator random() {
        return random;
    }

    /** Returns who computes with big numbers for the cards. */
    public RsaArithmetic rsaArithmetic() {
        return rsaArithmetic != null ? rsaArithmetic : RsaArithmetic.installed();
    }

    /** Returns who computes with elliptic curves for the cards. */
    public EcArithmetic ecArithmetic() {
        return ecArithmetic != null ? ecArithmetic : EcArithmetic.installed();
    }

    /** Returns how cards make protected keys. */
    public ProtectedKeyWrapping protectedKeyWrapping() {
        return protectedKeyWrapping;
    }

    /** Has cards make protected keys another way: as the CPU of the guest that is served unwraps them. */
    public void setProtectedKeyWrapping(ProtectedKeyWrapping wrapping) {
        protectedKeyWrapping = wrapping;
    }
}
