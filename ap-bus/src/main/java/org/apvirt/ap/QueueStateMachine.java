// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.ap.ApQueue.Condition;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * What happens on a queue: it is reset, waits for the reset, switches interrupts on, sends requests, fetches replies.
 * <pre>
 *  state         on POLL                                   on TIMEOUT
 *  RESET_START   RAPQ, then RESET_WAIT                     -
 *  RESET_WAIT    wait for the reset, then AQIC or ready    -
 *  SETIRQ_WAIT   wait for the interrupt bit, then ready    -
 *  IDLE          send                                      -
 *  WORKING       fetch and send; IDLE when all is fetched  reset
 *  QUEUE_FULL    fetch; WORKING when there is room         reset
 *  ASSOC_WAIT    wait for the association, then IDLE       reset
 * </pre>
 * A poll goes on until nothing more can be done at once; whatever else drives a queue is one step, after which
 * {@link ApPoller} sees to it that the queue is polled. "Ready" is WORKING with requests in the hardware, else IDLE. Events reach only a queue that is configured, not
 * checkstopped and not {@link Condition#UNINITIATED}.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code ap_jumptable}.
 */
final class QueueStateMachine {
    /** Where a queue stands. */
    enum State {
        RESET_START, RESET_WAIT, SETIRQ_WAIT, IDLE, WORKING, QUEUE_FULL, ASSOC_WAIT
    }

    /** What drives it. */
    enum Event {
        POLL, TIMEOUT
    }

    /** When the next poll makes sense; the first of two is the more urgent. */
    enum Wait {
        AGAIN, HIGH_TIMEOUT, LOW_TIMEOUT, INTERRUPT, NONE;

        Wait orSooner(Wait other) {
            return compareTo(other) <= 0 ? this : other;
        }
    }

    private final ApCommands commands;
    private final ApPoller poller;
    private final QueueSteps steps;
    private long lastPsmid;

    @SuppressWarnings("nullness:methodref.receiver.bound") // the steps call back later, from tasks and scans
    QueueStateMachine(ApBus bus, ApCommands commands, ApPoller poller) {
        this.commands = commands;
        this.poller = poller;
        this.steps = new QueueSteps(bus, commands, this::timedOut);
    }

    /** Makes room for the largest reply of any card. */
    void enlargeBuffer(int bytes) {
        steps.enlargeBuffer(bytes);
    }

    // Ways in

    /** Starts, or starts again, with a reset. */
    void init(ApQueue queue) {
        Wait wait;
        synchronized (queue) {
            queue.condition = Condition.OPERATING;
            queue.state = State.RESET_START;
            queue.lastError = 0;
            queue.secret = ApQueue.NO_SECRET;
            wait = step(queue, Event.POLL);
        }
        poller.waitFor(wait);
    }

    /** From now on the driver takes replies. */
    void takeReplies(ApQueue queue) {
        Wait wait;
        synchronized (queue) {
            queue.takesReplies = true;
            wait = step(queue, Event.POLL);
        }
        poller.waitFor(wait);
    }

    /** Starts again with a reset, unless the queue has never been started or its driver has left. */
    void initAgain(ApQueue queue) {
        synchronized (queue) {
            if (queue.condition != Condition.UNINITIATED) {
                if (queue.kernel().has(ApQuirk.COMES_BACK_AT_POLL)) {
                    queue.condition = Condition.OPERATING;
                    queue.state = State.RESET_START;
                } else {
                    init(queue);
                }
            }
        }
    }

    boolean isInError(ApQueue queue) {
        synchronized (queue) {
            return queue.condition == Condition.ERROR;
        }
    }

    /** Ends all requests and starts a reset. */
    void reset(ApQueue queue) {
        Wait wait;
        synchronized (queue) {
            flush(queue);
            queue.state = State.RESET_START;
            wait = step(queue, Event.POLL);
        }
        poller.waitFor(wait);
    }

    /** Ends all requests with EAGAIN: another queue may do. */
    void flush(ApQueue queue) {
        synchronized (queue) {
            ApQueue.Requests requests = queue.requestsIfAny();
            if (requests != null) {
                for (ApMessage message = requests.pending.poll(); message != null; message = requests.pending.poll()) {
                    message.fail(Errno.EAGAIN);
                }
                for (ApMessage message = requests.waiting.poll(); message != null; message = requests.waiting.poll()) {
                    message.fail(Errno.EAGAIN);
                }
            }
            queue.inHardware = 0;
        }
    }

    /** The driver is about to let the queue go. */
    void prepareRemove(ApQueue queue) {
        synchronized (queue) {
            flush(queue);
            queue.condition = Condition.SHUTDOWN;
            QueueSteps.cancelTimeout(queue);
        }
    }

    /** The driver has let the queue go: nothing of it stays in the hardware. */
    void remove(ApQueue queue) {
        synchronized (queue) {
            commands.zapq(queue.apqn(), false);
            queue.condition = Condition.UNINITIATED;
            queue.takesReplies = false;
        }
    }

    /** Notes a condition in which nothing can be sent. */
    void fail(ApQueue queue, ApResponseCode why) {
        synchronized (queue) {
            if (queue.condition != Condition.UNINITIATED) {
                queue.condition = Condition.ERROR;
                queue.lastError = (byte) why.code();
            }
        }
    }

    /** Takes a request and sends what can be sent. */
    void submit(ApQueue queue, ApMessage message) throws ErrnoException {
        Wait wait;
        synchronized (queue) {
            if (queue.condition != Condition.OPERATING) {
                throw new ErrnoException(Errno.ENODEV, "queue " + queue.name() + " is not operating");
            }
            message.psmid = nextPsmid();
            queue.requests().waiting.add(message);
            queue.requestCount++;
            queue.card().requestCount.incrementAndGet();
            wait = pollAgain(queue);
        }
        poller.waitFor(wait);
    }

    /** Ends all requests and starts again with a reset that also unbinds the queue from this secure guest. */
    void unbind(ApQueue queue) {
        synchronized (queue) {
            flush(queue);
            queue.unbindAtReset = true;
            init(queue);
        }
    }

    /** Waits, from now on, until the queue is associated with a secret. */
    void associate(ApQueue queue, int secret) {
        Wait wait;
        synchronized (queue) {
            queue.secret = secret;
            queue.state = State.ASSOC_WAIT;
            wait = step(queue, Event.POLL);
        }
        poller.waitFor(wait);
    }

    /** Polls one queue until it has nothing more to do at once. */
    Wait poll(ApQueue queue) {
        synchronized (queue) {
            return pollAgain(queue);
        }
    }

    private synchronized long nextPsmid() {
        return ++lastPsmid;
    }

    private void timedOut(ApQueue queue) {
        Wait wait;
        synchronized (queue) {
            wait = step(queue, Event.TIMEOUT);
        }
        poller.waitFor(wait);
    }

    /** Polls until there is nothing more to do at once. */
    private Wait pollAgain(ApQueue queue) {
        Wait wait = step(queue, Event.POLL);
        while (wait == Wait.AGAIN) {
            wait = step(queue, Event.POLL);
        }
        return wait;
    }

    // The table

    private Wait step(ApQueue queue, Event event) {
        if (!queue.configured || queue.checkstopped || queue.condition == Condition.UNINITIATED) {
            return Wait.NONE;
        }
        return switch (event) {
            case POLL -> switch (queue.state) {
                case RESET_START -> steps.startReset(queue);
                case RESET_WAIT -> steps.awaitReset(queue);
                case SETIRQ_WAIT -> steps.awaitInterrupts(queue);
                case IDLE -> steps.send(queue);
                case WORKING -> steps.fetch(queue).orSooner(steps.send(queue));
                case QUEUE_FULL -> steps.fetch(queue);
                case ASSOC_WAIT -> steps.awaitAssociation(queue);
            };
            case TIMEOUT -> switch (queue.state) {
                case RESET_START, RESET_WAIT, SETIRQ_WAIT, IDLE -> Wait.NONE;
                case WORKING, QUEUE_FULL, ASSOC_WAIT -> steps.startReset(queue);
            };
        };
    }
}
