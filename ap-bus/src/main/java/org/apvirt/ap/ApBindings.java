// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many queues there are and how many of them have drivers, and the event that tells user space when all have.
 * Source: Linux {@code ap_bus.c}, {@code ap_check_bindings_complete}, {@code ap_calc_bound_apqns}.
 */
final class ApBindings {
    private final ApBus bus;
    private final AtomicInteger queues = new AtomicInteger();
    private final AtomicInteger bound = new AtomicInteger();
    private final AtomicLong completions = new AtomicLong();
    private final AtomicBoolean complete = new AtomicBoolean();

    ApBindings(ApBus bus) {
        this.bus = bus;
    }

    int queues() {
        return queues.get();
    }

    int bound() {
        return bound.get();
    }

    /** Returns the number of BINDINGS=complete events. */
    long completions() {
        return completions.get();
    }

    /** A queue came, 1, or went, -1. */
    void countQueue(int change) {
        queues.addAndGet(change);
    }

    /** A queue was bound, 1, or unbound, -1. */
    void countBound(int change) {
        bound.addAndGet(change);
    }

    /** Something may become bound: the next time all is bound is news. */
    void rearm() {
        complete.setPlain(false);
    }

    /** A device was bound: where each binding tells, user space learns that all are. */
    void tellBinding() {
        if (areAllBound() && bus.kernel().has(ApQuirk.BINDING_TELLS_COMPLETION)) {
            tellCompletion();
        }
    }

    /** Tells user space, once, that all queues have drivers. */
    void check() {
        if (areAllBound() && complete.compareAndSet(false, true)) {
            tellCompletion();
        }
    }

    private boolean areAllBound() {
        return bus.scanner().scans() >= 1 && bound.get() == queues.get();
    }

    private void tellCompletion() {
        bus.root().uevent("change", "BINDINGS=complete", "COMPLETECOUNT=" + completions.incrementAndGet());
    }
}
