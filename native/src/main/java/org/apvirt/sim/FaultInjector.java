// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Occurrences;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The faults of a machine that wait for their instruction. While there is none, an instruction pays one volatile read. */
final class FaultInjector {
    /** The instruction goes its way. */
    static final Effect NOTHING = new Effect(0, 0, null);

    /**
     * What a fault does to one instruction.
     *
     * @param responseCode what it ends with, 0: it is performed
     * @param delayNanos how much longer what it starts takes
     * @param reply code of the error reply, null: the reply is as usual
     */
    record Effect(int responseCode, long delayNanos, @Nullable Integer reply) {}

    /** A fault and what it has seen so far. */
    private static final class Armed {
        private final InjectedFault injected;
        private int lastingCode; // what everything is answered while the fault lasts
        private long until = Long.MIN_VALUE; // while the clock shows less, the fault lasts

        Armed(InjectedFault injected) {
            this.injected = injected;
        }
    }

    private final Time time;
    @GuardedBy("this")
    private final List<Armed> armed = new ArrayList<>();
    private volatile boolean any;
    private volatile boolean anyOfRequests;

    FaultInjector(Time time) {
        this.time = time;
    }

    synchronized void add(InstructionFault fault) {
        armed.add(new Armed(new InjectedFault(fault.when(fault.when().after(null)),
                new Occurrences(fault.when(), time.nanos()))));
        note();
    }

    synchronized List<InjectedFault> list() {
        return armed.stream().map(one -> one.injected).toList();
    }

    synchronized boolean remove(InjectedFault fault) {
        boolean removed = armed.removeIf(one -> one.injected.equals(fault));
        note();
        return removed;
    }

    synchronized void clear() {
        armed.clear();
        note();
    }

    @GuardedBy("this")
    private void note() {
        any = armed.stream().anyMatch(one -> one.injected.fault().request() == null);
        anyOfRequests = armed.stream().anyMatch(one -> one.injected.fault().request() != null);
    }

    /** Counts an instruction and returns what becomes of it. */
    Effect next(int functionCode, int qid) {
        return any
                ? find(qid, fault -> fault.request() == null && fault.instruction().includes(functionCode))
                : NOTHING;
    }

    /** Counts a request whose last part has come and returns what becomes of it. */
    Effect nextRequest(int qid, byte[] message) {
        return anyOfRequests
                ? find(qid, fault -> fault.request() != null && fault.request().includes(message))
                : NOTHING;
    }

    private synchronized Effect find(int qid, Predicate<InstructionFault> concerned) {
        Apqn apqn = Apqn.ofQid(qid);
        Effect found = NOTHING;
        for (Armed candidate : armed) {
            InstructionFault fault = candidate.injected.fault();
            if (fault.queues().contains(apqn) && concerned.test(fault)) {
                Effect effect = count(candidate, fault, qid);
                found = found == NOTHING ? effect : found; // every fault counts, the first one decides
            }
        }
        return found;
    }

    private Effect count(Armed candidate, InstructionFault fault, int qid) {
        long now = time.nanos();
        long drawn = candidate.injected.counted().next(qid, now);
        boolean hit = drawn != Occurrences.NOT_MEANT;
        boolean lasts = !fault.responses().isEmpty() || fault.instruction() == Fault.Instruction.DQAP;
        if (hit && lasts) {
            candidate.lastingCode = fault.responses().isEmpty()
                    ? ApResponseCode.NO_PENDING_REPLY.code()
                    : fault.responses().get((int) (drawn % fault.responses().size()));
            candidate.until = now + fault.delay().toNanos();
        } else if (!hit && lasts && now < candidate.until) {
            candidate.injected.counted().hit();
            return new Effect(candidate.lastingCode, 0, null);
        }
        if (!hit) {
            return NOTHING;
        }
        if (!lasts) {
            return new Effect(0, fault.delay().toNanos(), fault.reply());
        }
        // A DQAP without a response code only waits; when it is to wait for no time at all, it finds its reply.
        return fault.responses().isEmpty() && fault.delay().isZero()
                ? NOTHING
                : new Effect(candidate.lastingCode, 0, null);
    }
}
