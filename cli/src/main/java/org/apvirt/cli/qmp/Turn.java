// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Waits until QEMU has answered what a client sent before: it answers commands in the order in which they come, so that one of
 * ours is sent behind them, whose answer nobody else is told.
 */
final class Turn {
    /** Is answered in each state of QEMU's, and changes nothing. */
    private static final String COMMAND = "{\"execute\":\"query-version\",\"id\":\"%s\"}\r\n";

    /** No client writes this. */
    private final String prefix = "apvirt-" + UUID.randomUUID() + "-";
    @GuardedBy("this")
    private long sent;
    @GuardedBy("this")
    private long answered;
    @GuardedBy("this")
    private boolean ended;

    /**
     * Waits.
     *
     * @param qemu where to the client's commands went
     * @throws IOException the connection has ended
     */
    void await(UnixSocket qemu) throws IOException {
        String id;
        synchronized (this) {
            sent++;
            id = prefix + sent;
        }
        qemu.send(String.format(COMMAND, id).getBytes(StandardCharsets.US_ASCII), List.of());
        synchronized (this) {
            try {
                while (!ended && answered < sent) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            if (ended) {
                throw new IOException("QEMU has ended the connection");
            }
        }
    }

    /** Tells whether this is the id of an answer to us, after which {@link #await} returns. */
    synchronized boolean isOurs(@Nullable JsonElement id) {
        if (id instanceof JsonPrimitive text && text.isString() && text.getAsString().equals(prefix + sent)) {
            answered = sent;
            notifyAll();
            return true;
        }
        return false;
    }

    /** Nobody waits any more. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }
}
