// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Something that will have happened once, and that threads wait for.
 *
 * <p>Source: Linux {@code include/linux/completion.h}.
 */
public final class Completion {
    /** How a wait ended. */
    public enum Outcome {
        /** It has happened. */
        DONE,
        /** It took too long. */
        TIMEOUT,
        /** The thread was interrupted, which stays pending. */
        INTERRUPTED
    }

    private final Time time;
    @GuardedBy("this")
    private boolean done;

    /** Something that has not happened yet. */
    public Completion(Time time) {
        this.time = time;
    }

    /** It has happened. */
    public synchronized void complete() {
        done = true;
        notifyAll();
    }

    /** Tells whether it has happened. */
    public synchronized boolean isDone() {
        return done;
    }

    /** Waits until it has happened or the thread is interrupted. Where time is virtual, the clock moves on meanwhile. */
    public Outcome awaitInterruptibly() {
        return time.await(this, Long.MAX_VALUE, true);
    }

    /**
     * Waits for some time.
     *
     * @param nanos how long, in nanoseconds
     * @param interruptibly an interrupt ends the wait
     */
    public Outcome await(long nanos, boolean interruptibly) {
        return time.await(this, nanos, interruptibly);
    }
}
