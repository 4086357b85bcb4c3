// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.Iterator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.device.Errno;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Takes replies out of queues, one at a time through one buffer, and finds the requests that they belong to.
 * Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code ap_sm_recv}.
 */
final class ReplyReader {
    private static final int NO_REPLY = -1;

    private final ApCommands commands;
    private final ApTrace trace;
    private final Object bufferLock = new Object();
    @GuardedBy("bufferLock")
    private byte[] buffer = new byte[ApCard.DEFAULT_MESSAGE_BYTES];

    ReplyReader(ApCommands commands, ApTrace trace) {
        this.commands = commands;
        this.trace = trace;
    }

    /** Makes room for the largest reply of any card. */
    void enlargeBuffer(int bytes) {
        synchronized (bufferLock) {
            if (bytes > buffer.length) {
                buffer = new byte[bytes];
            }
        }
    }

    /**
     * Dequeues one reply, if there is one, and hands it to its request. The caller holds the queue's monitor.
     *
     * @return the status word of DQAP
     */
    int receive(ApQueue queue) {
        synchronized (bufferLock) {
            int length = queue.card().maxMessageBytes(); // more is a specification exception
            int parts = 0;
            int token = 0;
            int status;
            do {
                status = commands.dqap(queue.apqn(), buffer, length, token);
                token = commands.replyToken();
                parts++;
            } while (commands.replyRest() != 0 && (status & ApQueueStatus.ASYNC) == 0);
            trace.dqap(queue.apqn(), status, commands.replyPsmid());
            switch (ApResponseCode.of(ApQueueStatus.responseCode(status))) {
                case NORMAL -> {
                    boolean empty = (status & ApQueueStatus.EMPTY) != 0;
                    queue.inHardware = Math.max(empty ? 0 : 1, queue.inHardware - 1);
                    deliver(queue, commands.replyPsmid(), parts > 1 ? NO_REPLY : commands.replyLength(length));
                }
                case Q_FULL -> { // there: no reply is pending
                    if ((status & ApQueueStatus.EMPTY) != 0 && queue.inHardware > 0) {
                        requeue(queue);
                    }
                }
                default -> {
                    // the caller decides
                }
            }
            return status;
        }
    }

    @GuardedBy("bufferLock")
    private void deliver(ApQueue queue, long psmid, int length) {
        ApMessage message = takePending(queue, psmid);
        if (message == null) {
            return; // cancelled meanwhile
        }
        if (length == NO_REPLY) {
            message.fail(Errno.EMSGSIZE);
        } else {
            message.answer(buffer, length);
        }
    }

    private static @Nullable ApMessage takePending(ApQueue queue, long psmid) {
        ApQueue.Requests requests = queue.requestsIfAny();
        if (requests != null) {
            for (Iterator<ApMessage> it = requests.pending.iterator(); it.hasNext();) {
                ApMessage message = it.next();
                if (message.psmid == psmid) {
                    it.remove();
                    return message;
                }
            }
        }
        return null;
    }

    /** The adapter is empty though requests are missing: it lost them, they are sent again, before the others. */
    private static void requeue(ApQueue queue) {
        ApQueue.Requests requests = queue.requests();
        queue.inHardware = 0;
        for (ApMessage message = requests.pending.pollLast(); message != null; message = requests.pending.pollLast()) {
            requests.waiting.addFirst(message);
        }
    }
}
