// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.time.Duration;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Which ones of many like things are meant: from the {@code nth} on every {@code every}th, each with a probability, so many at
 * most, until a time. {@link Occurrences} counts them.
 *
 * @param nth the first that may be meant, from 1
 * @param every 1: each one from there on; 2: every other one
 * @param count how many at most; {@link #UNLIMITED}: no end
 * @param probability of each, above 0, at most 1
 * @param seed names the pattern of a probability below 1: the same seed, the same ones
 * @param until how long after the beginning they may be meant, null: no end
 * @param before what was counted before the beginning, null: nothing
 */
public record Occurrence(int nth, int every, int count, double probability, long seed, @Nullable Duration until,
        @Nullable Counted before) {
    /** No limit of the count. */
    public static final int UNLIMITED = Integer.MAX_VALUE;
    /** Each one. */
    public static final Occurrence ALL = new Occurrence(1, 1, UNLIMITED, 1, 0, null, null);

    /** Checks the ranges. */
    public Occurrence {
        requirePositive("nth", nth);
        requirePositive("every", every);
        requirePositive("count", count);
        if (!(probability > 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability " + probability + " is not above 0 and at most 1");
        }
        if (until != null && until.isNegative()) {
            throw new IllegalArgumentException("the time " + until + " is negative");
        }
    }

    /** Means the nth one alone. */
    public static Occurrence nth(int nth) {
        return ALL.from(nth).atMost(1);
    }

    /** Means each one with a probability. */
    public static Occurrence random(double probability, long seed) {
        return new Occurrence(1, 1, UNLIMITED, probability, seed, null, null);
    }

    /** Returns the same from the nth on. */
    public Occurrence from(int first) {
        return new Occurrence(first, every, count, probability, seed, until, before);
    }

    /** Returns the same with gaps between them. */
    public Occurrence every(int distance) {
        return new Occurrence(nth, distance, count, probability, seed, until, before);
    }

    /** Returns the same with a limit. */
    public Occurrence atMost(int most) {
        return new Occurrence(nth, every, most, probability, seed, until, before);
    }

    /** Returns the same, but only for some time. */
    public Occurrence until(@Nullable Duration end) {
        return new Occurrence(nth, every, count, probability, seed, end, before);
    }

    /** Returns the same that goes on from what was counted before. */
    public Occurrence after(@Nullable Counted counted) {
        return new Occurrence(nth, every, count, probability, seed, until, counted);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", not 1 or more");
        }
    }

    /** Tells whether the number has the right distance from the first. */
    boolean includes(long number) {
        return number >= nth && (number - nth) % every == 0;
    }
}
