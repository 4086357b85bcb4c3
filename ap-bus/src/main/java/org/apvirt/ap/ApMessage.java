// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.Arrays;

import org.apvirt.device.Errno;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A request to a queue and, later, its reply. Source: Linux {@code ap_bus.h}, {@code struct ap_message}.
 */
public final class ApMessage {
    private final byte[] request;
    private final boolean special;
    long psmid;
    private @Nullable Runnable whenDone;
    private boolean done;
    private @Nullable Errno failure;
    private byte[] reply = {};

    /**
     * A request.
     *
     * @param special the adapter treats it as a special command
     */
    public ApMessage(byte[] request, boolean special) {
        this.request = request;
        this.special = special;
    }

    /** Returns what the queue calls it, 0 as long as it was not given to one. */
    public long psmid() {
        return psmid;
    }

    /** Returns the bytes to send. */
    public byte[] request() {
        return request;
    }

    /** Tells whether this is a special command. */
    public boolean special() {
        return special;
    }

    /** Runs an action once, when the request has ended. It must be short: the queue waits for it. */
    public synchronized void whenDone(Runnable action) {
        if (done) {
            action.run();
        } else {
            whenDone = action;
        }
    }

    /** Tells whether the request has ended, with a reply or without. */
    public synchronized boolean isDone() {
        return done;
    }

    /**
     * Returns why there is no reply: EAGAIN if it may be sent to another queue, EINVAL, EMSGSIZE; null if there is one
     * or nothing is known yet.
     */
    public synchronized @Nullable Errno failure() {
        return failure;
    }

    /** Returns the reply, empty while there is none. */
    public synchronized byte[] reply() {
        return reply;
    }

    void answer(byte[] buffer, int length) {
        end(null, Arrays.copyOf(buffer, length));
    }

    void fail(Errno errno) {
        end(errno, new byte[0]);
    }

    private synchronized void end(@Nullable Errno errno, byte[] bytes) {
        failure = errno;
        reply = bytes;
        done = true;
        Runnable action = whenDone;
        whenDone = null;
        if (action != null) {
            action.run();
        }
    }
}
