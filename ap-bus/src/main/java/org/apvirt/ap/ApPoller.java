// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.ap.QueueStateMachine.Wait;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Polls the queues that drivers have: by a timer, by a thread that polls without pause while it is switched on, or when
 * an adapter interruption arrives. Source: Linux {@code ap_bus.c}, {@code ap_wait}, {@code ap_tasklet_fn}.
 */
final class ApPoller {
    /** Wait for a reply, in nanoseconds; an administrator may change it. */
    static final long DEFAULT_HIGH_TIMEOUT = 250_000;
    /** The most that may be set, in nanoseconds: two minutes. */
    static final long MAX_HIGH_TIMEOUT = 120_000_000_000L;
    /** Wait for a reset or for interrupts to be enabled, in nanoseconds. */
    static final long LOW_TIMEOUT = 40_000_000;

    private final ApBus bus;
    private final Time time;
    private volatile long highTimeout = DEFAULT_HIGH_TIMEOUT;
    private volatile boolean thread;
    @GuardedBy("this")
    private Time.@Nullable Task timer;
    @GuardedBy("this")
    private boolean woken; // the thread has been woken and has not run yet

    ApPoller(ApBus bus, Time time) {
        this.bus = bus;
        this.time = time;
    }

    long highTimeout() {
        return highTimeout;
    }

    /** Sets the wait for a reply; a timer that runs is set anew. */
    void highTimeout(long nanos) {
        highTimeout = nanos;
        synchronized (this) {
            if (timer != null) {
                timer.cancel();
                timer = time.schedule(nanos, this::timerExpired);
            }
        }
    }

    /** Tells whether the polling thread exists. */
    boolean hasThread() {
        return thread;
    }

    /** Starts the polling thread, unless interrupts make it useless, or stops it. */
    void thread(boolean wanted) {
        thread = wanted && !bus.interruption().isUsed();
    }

    /** Sees to it that the queues are polled when it makes sense. */
    void waitFor(Wait wait) {
        switch (wait) {
            case NONE -> {
                return;
            }
            case AGAIN, INTERRUPT -> {
                if (bus.interruption().isUsed()) {
                    return;
                }
                if (thread) {
                    wake();
                    return;
                }
            }
            case HIGH_TIMEOUT, LOW_TIMEOUT -> {
                // the timer
            }
        }
        synchronized (this) {
            if (timer == null) {
                timer = time.schedule(wait == Wait.LOW_TIMEOUT ? LOW_TIMEOUT : highTimeout, this::timerExpired);
            }
        }
    }

    private void timerExpired() {
        synchronized (this) {
            timer = null;
        }
        poll();
    }

    private void wake() {
        synchronized (this) {
            if (!woken) {
                woken = true;
                time.schedule(highTimeout, () -> {
                    synchronized (this) {
                        woken = false;
                    }
                    poll();
                });
            }
        }
    }

    /** Polls all active queues once. */
    void poll() {
        Wait wait = Wait.NONE;
        for (int apid = 0; apid <= bus.maxAdapterId(); apid++) {
            ApCard card = bus.card(apid);
            if (card != null) {
                for (int apqi = 0; apqi <= bus.maxDomainId(); apqi++) {
                    ApQueue queue = card.queue(apqi);
                    if (queue != null && queue.active) {
                        wait = wait.orSooner(bus.stateMachine().poll(queue));
                    }
                }
            }
        }
        waitFor(wait);
    }
}
