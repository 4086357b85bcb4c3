// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@link Occurrences} have counted, for others to go on from.
 *
 * @param streams how many came in each stream
 * @param hits how many of them were meant
 * @param age how long ago the counting began; never more than {@link Occurrence#until}
 */
public record Counted(SortedMap<Integer, Integer> streams, long hits, Duration age) {
    /** Checks the ranges. */
    public Counted {
        streams = Collections.unmodifiableSortedMap(new TreeMap<>(streams));
        for (Map.Entry<Integer, Integer> stream : streams.entrySet()) {
            if (stream.getValue() < 0) {
                throw new IllegalArgumentException("stream " + stream.getKey() + " has counted " + stream.getValue());
            }
        }
        if (hits < 0 || age.isNegative()) {
            throw new IllegalArgumentException(hits + " hits in " + age);
        }
    }

    /** Returns how many were counted. */
    public long seen() {
        return streams.values().stream().mapToLong(Integer::longValue).sum();
    }
}
