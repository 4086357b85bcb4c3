// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One queue of a card: requests that the card works on, replies that wait, interruption, resets.
 *
 * <p>The status word is the queue's published state: every change is made under the queue's monitor and ends in a new
 * word in the card's table, and TAPQ reads that word alone. Only while the answer depends on how often it is asked for does TAPQ take the
 * monitor too.
 *
 * <pre>
 *  state              NQAP                 reply arrives   DQAP                 RAPQ, ZAPQ        reset ends
 *  idle        E      accepted: working    -               10                   resetting         -
 *  working            accepted until F     replies         10                   resetting         -
 *  replies     R      accepted until F     replies         oldest reply: idle,  resetting         -
 *                                                          working or replies
 *  resetting   E, 02  02                   dropped         02                   02                idle
 * </pre>
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code ap_sm_recv}, {@code ap_sm_reset_wait}, for what the
 * bits of the status tell a driver.
 */
public final class SimulatedQueue {
    /** Status of a queue that nothing has happened to. */
    static final int IDLE = ApQueueStatus.EMPTY;
    private static final int RC_MASK = PublishedStatus.RC_MASK;
    /** No response code is forced. */
    static final int NONE = -1;

    private final SimulatedAdapter adapter;
    private final int apqi;
    private int forced = NONE; // response code that every instruction gets
    private QueueReset reset = QueueReset.NONE;
    private final QueueInterruption interruption = new QueueInterruption();
    private QueuedMessages messages = QueuedMessages.NONE; // until the first NQAP, which few of 65,536 queues see
    private long busyUntil; // when the card will have answered the last request
    private final @Nullable SecureBinding binding; // on a machine that is a secure guest
    private int generation; // counts what made the queue forget its messages

    SimulatedQueue(SimulatedAdapter adapter, int apqi) {
        this.adapter = adapter;
        this.apqi = apqi;
        this.binding = adapter.machine().bindsQueues() ? new SecureBinding() : null;
    }

    /** Returns the number of the queue. */
    public Apqn apqn() {
        return new Apqn(adapter.apid(), apqi);
    }

    /** Returns how many requests the card has not answered yet. */
    public synchronized int requests() {
        return messages.count() - messages.replies();
    }

    /** Returns how many replies wait. */
    public synchronized int replies() {
        return messages.replies();
    }

    /** Tells whether the queue interrupts when a first reply arrives. */
    public boolean interruptEnabled() {
        return (adapter.statusWord(apqi) & ApQueueStatus.IRQ_ENABLED) != 0;
    }

    /** Tells what the state is now, after a change of the queue or of its card. */
    synchronized void publish() {
        int count = messages.count();
        int word = count == 0 ? ApQueueStatus.EMPTY : 0;
        word |= messages.replies() > 0 ? ApQueueStatus.REPLIES_WAITING : 0;
        word |= count >= adapter.spec().depth() ? ApQueueStatus.FULL : 0;
        word |= interruption.isEnabled() ? ApQueueStatus.IRQ_ENABLED : 0;
        if (forced != NONE) {
            word |= forced << 16;
        } else if (reset.isRunning()) {
            word |= ApQueueStatus.wordOf(ApResponseCode.RESET_IN_PROGRESS);
            word |= reset.isCounting() ? PublishedStatus.COUNTING : 0;
        }
        adapter.publish(apqi, word);
    }

    /** Returns the status word that an instruction finds, its response code included. */
    int status(SimulatedAdapter.View view) {
        return PublishedStatus.found(adapter.statusWord(apqi), view);
    }

    /** Returns the status word with a response code that has another reason than the queue's state. */
    int statusWith(int responseCode) {
        return PublishedStatus.with(adapter.statusWord(apqi), responseCode);
    }

    /** TAPQ of a queue that counts: returns the status word. */
    synchronized int test(SimulatedAdapter.View view) {
        int word = status(view);
        if (forced == NONE && reset.isCounting()) {
            reset.tested();
            publish();
        }
        return word;
    }

