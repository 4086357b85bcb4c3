// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Time;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A queue device: one APQN that this system may use. What happens on it is the work of {@link QueueStateMachine}; its
 * state is guarded by this object's monitor, which stands for the kernel's {@code aq->lock}.
 *
 * <p>There may be 65,536 of them, so whatever only some queues need is made when it is needed.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code ap_bus.h}, {@code struct ap_queue}.
 */
public final class ApQueue extends ApDevice {
    /** What a queue is good for. The order counts: everything after the first reacts to events. */
    enum Condition {
        UNINITIATED, OPERATING, SHUTDOWN, ERROR
    }

    /** No index of a secret. */
    static final int NO_SECRET = 0x1_0000;

    private final Apqn apqn;
    final int creation;

    // Everything below is guarded by the monitor of this object
    Condition condition = Condition.UNINITIATED;
    QueueStateMachine.State state = QueueStateMachine.State.RESET_START;
    volatile boolean configured;
    volatile boolean checkstopped;
    /** The queue is polled: a driver has it or is about to take it. */
    volatile boolean active;
    /** The driver takes replies: messages may be dequeued. */
    boolean takesReplies;
    /** The next reset also unbinds the queue from this Secure Execution guest. */
    boolean unbindAtReset;
    /** The secret that the queue is, or is about to be, associated with: 0..65535, or {@link #NO_SECRET}. */
    int secret = NO_SECRET;
    /** The response code that put the queue in error; 0: none since it was started. */
    byte lastError;
    /** Requests in the hardware. */
    int inHardware;
    long requestCount;
    private @Nullable Requests requests;
    Time.@Nullable Task timeout;
    @Nullable
    String driverOverride;

    /** The requests of a queue; most queues have none. */
    static final class Requests {
        final Deque<ApMessage> waiting = new ArrayDeque<>();
        final Deque<ApMessage> pending = new ArrayDeque<>();
    }

    ApQueue(ApCard card, Apqn apqn, int creation, boolean configured, boolean checkstopped) {
        super(card.bus(), card);
        this.apqn = apqn;
        this.creation = creation;
        this.configured = configured;
        this.checkstopped = checkstopped;
    }

    @Override
    public String name() {
        return apqn.toString();
    }

    @Override
    public ApBus bus() {
        return card().bus();
    }

    /** Returns the card. */
    public ApCard card() {
        ApCard card = (ApCard) parent();
        assert card != null : "@AssumeAssertion(nullness): the constructor passes one";
        return card;
    }

    /** Returns the queue's number. */
    public Apqn apqn() {
        return apqn;
    }

    @Override
    public int type() {
        return card().type();
    }

    @Override
    public int functions() {
        return card().functions();
    }

    @Override
    public boolean isConfigured() {
        return configured;
    }

    /** Tells whether the card is checkstopped. */
    public boolean isCheckstopped() {
        return checkstopped;
    }

    /**
     * Tells whether it makes sense to put a request into the queue just now. A secure guest uses only queues of
     * accelerators and EP11 coprocessors, and those only when they are bound to it. Source: Linux {@code
     * drivers/s390/crypto/ap_queue.c}, {@code ap_queue_usable}.
     */
    public boolean isUsable() {
        return configured && !checkstopped && (isOperating() || kernel().has(ApQuirk.ERROR_IS_CHOSEN))
                && SecureAttributes.allowRequests(this);
    }

    private synchronized boolean isOperating() {
        return condition == Condition.OPERATING;
    }

    /** Returns the name of the only driver that may have the queue, null if the masks decide. */
    public @Nullable String driverOverride() {
        return driverOverride;
    }

    Requests requests() {
        Requests own = requests;
        if (own == null) {
            own = new Requests();
            requests = own;
        }
        return own;
    }

    @Nullable
    Requests requestsIfAny() {
        return requests;
    }

    /** Returns the number of requests so far. */
    public synchronized long requestCount() {
        return requestCount;
    }

    @Override
    public synchronized void resumeCount(long requests) {
        requestCount = requests;
    }

    /** Returns the number of requests that wait to be sent. */
    public synchronized int waitingCount() {
        Requests own = requests;
        return own == null ? 0 : own.waiting.size();
    }

    /** Returns the number of requests that were sent and not answered yet. */
    public synchronized int pendingCount() {
        Requests own = requests;
        return own == null ? 0 : own.pending.size();
    }

    /** Begins to work for a driver that sends requests, with a reset. */
    public void start() {
        bus().stateMachine().init(this);
        bus().stateMachine().takeReplies(this);
    }

    /** Ends all requests with EAGAIN: another queue may do. */
    public void flush() {
        bus().stateMachine().flush(this);
    }

    /**
     * Puts a request into the queue and sends what can be sent.
     *
     * @throws ErrnoException ENODEV: the queue is not operating
     */
    public void submit(ApMessage message) throws ErrnoException {
        bus().stateMachine().submit(this, message);
    }

    /** Takes a request back; a reply that arrives later is dropped. */
    public synchronized void cancel(ApMessage message) {
        Requests own = requests;
        if (own != null && !own.waiting.remove(message)) {
            own.pending.remove(message);
        }
    }

    @Override
    protected String deviceType() {
        return "ap_queue";
    }

    @Override
    protected void addUeventVariables(String action, List<String> variables) {
        addMode(variables);
    }

    @Override
    protected List<EntryGroup> groups() {
        EntryGroup always = bus().queueAttributes().on(this);
        return SecureAttributes.areShown(this)
                ? List.of(always, SecureAttributes.ALL.on(this))
                : List.of(always);
    }
}
