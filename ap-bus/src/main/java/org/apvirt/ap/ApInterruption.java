// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;

/**
 * The adapter interruption of the bus: one notification byte for all queues.
 * Source: Linux {@code ap_bus.c}, {@code ap_interrupt_handler}, {@code ap_airq}.
 */
final class ApInterruption {
    /** Interruption subclass of AP, {@code AP_ISC}. */
    private static final int ISC = 6;

    private final long notificationByte;

    /**
     * Asks the machine for a notification byte.
     *
     * @param wanted whether the kernel is to use interruptions where there are any
     */
    ApInterruption(ApPlatform platform, boolean wanted, ApPoller poller) {
        // Not at once: the machine may interrupt in the middle of an instruction that a queue's lock is held for.
        notificationByte = wanted && platform.facilities().has(Facilities.APQI)
                ? platform.interrupts().register(() -> platform.time().schedule(0, poller::poll))
                : 0;
    }

    /** Tells whether replies are announced by adapter interruptions. */
    boolean isUsed() {
        return notificationByte != 0;
    }

    /** Returns the absolute address of the byte that the machine sets when a reply arrives. */
    long notificationByte() {
        return notificationByte;
    }

    /** Returns general register 1 of AQIC. */
    long control() {
        return Pqap.AQIC_IR | ISC;
    }
}
