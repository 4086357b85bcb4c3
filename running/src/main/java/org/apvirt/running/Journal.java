// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * The latest entries of something that goes on, numbered from 1. It keeps so many and forgets the oldest: a reader comes back
 * with the number of the last entry it has, and sees by the next one whether it was too slow. Writers never wait.
 * Thread-safe.
 *
 * @param <T> what is written down
 */
public final class Journal<T extends Object> {
    /**
     * One entry.
     *
     * @param sequence its number, from 1, without gaps
     * @param time when it was written
     * @param value what happened
     */
    public record Entry<T extends Object>(long sequence, Instant time, T value) {}

    private final int capacity;
    @GuardedBy("this")
    private final ArrayDeque<Entry<T>> entries = new ArrayDeque<>();
    @GuardedBy("this")
    private long last;

    /** A journal that keeps so many entries. */
    public Journal(int capacity) {
        this.capacity = capacity;
    }

    /** Writes an entry. */
    public synchronized void add(T value) {
        if (entries.size() == capacity) {
            entries.removeFirst();
        }
        entries.addLast(new Entry<>(++last, Instant.now(), value));
        notifyAll();
    }

    /** Returns the number of the last entry, 0: there was none. */
    public synchronized long last() {
        return last;
    }

    /**
     * Returns entries in order; what was forgotten is left out.
     *
     * @param after number of the entry before the first wanted one, 0: from the beginning
     * @param most how many at most
     */
    public synchronized List<Entry<T>> after(long after, int most) {
        List<Entry<T>> found = new ArrayList<>();
        if (last <= after) {
            return found;
        }
        for (Entry<T> entry : entries) {
            if (entry.sequence() > after && found.size() < most) {
                found.add(entry);
            }
        }
        return found;
    }

    /**
     * Waits for an entry.
     *
     * @param after number of the last entry that the caller has
     * @param millis how long at most
     * @return whether there is a later one
     */
    public synchronized boolean await(long after, long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000;
        for (long rest = millis; last <= after && rest > 0; rest = (deadline - System.nanoTime()) / 1_000_000) {
            wait(rest);
        }
        return last > after;
    }
}
