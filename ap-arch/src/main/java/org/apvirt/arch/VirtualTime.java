package org.apvirt.arch;

import java.util.PriorityQueue;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Time that stands still until somebody advances it. Due tasks run on the advancing thread, ordered by deadline and,
 * among equal deadlines, by the order in which they were scheduled: the same run twice is the same run.
 */
public final class VirtualTime implements Time {
    private static final class Entry implements Task, Comparable<Entry> {
        private final long deadline;
        private final long order;
        private volatile @Nullable Runnable action;

        Entry(long deadline, long order, Runnable action) {
            this.deadline = deadline;
            this.order = order;
            this.action = action;
        }

        @Override
        public void cancel() {
            action = null;
        }

        @Override
        public int compareTo(Entry other) {
            int byDeadline = Long.compare(deadline, other.deadline);
            return byDeadline != 0 ? byDeadline : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private long now;
    private long scheduled;

    /** Starts at 0. */
    public VirtualTime() {}

    @Override
    public synchronized long nanos() {
        return now;
    }

    @Override
    public synchronized Task schedule(long delayNanos, Runnable task) {
        Entry entry = new Entry(now + Math.max(delayNanos, 0), scheduled++, task);
        entries.add(entry);
        return entry;
    }

    @Override
    public synchronized void sleep(long nanos) {
        now += Math.max(nanos, 0);
    }

    /** Moves the clock on and runs what becomes due meanwhile, each task at its own deadline. */
    public void advance(long nanos) {
        long target = nanos() + nanos;
        for (Entry due = takeDue(target); due != null; due = takeDue(target)) {
            Runnable action = due.action;
            if (action != null) {
                action.run();
            }
        }
        synchronized (this) {
            now = Math.max(now, target);
        }
    }

    /**
     * Moves the clock on to the next task, runs it, and tells whether there was one.
     *
     * @param withinNanos how far to look ahead; if nothing is due by then, the clock stays where it is
     */
    public boolean advanceToNext(long withinNanos) {
        Entry due = takeDue(nanos() + withinNanos);
        Runnable action = due == null ? null : due.action;
        if (action != null) {
            action.run();
        }
        return due != null;
    }

    /** Moves the clock on by milliseconds. */
    public void advanceMillis(long millis) {
        advance(millis * 1_000_000);
    }

    /** Returns how many tasks are scheduled and not taken back. */
    public synchronized int pendingTasks() {
        int count = 0;
        for (Entry entry : entries) {
            if (entry.action != null) {
                count++;
            }
        }
        return count;
    }

    private synchronized @Nullable Entry takeDue(long target) {
        Entry first = entries.peek();
        while (first != null && first.action == null) { // cancelled: its deadline means nothing
            entries.remove();
            first = entries.peek();
        }
        if (first == null || first.deadline > target) {
            return null;
        }
        entries.remove();
        now = Math.max(now, first.deadline);
        return first;
    }
}
