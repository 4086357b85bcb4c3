// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Work that may have to wait: for a reset, for a lock of the kernel, for a guest. It runs on a thread of its own. Thread-safe.
 */
public final class Job {
    /** How far it is. */
    public enum State {
        /** It runs, or waits. */
        RUNNING,
        /** It is done. */
        DONE,
        /** It was refused, or broke. */
        FAILED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final long id;
    private final String request;
    private final Instant started = Instant.now();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean cancelled;
    private volatile State state = State.RUNNING;
    private volatile @Nullable Instant ended;
    private volatile @Nullable Object result;
    private volatile @Nullable Throwable failure;

    @SuppressWarnings({"nullness:argument", "nullness:method.invocation"}) // the thread starts when this object is complete
    Job(long id, String request, Callable<? extends @Nullable Object> work, Runnable whenOver) {
        this.id = id;
        this.request = request;
        this.thread = Thread.ofPlatform().daemon().name("job " + id).unstarted(() -> run(work, whenOver));
    }

    void start() {
        thread.start();
    }

    @SuppressWarnings("IllegalCatch") // whatever breaks belongs to this job and to nobody else
    private void run(Callable<? extends @Nullable Object> work, Runnable whenOver) {
        State reached = State.FAILED;
        try {
            result = work.call();
            reached = State.DONE;
        } catch (Throwable e) {
            failure = e;
        } finally {
            ended = Instant.now();
            state = reached;
            over.countDown();
            whenOver.run();
        }
    }

    /** Returns its number. */
    public long id() {
        return id;
    }

    /** Returns what was asked for, in words. */
    public String request() {
        return request;
    }

    /** Returns since when it runs. */
    public Instant started() {
        return started;
    }

    /** Returns when it was over, null: not yet. */
    public @Nullable Instant ended() {
        return ended;
    }

    /** Returns how far it is. */
    public State state() {
        return state;
    }

    /** Tells whether somebody wanted it to end. */
    public boolean isCancelled() {
        return cancelled;
    }

    /** Returns what it gave, null: nothing, or it is not done. */
    public @Nullable Object result() {
        return result;
    }

    /** Returns why it failed, null: it did not. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /**
     * Waits for the end.
     *
     * @return whether it is over
     */
    public boolean await(Duration most) throws InterruptedException {
        return over.await(most.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Wants it to end: a signal to the process that waits. What waits interruptibly ends with EINTR; what does not goes on
     * until what it waits for happens.
     */
    public void cancel() {
        cancelled = true;
        thread.interrupt();
    }
}
