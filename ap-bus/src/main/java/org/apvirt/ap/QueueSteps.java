// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.function.Consumer;

import org.apvirt.ap.ApQueue.Condition;
import org.apvirt.ap.QueueStateMachine.State;
import org.apvirt.ap.QueueStateMachine.Wait;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Errno;

/**
 * What {@link QueueStateMachine} does in each state: one instruction, and the next state by its response code. The
 * caller has the queue's monitor.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_queue.c}, the functions {@code ap_sm_*}.
 */
final class QueueSteps {
    /** How long a request may take before the queue is reset, in nanoseconds: 15 minutes. */
    private static final long REQUEST_TIMEOUT = 900_000_000_000L;

    private final ApBus bus;
    private final ApCommands commands;
    private final ReplyReader replies;
    private final ApTrace trace;
    private final Consumer<ApQueue> timedOut;

    /** @param timedOut told when a request takes too long */
    QueueSteps(ApBus bus, ApCommands commands, Consumer<ApQueue> timedOut) {
        this.bus = bus;
        this.commands = commands;
        this.trace = new ApTrace(bus.kernel());
        this.replies = new ReplyReader(commands, trace);
        this.timedOut = timedOut;
    }

    /** Makes room for the largest reply of any card. */
    void enlargeBuffer(int bytes) {
        replies.enlargeBuffer(bytes);
    }

    private static boolean isAsync(int status) {
        return (status & ApQueueStatus.ASYNC) != 0;
    }

    private static Wait error(ApQueue queue, int status) {
        queue.condition = Condition.ERROR;
        queue.lastError = (byte) ApQueueStatus.responseCode(status);
        return Wait.NONE;
    }

    Wait startReset(ApQueue queue) {
        int status = commands.rapq(queue.apqn(), queue.unbindAtReset);
        if (isAsync(status)) {
            return Wait.NONE;
        }
        switch (response(status)) {
            case NORMAL, RESET_IN_PROGRESS -> {
                queue.state = State.RESET_WAIT;
                queue.unbindAtReset = false;
                return Wait.LOW_TIMEOUT;
            }
            default -> {
                return error(queue, status); // the state stays, so the next poll resets again
            }
        }
    }

    private static ApResponseCode response(int status) {
        return ApResponseCode.of(ApQueueStatus.responseCode(status));
    }

    private void ready(ApQueue queue) {
        queue.state = queue.inHardware > 0 ? State.WORKING : State.IDLE;
    }

    Wait awaitReset(ApQueue queue) {
        int status = commands.tapq(queue.apqn());
        switch (response(status)) {
            case NORMAL -> {
                if (bus.interruption().isUsed() && enableInterrupts(queue)) {
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
                return error(queue, status);
            }
        }
    }

    Wait awaitInterrupts(ApQueue queue) {
        int status = queue.inHardware > 0 && queue.takesReplies ? receive(queue) : commands.tapq(queue.apqn());
        if ((status & ApQueueStatus.IRQ_ENABLED) != 0) {
            ready(queue);
        }
        switch (response(status)) {
            case NORMAL -> {
                return queue.inHardware > 0 ? Wait.AGAIN : Wait.LOW_TIMEOUT;
            }
            case Q_FULL -> { // there: no reply is pending
                return Wait.LOW_TIMEOUT;
            }
            default -> {
                return error(queue, status);
            }
        }
    }

    Wait awaitAssociation(ApQueue queue) {
        int status = commands.tapq(queue.apqn());
        int state = new ApHardwareInfo(commands.hardwareInfo()).bindState();
        int code = ApQueueStatus.responseCode(status);
        if (isAsync(status) && code != 0 || code > ApResponseCode.BUSY.code()) {
            return error(queue, status);
        }
        switch (state) {
            case ApHardwareInfo.USABLE -> {
                queue.state = State.IDLE;
                bus.secureBindingEvent(queue, "SE_ASSOC=" + queue.secret);
                return Wait.NONE;
            }
            case ApHardwareInfo.USABLE_WITHOUT_SECURE_KEY -> {
                return Wait.LOW_TIMEOUT;
            }
            default -> { // somebody else has reset it
                queue.secret = ApQueue.NO_SECRET;
                return error(queue, status);
            }
        }
    }

    /** Asks for interrupts; tells whether the machine accepted. */
    private boolean enableInterrupts(ApQueue queue) {
        Apqn apqn = queue.apqn();
        int status = commands.aqic(apqn, bus.interruption().control(), bus.interruption().notificationByte());
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

    Wait send(ApQueue queue) {
        ApQueue.Requests requests = queue.requestsIfAny();
        ApMessage message = requests == null ? null : requests.waiting.peek();
        if (requests == null || message == null) {
            return Wait.NONE;
        }
        byte[] request = message.request();
        int status = commands.nqap(queue.apqn(), message.psmid, request, request.length, message.special());
        trace.nqap(queue.apqn(), status, message.psmid);
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
                if (queue.inHardware < queue.card().depth()) {
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
                return error(queue, status);
            }
        }
    }

    private static Wait full(ApQueue queue, int status) {
        queue.state = State.QUEUE_FULL;
        return (status & ApQueueStatus.IRQ_ENABLED) != 0 ? Wait.INTERRUPT : Wait.HIGH_TIMEOUT;
    }

    Wait fetch(ApQueue queue) {
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
                return error(queue, status);
            }
        }
        if (!irq && (status & ApQueueStatus.EMPTY) != 0 && bus.interruption().isUsed() && enableInterrupts(queue)) {
            queue.state = State.SETIRQ_WAIT;
            return Wait.AGAIN;
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
        queue.timeout = bus.time().schedule(REQUEST_TIMEOUT, () -> timedOut.accept(queue));
    }

    static void cancelTimeout(ApQueue queue) {
        if (queue.timeout != null) {
            queue.timeout.cancel();
            queue.timeout = null;
        }
    }
}
