// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Whether a machine runs or is paused. While it is paused its guest does nothing: an instruction waits until it runs again.
 *
 * <p>Who enters first says that he is inside and then looks whether the machine is paused; who pauses it does it the other way
 * round, and both are volatile, so at least one sees the other. Source: QEMU {@code system/runstate.c}, {@code cpus.c}.
 */
final class RunState {
    private static final long PAUSE_NANOS = 20_000;

    private final AtomicInteger inside = new AtomicInteger();
    private final ThreadLocal<@Nullable Boolean> isInTask = new ThreadLocal<>();
    private volatile boolean paused;

    boolean isPaused() {
        return paused;
    }

    /** A CPU of the guest begins something: as soon as the machine runs. */
    void enter() {
        inside.incrementAndGet();
        while (paused && isInTask.get() == null) {
            inside.decrementAndGet();
            awaitRunning();
            inside.incrementAndGet();
        }
    }

    void leave() {
        inside.decrementAndGet();
    }

    /** Runs something of the guest on a thread that is not the guest's to hold up; false: the machine is paused, nothing was run. */
    boolean run(Runnable task) {
        inside.incrementAndGet();
        try {
            if (paused) {
                return false;
            }
            isInTask.set(true); // so that what it issues does not wait for a pause that waits for it
            task.run();
            return true;
        } finally {
            isInTask.remove();
            inside.decrementAndGet();
        }
    }

    /** Pauses the machine; when this returns, the guest does nothing. */
    void pause() {
        paused = true;
        while (inside.get() > 0) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Lets it run. */
    synchronized void resume() {
        paused = false;
        notifyAll();
    }

    /** An interrupt of the thread is kept for later: an instruction is not cut short. */
    private synchronized void awaitRunning() {
        boolean interrupted = false;
        while (paused) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
