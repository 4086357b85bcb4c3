// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.running.ControlException;
import org.apvirt.running.ControlException.Reason;

/** How many streams there may be, so that requests always find a connection. Thread-safe. */
final class StreamLimit {
    static final int MOST = 32;

    @GuardedBy("this")
    private int streams;
    private volatile boolean open = true;

    /**
     * Takes a place; {@link #release} gives it back.
     *
     * @throws ControlException BUSY: there are too many
     */
    synchronized void take() throws ControlException {
        if (streams == MOST) {
            throw new ControlException(Reason.BUSY, null, MOST + " streams are open already; close one");
        }
        streams++;
    }

    synchronized void release() {
        streams--;
    }

    boolean isOpen() {
        return open;
    }

    /** Ends all of them soon. */
    void close() {
        open = false;
    }
}
