// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A reset: it ends after a time, or once the queue has been tested so many times. Guarded by its queue. */
final class QueueReset {
    /** No reset runs. */
    static final QueueReset NONE = new QueueReset(0, null);

    private int polls; // TAPQs that will still find it running
    private Time.@Nullable Task end; // of one that takes time

    /**
     * A reset that begins.
     *
     * @param polls TAPQs that find it running
     * @param end ends one that takes time
     */
    QueueReset(int polls, Time.@Nullable Task end) {
        this.polls = polls;
        this.end = end;
    }

    boolean isRunning() {
        return end != null || polls > 0;
    }

    /** Tells whether tests of the queue count. */
    boolean isCounting() {
        return polls > 0;
    }

    /** Tells whether it ends by tests of the queue and by nothing else. */
    boolean endsByTests() {
        return end == null && polls > 0;
    }

    void tested() {
        polls--;
    }

    /** Its time is over. */
    void ended() {
        end = null;
    }

    /** It is not waited for any longer; tests still count. */
    void endNow() {
        if (end != null) {
            end.cancel();
            end = null;
        }
    }
}
