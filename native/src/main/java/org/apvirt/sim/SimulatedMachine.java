package org.apvirt.sim;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
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
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine with AP adapters: what an operating system is booted on where there is no real one. Facilities and limits
 * are fixed when it is built; adapters, domains and their states change while it runs, and whoever runs on it finds out
 * at its next instruction. Thread-safe.
 *
 * <pre>{@code
 * SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
 *         .adapter(SimulatedAdapter.Spec.of(5, 11, AdapterMode.CCA))
 *         .usageDomains(ApMask.of(4, 0x47))
 *         .build();
 * }</pre>
 */
public final class SimulatedMachine {
    private static final int NO_RESPONSE = -1;

    private final Time time;
    private final Facilities facilities;
    private final int qciFlags;
    private final int na;
    private final int nd;
    private final AbsoluteStorage storage = new AbsoluteStorage();
    private final ApInstructions instructions;
    private final InterruptController interrupts;
    private final RandomGenerator random;
    private final AtomicReferenceArray<@Nullable SimulatedAdapter> adapters = new AtomicReferenceArray<>(ApMask.BITS);
    private final Map<Integer, Integer> forcedResponses = new ConcurrentHashMap<>();
    private final List<InstructionListener> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean listened;
    private volatile ApMask usageDomains;
    private volatile @Nullable ApMask controlDomains;
    private volatile int resetPolls;
    private volatile long resetNanos;
    private volatile boolean firmwareInstalled = true;

    private SimulatedMachine(Builder builder) {
        this.time = builder.time;
        this.facilities = builder.facilities;
        this.qciFlags = builder.qciFlags;
        this.na = builder.na;
        this.nd = builder.nd;
        this.usageDomains = builder.usageDomains;
        this.controlDomains = builder.controlDomains;
        this.random = builder.random;
        this.resetPolls = builder.resetPolls;
        this.resetNanos = builder.resetTime.toNanos();
        Boolean given = builder.apxa;
        boolean apxa = given != null ? given : (qciFlags & ApConfigInfo.APXA) != 0;
        this.instructions = new SimulatedInstructions(this, builder.apInstalled, facilities, apxa, qciFlags);
        this.interrupts = new InterruptController(storage, time, builder.deliversInterrupts);
    }

    /**
     * Returns a builder for a machine with all facilities and without adapters.
     *
     * @param time the clock that everything on the machine runs by
     */
    public static Builder builder(Time time) {
        return new Builder(time);
    }

    /** Returns what an operating system is booted on. */
    public ApPlatform platform() {
        return new ApPlatform(instructions, facilities, this::configure, interrupts, time);
    }

    /** Returns PQAP, NQAP and DQAP. */
    public ApInstructions instructions() {
        return instructions;
    }

    /** Returns the facilities. */
    public Facilities facilities() {
        return facilities;
    }

    /** Returns the clock. */
    public Time time() {
        return time;
    }

    /** Returns the absolute storage: a page of the machine's own and what was placed through {@link ApInterrupts}. */
    public Storage storage() {
        return storage;
    }

    /** Returns the highest domain number. */
    public int nd() {
        return nd;
    }