    /**
     * RAPQ and ZAPQ: drops all messages, disables interruption. A reset that takes time refuses another one; one that
     * only ends by being tested is started anew, as recorded.
     *
     * @param gr0 low word of GR0: which of the two, and the F bit
     * @param extraNanos how much longer than usual the reset takes
     */
    synchronized int reset(SimulatedAdapter.View view, int gr0, long extraNanos) {
        int word = status(view);
        boolean zeroize = Pqap.functionCode(gr0) == Pqap.ZAPQ;
        boolean unbind = (gr0 & Pqap.F_BIT) != 0;
        boolean counting = forced == NONE && reset.endsByTests() && view.responseCode() == 0;
        if ((word & RC_MASK) != 0 && !counting) {
            return word;
        }
        if (binding != null && zeroize && !unbind && binding.isChanging()) {
            return word | ApQueueStatus.wordOf(ApResponseCode.STATE_CHANGE_IN_PROGRESS);
        }
        forget();
        if (binding != null) {
            binding.reset(unbind, zeroize);
        }
        SimulatedMachine machine = adapter.machine();
        long nanos = machine.resetNanos() + extraNanos;
        int started = generation;
        if (nanos > 0 || machine.resetPolls() > 0) {
            reset = new QueueReset(machine.resetPolls(),
                    nanos > 0 ? machine.time().schedule(nanos, () -> endReset(started)) : null);
        }
        publish();
        return IDLE;
    }

    private synchronized void endReset(int started) {
        if (started == generation) {
            reset.ended();
            publish();
        }
    }

    /** Makes the queue as it was before its first use. */
    synchronized void clear() {
        forget();
        if (binding != null) {
            binding.unbind();
        }
        publish();
    }

    private void forget() {
        generation++;
        messages.clear();
        busyUntil = 0;
        interruption.disable();
        reset.endNow();
        reset = QueueReset.NONE;
    }

    /** Makes every instruction on this queue end with a response code; -1: no more. */
    synchronized void force(int responseCode) {
        forced = responseCode;
        publish();
    }

    /** Returns how far the queue is usable for a secure guest. */
    synchronized int bindState(AdapterMode mode) {
        return binding == null ? SecureBinding.USABLE : binding.state(mode);
    }

    /** BAPQ. */
    synchronized int bind(SimulatedAdapter.View view) {
        int word = status(view);
        return (word & RC_MASK) != 0 || binding == null ? word : word | binding.bind(view.spec().mode()) << 16;
    }

    /**
     * AAPQ.
     *
     * @param secret GR2: index of the secret
     */
    synchronized int associate(SimulatedAdapter.View view, long secret) {
        int word = status(view);
        return (word & RC_MASK) != 0 || binding == null
                ? word
                : word | binding.associate(adapter.machine(), view.spec().mode(), messages.count() == 0, secret,
                        this::associated) << 16;
    }

    private synchronized void associated() {
        if (binding != null && binding.isChanging()) { // else a reset was faster
            binding.associated();
        }
    }

    /**
     * AQIC.
     *
     * @param control GR1: IR, GISC, GISA, ISC
     * @param nib GR2: absolute address of the notification byte
     */
    synchronized int control(SimulatedAdapter.View view, long control, long nib) {
        int word = status(view);
        if ((word & RC_MASK) != 0) {
            return word;
        }
        int refusal = interruption.control(adapter.machine().interruptController(), control, nib);
        if (refusal != 0) {
            return word | refusal << 16;
        }
        publish();
        return status(view);
    }

