// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Time;

/** The faults of a machine that wait for their instruction. While there is none, an instruction pays one volatile read. */
final class FaultInjector {
    /** The instruction goes its way. */
    static final Effect NOTHING = new Effect(0, 0);

    /**
     * What a fault does to one instruction.
     *
     * @param responseCode what it ends with, 0: it is performed
     * @param delayNanos how much longer what it starts takes
     */
    record Effect(int responseCode, long delayNanos) {}

    /** A fault and what it has seen so far. */
    private static final class Armed {
        private final Fault fault;
        private final Map<Integer, Integer> seen = new HashMap<>(); // instructions, by APQN
        private long until = Long.MIN_VALUE; // while the clock shows less, the fault lasts

        Armed(Fault fault) {
            this.fault = fault;
        }

        int count(int qid) {
            int count = seen.getOrDefault(qid, 0) + 1;
            seen.put(qid, count);
            return count;
        }
    }

    private final Time time;
    private final List<Armed> armed = new ArrayList<>(); // guarded by this
    private volatile boolean any;

    FaultInjector(Time time) {
        this.time = time;
    }

    synchronized void add(Fault fault) {
        armed.add(new Armed(fault));
        any = true;
    }

    synchronized List<Fault> list() {
        return armed.stream().map(one -> one.fault).toList();
    }

    synchronized void clear() {
        armed.clear();
        any = false;
    }

    /** Counts an instruction and returns what becomes of it. */
    Effect next(int functionCode, int qid) {
        return any ? find(functionCode, qid) : NOTHING;
    }

    private synchronized Effect find(int functionCode, int qid) {
        Effect found = NOTHING;
        for (Armed candidate : armed) {
            Effect effect = switch (candidate.fault) {
                case Fault.Response response when concerns(response.apqn().qid(), response.instruction(), functionCode,
                        qid) ->
                    respond(candidate, response);
                case Fault.Slow slow when concerns(slow.apqn().qid(), slow.instruction(), functionCode, qid) ->
                    slow(candidate, slow);
                case Fault.Noise noise when noise.instruction().includes(functionCode) ->
                    disturb(noise, qid, candidate.count(qid));
                default -> NOTHING;
            };
            found = found == NOTHING ? effect : found; // every fault counts, the first one decides
        }
        return found;
    }

    private static boolean concerns(int faultQid, Fault.Instruction instruction, int functionCode, int qid) {
        return faultQid == qid && instruction.includes(functionCode);
    }

    private Effect respond(Armed candidate, Fault.Response response) {
        int count = candidate.count(response.apqn().qid());
        if (count == response.nth()) {
            candidate.until = time.nanos() + response.lasting().toNanos();
        }
        boolean counted = count >= response.nth() && count - response.nth() < response.times();
        return counted || time.nanos() < candidate.until ? new Effect(response.responseCode(), 0) : NOTHING;
    }

    private Effect slow(Armed candidate, Fault.Slow slow) {
        int count = candidate.count(slow.apqn().qid());
        if (slow.instruction() != Fault.Instruction.DQAP) {
            return count == slow.nth() ? new Effect(0, slow.delay().toNanos()) : NOTHING;
        }
        if (count == slow.nth()) {
            candidate.until = time.nanos() + slow.delay().toNanos();
        }
        return time.nanos() < candidate.until ? new Effect(ApResponseCode.NO_PENDING_REPLY.code(), 0) : NOTHING;
    }

    private static Effect disturb(Fault.Noise noise, int qid, int count) {
        long mixed = mix(mix(noise.seed() ^ qid) + count);
        if (Long.remainderUnsigned(mixed, 1000) >= noise.perThousand()) {
            return NOTHING;
        }
        int[] codes = noise.responseCodes();
        return new Effect(codes[(int) Long.remainderUnsigned(mixed >>> 32, codes.length)], 0);
    }

    /** Spreads a number over 64 bits: the finishing step of the SplitMix generator. */
    private static long mix(long number) {
        long z = number + 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }
}
