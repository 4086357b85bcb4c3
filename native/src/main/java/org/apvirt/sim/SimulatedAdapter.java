// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Sender;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One card of a {@link SimulatedMachine}. What it is stands in an immutable {@link AdapterSpec}; a change replaces that as a
 * whole, so an instruction sees the card before or after it, never in between. Queues come into being when they are
 * first used: a card that is only looked at costs three arrays. Thread-safe.
 */
public final class SimulatedAdapter {
    /** What TAPQ without the T bit tells: type and depth. */
    private static final long TYPE_AND_DEPTH = 0xff00_000fL;

    /** What an instruction needs to know of the card, computed once per change. */
    record View(AdapterSpec spec, ApMask domains, int responseCode, long hardwareInfo, long basicInfo) {
        static View of(AdapterSpec spec, int machineNd) {
            long info = spec.hardwareInfo(machineNd).value();
            return new View(spec, spec.domains(), spec.responseCode(), info, info & TYPE_AND_DEPTH);
        }
    }

    private final SimulatedMachine machine;
    private final AtomicReferenceArray<@Nullable SimulatedQueue> queues = new AtomicReferenceArray<>(ApMask.BITS);
    private final AtomicReferenceArray<@Nullable CryptoDomain> cryptoDomains = new AtomicReferenceArray<>(ApMask.BITS);
    /** The queues' status words side by side: a bus that scans them all touches few cache lines. */
    private final AtomicIntegerArray statusWords = new AtomicIntegerArray(ApMask.BITS);
    private volatile View view;

    SimulatedAdapter(SimulatedMachine machine, AdapterSpec spec) {
        this.machine = machine;
        for (int apqi = 0; apqi < ApMask.BITS; apqi++) {
            statusWords.setPlain(apqi, SimulatedQueue.IDLE);
        }
        this.view = View.of(spec, machine.spec().highestDomain());
    }

    /** Returns the adapter number. */
    public int apid() {
        return view.spec.apid();
    }

    /** Returns what the card is at this moment. */
    public AdapterSpec spec() {
        return view.spec;
    }

    View view() {
        return view;
    }

    SimulatedMachine machine() {
        return machine;
    }

    /**
     * Changes the card, for example {@code card.change(spec -> spec.checkstopped(true))}. A card that is deconfigured
     * or checkstopped loses what its queues hold.
     */
    public void change(UnaryOperator<AdapterSpec> change) {
        View changed;
        synchronized (this) {
            changed = View.of(change.apply(view.spec), machine.spec().highestDomain());
            if (changed.spec.apid() != view.spec.apid()) {
                throw new IllegalArgumentException(
                        "adapter " + view.spec.apid() + " cannot become " + changed.spec.apid());
            }
            view = changed;
        }
        machine.configuration().noteMessageLimit(changed.spec.maxMessageBytes());
        forEachUsedQueue(changed.responseCode != 0 ? SimulatedQueue::clear : SimulatedQueue::publish);
    }

    /**
     * Returns a queue, whether or not the machine's present configuration has its domain.
     *
     * @param apqi domain, 0..255
     */
    public SimulatedQueue queue(int apqi) {
        SimulatedQueue present = queues.get(apqi);
        if (present != null) {
            return present;
        }
        SimulatedQueue created = new SimulatedQueue(this, apqi);
        SimulatedQueue winner = queues.compareAndExchange(apqi, null, created);
        return winner != null ? winner : created;
    }

    /**
     * Returns what the card keeps for a domain, whether or not the machine's present configuration has it.
     *
     * @param domain 0..255
     */
    public CryptoDomain cryptoDomain(int domain) {
        CryptoDomain present = cryptoDomains.get(domain);
        if (present != null) {
            return present;
        }
        CryptoDomain created = new CryptoDomain(this, domain);
        CryptoDomain winner = cryptoDomains.compareAndExchange(domain, null, created);
        return winner != null ? winner : created;
    }

    /**
     * Returns what the card answers to a message, as if it had come through a queue of the machine itself; no queue is
     * touched.
     *
     * @param apqi domain of the queue, 0..255
     * @return null: NQAP would end with response code 42, the message names a domain that is not configured
     */
    public byte @Nullable [] answer(int apqi, byte[] message) {
        byte[] reply = new MessageEngine.Addressee(this, view.spec, apqi, Sender.MACHINE).answer(message);
        return reply == null ? null : reply.clone();
    }

    /** Returns what a queue has published; {@link SimulatedQueue#IDLE} of one that was never used. */
    int statusWord(int apqi) {
        return statusWords.getAcquire(apqi);
    }

    void publish(int apqi, int word) {
        statusWords.setRelease(apqi, word);
    }

    void forEachUsedQueue(Consumer<SimulatedQueue> action) {
        for (int apqi = 0; apqi < ApMask.BITS; apqi++) {
            SimulatedQueue queue = queues.get(apqi);
            if (queue != null) {
                action.accept(queue);
            }
        }
    }

    @Override
    public String toString() {
        return "adapter " + view.spec;
    }
}
