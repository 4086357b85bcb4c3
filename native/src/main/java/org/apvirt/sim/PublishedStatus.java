// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

/**
 * The status word that a queue has published in its card's table, as instructions find it: they read it without the queue's
 * monitor.
 */
final class PublishedStatus {
    /** Set where the architecture has a zero: the next TAPQ changes the queue. */
    static final int COUNTING = 1;
    /** The bits of the response code. */
    static final int RC_MASK = 0x00ff_0000;

    private PublishedStatus() {}

    /** Returns what an instruction finds: the queue's response code, or if that is 00 the card's. */
    static int found(int published, SimulatedAdapter.View view) {
        int word = published & ~COUNTING;
        return (word & RC_MASK) == 0 ? word | view.responseCode() << 16 : word;
    }

    /** Returns the word with a response code that has another reason than the queue's state. */
    static int with(int published, int responseCode) {
        return published & ~(COUNTING | RC_MASK) | responseCode << 16;
    }

    /** Tells whether the queue wants to hear of each TAPQ. */
    static boolean counts(int published) {
        return (published & COUNTING) != 0;
    }
}