    /** Returns the adapters that there are. */
    public ApMask adapterMask() {
        ApMask mask = ApMask.NONE;
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            mask = adapters.get(apid) != null ? mask.with(apid) : mask;
        }
        return mask;
    }

    /** Returns an adapter, null if there is none with this number. */
    public @Nullable SimulatedAdapter findAdapter(int apid) {
        return adapters.get(apid);
    }

    /**
     * Returns an adapter.
     *
     * @throws IllegalArgumentException if there is none with this number
     */
    public SimulatedAdapter adapter(int apid) {
        SimulatedAdapter adapter = adapters.get(apid);
        if (adapter == null) {
            throw new IllegalArgumentException("the machine has no adapter " + apid);
        }
        return adapter;
    }

    /** Plugs an adapter; one that has the number already is replaced. */
    public synchronized SimulatedAdapter addAdapter(SimulatedAdapter.Spec spec) {
        SimulatedAdapter added = new SimulatedAdapter(this, spec);
        forcedResponses.forEach((qid, responseCode) -> {
            if (qid >> 8 == spec.apid()) {
                added.queue(qid & 0xff).force(responseCode);
            }
        });
        adapters.set(spec.apid(), added);
        return added;
    }

    /** Unplugs an adapter, with all that its queues hold; nothing happens if there is none. */
    public void removeAdapter(int apid) {
        adapters.set(apid, null);
    }

    /** Returns the domains that the machine may use. */
    public ApMask usageDomains() {
        return usageDomains;
    }

    /** Changes the usage domains. The queues of a domain that leaves lose what they hold. */
    public synchronized void setUsageDomains(ApMask domains) {
        ApMask leaving = usageDomains.minus(domains);
        usageDomains = domains;
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            SimulatedAdapter adapter = adapters.get(apid);
            if (adapter != null) {
                leaving.forEach(adapter::clearQueue);
            }
        }
    }

    /** Returns the domains that the machine may control. */
    public ApMask controlDomains() {
        ApMask given = controlDomains;
        return given != null ? given : usageDomains;
    }

    /** Changes the control domains; null: whatever the usage domains are. */
    public void setControlDomains(@Nullable ApMask domains) {
        controlDomains = domains;
    }

    /**
     * Makes every instruction on a queue end with one response code, whatever state the queue is in. It stays when the
     * adapter is unplugged and plugged again.
     *
     * @param responseCode 0x00..0xff; -1: no more
     */
    public synchronized void setResponse(Apqn apqn, int responseCode) {
        if (responseCode == NO_RESPONSE) {
            forcedResponses.remove(apqn.qid());
        } else {
            forcedResponses.put(apqn.qid(), Objects.checkIndex(responseCode, 256));
        }
        SimulatedAdapter adapter = adapters.get(apqn.apid());
        if (adapter != null) {
            adapter.queue(apqn.apqi()).force(responseCode);
        }
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
        SimulatedAdapter adapter = adapters.get(apid);
        if (adapter == null || adapter.spec().firmwareRefuses()) {
            return ApFirmware.Answer.IO_ERROR;
        }
        adapter.change(spec -> spec.configured(on));
        return ApFirmware.Answer.DONE;
    }

    RandomGenerator random() {
        return random;
    }

    /** Tells whether a domain that is not configured gets reply code 8A instead of response code 42. */
    boolean repliesInvalidDomain() {
        return (qciFlags & ApConfigInfo.RC8A) != 0;
    }

    InterruptController interruptController() {
        return interrupts;
    }

    /** Returns the adapter of a queue that this configuration may use, else null. */
    @Nullable
    SimulatedAdapter granted(int qid) {
        SimulatedAdapter adapter = adapters.get(qid >>> 8);
        if (adapter == null) {
            return null;
        }
        int apqi = qid & 0xff;
        return usageDomains.contains(apqi) && adapter.view().domains().contains(apqi) ? adapter : null;
    }

    byte[] configInfo() {
        boolean extended = (qciFlags & ApConfigInfo.APXA) != 0;
        byte[] block = new byte[ApConfigInfo.LENGTH];
        ApConfigInfo.of(qciFlags, extended ? na : 0, extended ? nd : 0, adapterMask(), usageDomains, controlDomains())
                .storeTo(block, 0);
        return block;
    }

    /**
     * Has every completed instruction reported.
     *
     * @return ends the reports when closed
     */
    public synchronized AutoCloseable onInstruction(InstructionListener listener) {
        listeners.add(listener);
        listened = true;
        return () -> removeListener(listener);
    }

    private synchronized void removeListener(InstructionListener listener) {
        listeners.remove(listener);
        listened = !listeners.isEmpty();
    }

    void issued(int functionCode, int qid, int responseCode) {
        if (listened) {
            for (InstructionListener listener : listeners) {
                listener.issued(functionCode, qid, responseCode);
            }
        }
    }

    /** Builds a machine. Not thread-safe. */
    public static final class Builder {
        private final Time time;
        private Facilities facilities = Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI,
                Facilities.MSA3);
        private boolean apInstalled = true;
        private @Nullable Boolean apxa; // null: as the QCI flags say
        private int qciFlags = ApConfigInfo.APSC | ApConfigInfo.APXA;
        private int na = ApMask.BITS - 1;
        private int nd = ApMask.BITS - 1;
        private final List<SimulatedAdapter.Spec> adapters = new ArrayList<>();
        private ApMask usageDomains = ApMask.NONE;
        private @Nullable ApMask controlDomains;
        private int resetPolls;
        private Duration resetTime = Duration.ZERO;
        private boolean deliversInterrupts = true;
        private RandomGenerator random = new SecureRandom();

        private Builder(Time time) {
            this.time = time;
        }

        /** Sets what STFLE reports; by default QCI, APFT, APQI and MSA3. */
        public Builder facilities(Facilities facilities) {
            this.facilities = facilities;
            return this;
        }

        /** Without AP, each instruction ends in an operation exception. */
        public Builder apInstalled(boolean installed) {
            this.apInstalled = installed;
            return this;
        }

        /** Tells whether adapters above 63 and domains above 15 can be named; by default as the QCI flags say. */
        public Builder apxa(boolean installed) {
            this.apxa = installed;
            return this;
        }

        /** Sets the flags word of QCI; by default APSC and APXA. */
        public Builder qciFlags(int flags) {
            this.qciFlags = flags;
            return this;
        }

        /** Sets the highest adapter number, 0..255. */
        public Builder na(int na) {
            this.na = Objects.checkIndex(na, ApMask.BITS);
            return this;
        }

        /** Sets the highest domain number, 0..255. */
        public Builder nd(int nd) {
            this.nd = Objects.checkIndex(nd, ApMask.BITS);
            return this;
        }

        /** Adds an adapter. */
        public Builder adapter(SimulatedAdapter.Spec adapter) {
            adapters.add(adapter);
            return this;
        }

        /** Sets the domains that the machine may use; by default none. */
        public Builder usageDomains(ApMask domains) {
            this.usageDomains = domains;
            return this;
        }

        /** Sets the domains that the machine may control; null, the default: the usage domains. */
        public Builder controlDomains(@Nullable ApMask domains) {
            this.controlDomains = domains;
            return this;
        }

        /** Makes a reset last until the queue has been tested this many times; by default 0. */
        public Builder resetPolls(int polls) {
            this.resetPolls = polls;
            return this;
        }

        /** Makes a reset last this long; by default it is over at once. */
        public Builder resetTime(Duration time) {
            this.resetTime = time;
            return this;
        }

        /**
         * Tells whether interruptions happen. If not, AQIC still keeps the enabled bit, takes any address, and drivers
         * that also poll by timer work: the machine of a recording.
         */
        public Builder deliversInterrupts(boolean delivers) {
            this.deliversInterrupts = delivers;
            return this;
        }

        /** Sets where the random numbers of CCA cards come from; by default a {@link SecureRandom}. */
        public Builder random(RandomGenerator random) {
            this.random = random;
            return this;
        }

        /** Builds the machine. */
        public SimulatedMachine build() {
            SimulatedMachine machine = new SimulatedMachine(this);
            adapters.forEach(machine::addAdapter);
            return machine;
        }
    }
}