    /**
     * NQAP: takes the operands from the registers and sets status and condition code.
     *
     * @param sender who issues
     * @param extraNanos how much longer than usual the card works on this message
     */
    int enqueue(SimulatedAdapter.View view, ApRegisters regs, Storage storage, int r1, int r2, Sender sender,
            long extraNanos) {
        boolean signal;
        synchronized (this) {
            messages = messages == QueuedMessages.NONE ? new QueuedMessages() : messages;
            int word = status(view);
            long length = regs.gr(r2 + 1);
            word |= (word & RC_MASK) != 0 ? 0 : refusal(view, word, regs.low(0), length) << 16;
            if ((word & RC_MASK) != 0) {
                messages.dropFirstParts();
                return refuse(regs, word);
            }
            int access = messages.load(storage, regs.gr(r2), (int) length);
            if (access != 0) {
                return ApInstructions.interruption(access);
            }
            if ((regs.low(0) & Pqap.NQAP_LAST) == 0) {
                messages.keepParts();
                regs.low(1, word);
                return 1;
            }
            byte[] message = messages.take();
            FaultInjector.Effect fault = adapter.machine().faults().nextRequest(adapter.apid() << 8 | apqi, message);
            if (fault.responseCode() != 0) {
                return refuse(regs, statusWith(fault.responseCode()));
            }
            // Computed on the thread of the NQAP, because tasks of Time are to be short.
            byte[] reply = messages.addressee(adapter, view.spec(), apqi, sender).answer(message, fault);
            if (reply == null) {
                return refuse(regs, word | ApQueueStatus.wordOf(ApResponseCode.INVALID_DOMAIN));
            }
            messages.add(regs.gr(r1) << 32 | regs.gr(r1 + 1) & 0xffff_ffffL, reply);
            signal = startWork(view.spec().serviceNanos() + extraNanos + fault.delayNanos());
            regs.low(1, status(view));
        }
        interruptIf(signal);
        return 0;
    }

    private int refusal(SimulatedAdapter.View view, int word, int gr0, long length) {
        if (binding != null && binding.state(view.spec().mode()) > SecureBinding.WITHOUT_SECURE_KEYS) {
            return ApResponseCode.Q_NOT_BOUND.code();
        }
        return messages.refusal(view.spec(), word, gr0, length);
    }

    /** The card turns to the new request; true: its reply is there at once and the queue interrupts. */
    private boolean startWork(long nanos) {
        Time time = adapter.machine().time();
        long now = time.nanos();
        busyUntil = Math.max(now, busyUntil) + nanos;
        if (busyUntil <= now) {
            return arrived();
        }
        int accepted = generation;
        time.schedule(busyUntil - now, () -> arrive(accepted));
        publish();
        return false;
    }

    private void interruptIf(boolean signal) {
        if (signal) {
            interruption.signal(adapter.machine().interruptController());
        }
    }

    private void arrive(int accepted) {
        boolean signal;
        synchronized (this) {
            signal = accepted == generation && arrived();
        }
        interruptIf(signal);
    }

    /** What the queue works on is done now, however long it was to take: replies are there, a reset is over. */
    void finishNow() {
        boolean signal = false;
        synchronized (this) {
            int waiting = requests();
            generation++; // what was scheduled is done here
            busyUntil = 0;
            reset.endNow();
            for (int i = 0; i < waiting; i++) {
                signal |= arrived();
            }
            publish();
        }
        interruptIf(signal);
    }

    /** The oldest request is answered; true: its reply is the first one, and the queue interrupts. */
    private boolean arrived() {
        boolean first = messages.arrived();
        publish();
        return first && interruption.isEnabled();
    }

    /** DQAP: delivers the oldest reply, or as much of it as the buffer takes. */
    synchronized int dequeue(SimulatedAdapter.View view, ApRegisters regs, Storage storage, int r1, int r2) {
        int word = status(view);
        if ((word & RC_MASK) != 0) {
            return refuse(regs, word);
        }
        int result = messages.deliver(regs, storage, r1, r2);
        if (result < 0) {
            return refuse(regs, word | ApQueueStatus.wordOf(-result));
        }
        if (result == 0) {
            publish();
            regs.low(1, status(view));
        }
        return result;
    }

    private static int refuse(ApRegisters regs, int word) {
        regs.low(1, word);
        return 3;
    }
}
