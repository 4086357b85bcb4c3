// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A thread that takes turns with the one that moves a {@link VirtualTime} on: only one of them runs at a time. It keeps its
 * turn until it ends or waits, in {@link Time#sleep}, for a {@link Mutex} or for a {@link Completion}; it is given the next
 * one when that is over and the others have done what they were at. So a run with such threads is the same run each time.
 */
public final class Background {
    private static final ThreadLocal<@Nullable Background> CURRENT = new ThreadLocal<>();

    /** Nobody will give the thread another turn: it unwinds, so that what it holds becomes free. */
    private static final class Abandoned extends Error {
        private static final long serialVersionUID = 1;

        Abandoned() {
            super("the time that the thread waits for has ended", null, false, false);
        }
    }

    private final VirtualTime time;
    private final Thread thread;
    private final Semaphore turn = new Semaphore(0);
    private final Semaphore turnOver = new Semaphore(0);
    private volatile BooleanSupplier ready = () -> true;
    private volatile boolean over;
    private volatile boolean abandoned;
    private volatile boolean signalled; // while it waits; the thread's own interrupt status while it runs

    @SuppressWarnings("nullness:method.invocation") // the thread is started later
    Background(VirtualTime time, String name, Runnable action) {
        this.time = time;
        thread = new Thread(() -> run(action), name);
        thread.setDaemon(true);
    }

    private void run(Runnable action) {
        turn.acquireUninterruptibly();
        CURRENT.set(this);
        try {
            action.run();
        } catch (Abandoned e) {
            // as meant
        } finally {
            over = true;
            turnOver.release();
        }
    }

    void start() {
        thread.start();
    }

    /** Returns the one whose thread calls, null: an ordinary thread does. */
    static @Nullable Background current() {
        return CURRENT.get();
    }

    /** Tells whether a thread is this one's. */
    boolean runsOn(Thread other) {
        return thread == other;
    }

    VirtualTime time() {
        return time;
    }

    /** Tells whether it can go on. */
    boolean isReady() {
        return !over && ready.getAsBoolean();
    }

    /** Tells whether it has ended. */
    public boolean isOver() {
        return over;
    }

    /** Gives it a turn and waits until that is over. */
    void giveTurn() {
        turn.release();
        turnOver.acquireUninterruptibly();
    }

    /** Ends the turn of the calling thread, until it is given another one because it is ready. */
    void await(BooleanSupplier whenReady) {
        signalled |= Thread.interrupted();
        ready = whenReady;
        turnOver.release();
        turn.acquireUninterruptibly();
        if (signalled) {
            signalled = false;
            Thread.currentThread().interrupt();
        }
        if (abandoned) {
            throw new Abandoned();
        }
    }

    /** Tells whether a signal is pending. */
    boolean isSignalled() {
        return signalled;
    }

    /** Sends a signal to a thread that waits: it is interrupted, which it notices in its next turn. */
    public void interrupt() {
        signalled = true;
    }

    void abandon() {
        abandoned = true;
        giveTurn();
    }
}
