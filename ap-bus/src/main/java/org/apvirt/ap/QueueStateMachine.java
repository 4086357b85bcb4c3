package org.apvirt.ap;

import org.apvirt.ap.ApQueue.Condition;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
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
 * </pre>
 * "Ready" is WORKING with requests in the hardware, else IDLE. Events reach only a queue that is configured, not
 * checkstopped and not {@link Condition#UNINITIATED}.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code ap_jumptable}.
 */
final class QueueStateMachine {
    /** Where a queue stands. */
    enum State {
        RESET_START, RESET_WAIT, SETIRQ_WAIT, IDLE, WORKING, QUEUE_FULL
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

    /** How long a request may take before the queue is reset, in nanoseconds: 15 minutes. */
    private static final long REQUEST_TIMEOUT = 900_000_000_000L;

    private final ApBus bus;
    private final ApCommands commands;
    private final ApPoller poller;
    private final ReplyReader replies;
    private long lastPsmid;

    QueueStateMachine(ApBus bus, ApCommands commands, ApPoller poller) {
        this.bus = bus;
        this.commands = commands;
        this.poller = poller;
        this.replies = new ReplyReader(commands);
    }

    /** Makes room for the largest reply of any card. */
    void enlargeBuffer(int bytes) {
        replies.enlargeBuffer(bytes);
    }

    // Ways in

    /** Starts, or starts again, with a reset. */
    void init(ApQueue queue) {
        Wait wait;
        synchronized (queue) {
            queue.condition = Condition.OPERATING;
            queue.state = State.RESET_START;
            wait = run(queue, Event.POLL);
        }
        poller.waitFor(wait);
    }

    /** Starts again with a reset, unless the queue has never been started or its driver has left. */
    void initAgain(ApQueue queue) {
        synchronized (queue) {
            if (queue.condition != Condition.UNINITIATED) {
                init(queue);
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
            wait = run(queue, Event.POLL);
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
            cancelTimeout(queue);
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
    void fail(ApQueue queue) {
        synchronized (queue) {
            if (queue.condition != Condition.UNINITIATED) {
                queue.condition = Condition.ERROR;
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
            wait = run(queue, Event.POLL);
        }
        poller.waitFor(wait);
    }

    /** Polls one queue until it has nothing more to do at once. */
    Wait poll(ApQueue queue) {
        synchronized (queue) {
            return run(queue, Event.POLL);
        }
    }

    private synchronized long nextPsmid() {
        return ++lastPsmid;
    }

    private Wait run(ApQueue queue, Event event) {
        Wait wait = step(queue, event);
        while (wait == Wait.AGAIN) {
            wait = step(queue, event);
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
                case RESET_START -> startReset(queue);
                case RESET_WAIT -> awaitReset(queue);
                case SETIRQ_WAIT -> awaitInterrupts(queue);
                case IDLE -> send(queue);
                case WORKING -> fetch(queue).orSooner(send(queue));
                case QUEUE_FULL -> fetch(queue);
            };
            case TIMEOUT -> switch (queue.state) {
                case RESET_START, RESET_WAIT, SETIRQ_WAIT, IDLE -> Wait.NONE;
                case WORKING, QUEUE_FULL -> startReset(queue);
            };
        };
    }

    private static boolean isAsync(int status) {
        return (status & ApQueueStatus.ASYNC) != 0;
    }

    private static Wait error(ApQueue queue) {
        queue.condition = Condition.ERROR;
        return Wait.NONE;
    }

    private Wait startReset(ApQueue queue) {
        int status = commands.rapq(queue.apqn(), queue.unbindAtReset);
        if (isAsync(status)) {
            return Wait.NONE;
        }
        switch (response(status)) {
            case NORMAL, RESET_IN_PROGRESS -> {
                queue.state = State.RESET_WAIT;
                queue.unbindAtReset = false;
                // Differs from Linux: with interrupts it looks at once whether the reset is over, not 40 ms later, so
                // that a queue's RAPQ and AQIC come together however many queues are bound one after the other.
                return bus.usesInterrupts() && queue.active ? Wait.AGAIN : Wait.LOW_TIMEOUT;
            }
            default -> {
                return error(queue); // the state stays, so the next poll resets again
            }
        }
    }

    private static ApResponseCode response(int status) {
        return ApResponseCode.of(ApQueueStatus.responseCode(status));
    }

    private void ready(ApQueue queue) {
        queue.state = queue.inHardware > 0 ? State.WORKING : State.IDLE;
    }

    private int statusWhileWaiting(ApQueue queue) {
        return queue.inHardware > 0 && queue.takesReplies ? receive(queue) : commands.tapq(queue.apqn());
    }

    private Wait awaitReset(ApQueue queue) {
        int status = statusWhileWaiting(queue);
        if (isAsync(status)) {
            return Wait.NONE;
        }
        switch (response(status)) {
            case NORMAL -> {
                if (bus.usesInterrupts() && enableInterrupts(queue)) {
                    queue.state = State.SETIRQ_WAIT;
                } else {
                    ready(queue);
                }
                return Wait.AGAIN;
            }
            case BUSY, RESET_IN_PROGRESS -> {
                return Wait.LOW_TIMEOUT;
            }
            default -> {
                return error(queue);
            }
        }
    }

    private Wait awaitInterrupts(ApQueue queue) {
        int status = statusWhileWaiting(queue);
        if (isAsync(status)) {
            return Wait.NONE;
        }
        if ((status & ApQueueStatus.IRQ_ENABLED) != 0) {
            ready(queue);
        }
        switch (response(status)) {
            case NORMAL -> {
                return queue.inHardware > 0 || queue.state == State.IDLE ? Wait.AGAIN : Wait.LOW_TIMEOUT;
            }
            case Q_FULL -> { // there: no reply is pending
                return Wait.LOW_TIMEOUT;
            }
            default -> {
                return error(queue);
            }
        }
    }

    /** Asks for interrupts; tells whether the machine accepted. */
    private boolean enableInterrupts(ApQueue queue) {
        Apqn apqn = queue.apqn();
        int status = commands.aqic(apqn, bus.interruptControl(), bus.notificationByte());
        if (isAsync(status)) {
            return false;
        }
        return switch (response(status)) {
            case NORMAL, OTHERWISE_CHANGED -> true;
            case Q_NOT_AVAIL, DECONFIGURED, CHECKSTOPPED, INVALID_ADDRESS -> {
                bus.kernel().log("ap: Registering adapter interrupts for AP device " + apqn + " failed");
                yield false;
            }
            default -> false; // busy
        };
    }

    private Wait send(ApQueue queue) {
        ApQueue.Requests requests = queue.requestsIfAny();
        ApMessage message = requests == null ? null : requests.waiting.peek();
        if (requests == null || message == null) {
            return Wait.NONE;
        }
        byte[] request = message.request();
        int status = commands.nqap(queue.apqn(), message.psmid, request, request.length, message.special());
        if (isAsync(status)) {
            return Wait.NONE;
        }
        switch (response(status)) {
            case NORMAL -> {
                queue.inHardware = Math.max(1, queue.inHardware + 1);
                if (queue.inHardware == 1) {
                    startTimeout(queue);
                }
                requests.pending.add(requests.waiting.remove());
                if (queue.inHardware < queue.card().hardwareInfo().depth()) {
                    queue.state = State.WORKING;
                    return Wait.AGAIN;
                }
                return full(queue, status);
            }
            case Q_FULL -> {
                return full(queue, status);
            }
            case RESET_IN_PROGRESS -> {
                queue.state = State.RESET_WAIT;
                return Wait.LOW_TIMEOUT;
            }
            case INVALID_DOMAIN, MESSAGE_TOO_BIG, REQ_FAC_NOT_INST -> {
                requests.waiting.remove();
                message.fail(Errno.EINVAL);
                return Wait.AGAIN;
            }
            default -> {
                return error(queue);
            }
        }
    }

    private static Wait full(ApQueue queue, int status) {
        queue.state = State.QUEUE_FULL;
        return (status & ApQueueStatus.IRQ_ENABLED) != 0 ? Wait.INTERRUPT : Wait.HIGH_TIMEOUT;
    }

    private Wait fetch(ApQueue queue) {
        if (!queue.takesReplies) {
            return Wait.NONE;
        }
        int status = receive(queue);
        if (isAsync(status)) {
            return Wait.NONE;
        }
        boolean irq = (status & ApQueueStatus.IRQ_ENABLED) != 0;
        switch (response(status)) {
            case NORMAL -> {
                if (queue.inHardware > 0) {
                    queue.state = State.WORKING;
                    return Wait.AGAIN;
                }
                queue.state = State.IDLE;
            }
            case Q_FULL -> { // there: no reply is pending
                if (queue.inHardware > 0) {
                    return irq ? Wait.INTERRUPT : Wait.HIGH_TIMEOUT;
                }
                queue.state = State.IDLE;
            }
            default -> {
                return error(queue);
            }
        }
        if (!irq && (status & ApQueueStatus.EMPTY) != 0 && bus.usesInterrupts() && enableInterrupts(queue)) {
            queue.state = State.SETIRQ_WAIT;
            return Wait.LOW_TIMEOUT;
        }
        return Wait.NONE;
    }

    /** Dequeues one reply, if there is one, and hands it to its request. */
    private int receive(ApQueue queue) {
        int status = replies.receive(queue);
        if (response(status) == ApResponseCode.NORMAL) {
            if (queue.inHardware > 0) {
                startTimeout(queue);
            } else {
                cancelTimeout(queue);
            }
        }
        return status;
    }

    private void startTimeout(ApQueue queue) {
        cancelTimeout(queue);
        queue.timeout = bus.time().schedule(REQUEST_TIMEOUT, () -> {
            Wait wait;
            synchronized (queue) {
                wait = queue.condition == Condition.OPERATING ? step(queue, Event.TIMEOUT) : Wait.NONE;
            }
            poller.waitFor(wait);
        });
    }

    private static void cancelTimeout(ApQueue queue) {
        if (queue.timeout != null) {
            queue.timeout.cancel();
            queue.timeout = null;
        }
    }
}
