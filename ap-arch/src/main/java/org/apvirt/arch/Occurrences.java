// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts things and tells which of them an {@link Occurrence} means. With a probability below 1, whether one is meant is decided
 * by the seed, the stream it comes in and how many came in that stream before, not by the order in which threads come: the
 * same run twice is the same run. Thread-safe.
 */
public final class Occurrences {
    /** What {@link #next} returns for one that is not meant. */
    public static final long NOT_MEANT = -1;

    private final Occurrence which;
    private final long beginNanos;
    private final long endNanos;
    private final Map<Integer, Integer> streams = new HashMap<>(); // guarded by this, like all
    private long seen;
    private long hits;

    /**
     * A counter, which goes on from what was counted before.
     *
     * @param nowNanos the time that {@link Occurrence#until} counts from, less what has passed of it before
     */
    public Occurrences(Occurrence which, long nowNanos) {
        this.which = which;
        Counted before = which.before();
        if (before != null) {
            streams.putAll(before.streams());
            seen = before.seen();
            hits = before.hits();
        }
        this.beginNanos = before == null ? nowNanos : nowNanos - before.age().toNanos();
        Duration until = which.until();
        this.endNanos = until == null ? Long.MAX_VALUE : beginNanos + until.toNanos();
    }

    /**
     * Counts one.
     *
     * @param stream what it comes in, for example the number of a queue
     * @return {@link #NOT_MEANT}, or a number from 0 on that looks random and is the same in the same run
     */
    @SuppressWarnings("signedness") // what is shifted are bits, no numbers
    public synchronized long next(int stream, long nowNanos) {
        long number = ++seen;
        int inStream = streams.getOrDefault(stream, 0) + 1;
        streams.put(stream, inStream);
        if (hits >= which.count() || nowNanos >= endNanos || !which.includes(number)) {
            return NOT_MEANT;
        }
        long mixed = mix(mix(which.seed() ^ stream) + inStream);
        if (which.probability() < 1 && (mixed >>> 11) * 0x1p-53 >= which.probability()) {
            return NOT_MEANT;
        }
        hits++;
        return mix(mixed) >>> 1;
    }

    /** Counts a hit that something else than the occurrence decided, for example one that follows within a time. */
    public synchronized void hit() {
        hits++;
    }

    /** Returns all that is needed to go on elsewhere. */
    public synchronized Counted counted(long nowNanos) {
        return new Counted(new TreeMap<>(streams), hits, Duration.ofNanos(Math.min(nowNanos, endNanos) - beginNanos));
    }

    /** Returns how many were counted. */
    public synchronized long seen() {
        return seen;
    }

    /** Returns how many were meant. */
    public synchronized long hits() {
        return hits;
    }

    /** Spreads a number over 64 bits: the finishing step of the SplitMix generator. */
    @SuppressWarnings("signedness") // likewise
    private static long mix(long number) {
        long z = number + 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }
}
