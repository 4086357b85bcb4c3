// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Time that stands still until somebody advances it. Due tasks run on the advancing thread, ordered by deadline and,
 * among equal deadlines, by the order in which they were scheduled: the same run twice is the same run. Threads that are
 * to wait for it while others go on take turns: {@link #start}.
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

    private static final long OTHER_THREADS_NANOS = 50_000; // how often to look whether an ordinary thread has done something
    private static final Queue<Background> ALL = new ConcurrentLinkedQueue<>(); // that have not ended

    private final List<Background> backgrounds = new CopyOnWriteArrayList<>(); // in order of their start
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
    public void sleep(long nanos) {
        Background self = Background.current();
        if (self == null) {
            synchronized (this) {
                now += Math.max(nanos, 0);
            }
        } else {
            awaitTurn(self, () -> false, nanos);
        }
    }

    @Override
    public Completion.Outcome await(Completion completion, long nanos, boolean interruptibly) {
        Background self = Background.current();
        BooleanSupplier signalled = self != null ? self::isSignalled : Thread.currentThread()::isInterrupted;
        BooleanSupplier ready = () -> completion.isDone() || interruptibly && signalled.getAsBoolean();
        await(ready, nanos);
        if (completion.isDone()) {
            return Completion.Outcome.DONE;
        }
        return interruptibly && Thread.currentThread().isInterrupted()
                ? Completion.Outcome.INTERRUPTED
                : Completion.Outcome.TIMEOUT;
    }

    /** Waits until something is so, or for that long. */
    void await(BooleanSupplier ready, long nanos) {
        Background self = Background.current();
        if (self != null) {
            awaitTurn(self, ready, nanos);
            return;
        }
        long begun = nanos();
        while (!ready.getAsBoolean()) {
            long rest = nanos == Long.MAX_VALUE ? nanos : nanos - (nanos() - begun);
            if (giveTurns()) {
                continue;
            }
            if (rest <= 0) {
                return;
            }
            if (!advanceToNext(rest)) {
                if (nanos < Long.MAX_VALUE) {
                    advance(rest);
                } else { // no task can help: another thread must
                    LockSupport.parkNanos(OTHER_THREADS_NANOS);
                }
            }
        }
    }

    private void awaitTurn(Background self, BooleanSupplier ready, long nanos) {
        if (nanos == Long.MAX_VALUE) {
            self.await(ready);
            return;
        }
        boolean[] late = {false};
        Task alarm = schedule(nanos, () -> late[0] = true);
        self.await(() -> late[0] || ready.getAsBoolean());
        alarm.cancel();
    }

    // Background threads

    /**
     * Runs an action on a thread of its own, at once until it waits for the first time, then whenever it can go on and
     * {@link #giveTurns} is called or the clock moves.
     */
    public Background start(String name, Runnable action) {
        Background background = new Background(this, name, action);
        backgrounds.add(background);
        ALL.add(background);
        background.start();
        background.giveTurn();
        forgetEnded();
        return background;
    }

    /**
     * Lets the threads that {@link #start} has started go on, in that order, until all wait; tells whether there was one that
     * could.
     */
    public boolean giveTurns() {
        boolean any = false;
        for (boolean again = !backgrounds.isEmpty(); again;) {
            again = false;
            for (Background background : backgrounds) {
                if (background.isReady()) {
                    background.giveTurn();
                    again = true;
                    any = true;
                }
            }
        }
        if (any) {
            forgetEnded();
        }
        return any;
    }

    /** Ends the threads that still wait: what they were at is not completed. */
    public void abandonBackgrounds() {
        for (Background background : backgrounds) {
            if (!background.isOver()) {
                background.abandon();
            }
        }
        forgetEnded();
    }

    private void forgetEnded() {
        ALL.removeIf(Background::isOver);
        backgrounds.removeIf(Background::isOver);
    }

    /** Returns the time that a thread takes turns in, null if it is an ordinary one. */
    static @Nullable VirtualTime ofBackground(Thread thread) {
        for (Background background : ALL) {
            if (background.runsOn(thread)) {
                return background.time();
            }
        }
        return null;
    }

    // The clock

    /** Moves the clock on and runs what becomes due meanwhile, each task at its own deadline. */
    public void advance(long nanos) {
        long target = nanos() + nanos;
        for (Entry due = takeDue(target); due != null; due = takeDue(target)) {
            run(due);
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
        long until = nanos() + withinNanos;
        Entry due = takeDue(until < 0 ? Long.MAX_VALUE : until);
        if (due != null) {
            run(due);
        }
        return due != null;
    }

    private void run(Entry due) {
        Runnable action = due.action;
        if (action != null) {
            action.run();
        }
        giveTurns();
    }

    /** Moves the clock on by milliseconds. */
    public void advanceMillis(long millis) {
        advance(millis * 1_000_000);
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
