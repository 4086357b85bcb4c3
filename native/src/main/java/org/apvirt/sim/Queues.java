// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Objects;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One queue, all queues of a card, or all there are.
 *
 * @param apid the card, 0..255; null: any
 * @param apqi the domain, 0..255; null: any
 */
public record Queues(@Nullable Integer apid, @Nullable Integer apqi) {
    /** All queues. */
    public static final Queues ALL = new Queues(null, null);

    /** Checks the numbers. */
    public Queues {
        Objects.checkIndex(apid == null ? 0 : apid, ApMask.BITS);
        Objects.checkIndex(apqi == null ? 0 : apqi, ApMask.BITS);
    }

    /** One queue. */
    public static Queues of(Apqn apqn) {
        return new Queues(apqn.apid(), apqn.apqi());
    }

    /** The queues of a card. */
    public static Queues ofCard(int apid) {
        return new Queues(apid, null);
    }

    /** Tells whether a queue is among them. */
    public boolean contains(Apqn apqn) {
        return (apid == null || apid == apqn.apid()) && (apqi == null || apqi == apqn.apqi());
    }
}
