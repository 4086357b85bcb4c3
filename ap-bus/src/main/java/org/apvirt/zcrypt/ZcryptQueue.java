// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import org.apvirt.ap.ApCard;
import org.apvirt.ap.ApQueue;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.ScannedNumber;

/**
 * What the host's own queue drivers keep of a queue. Source: Linux {@code zcrypt_queue.c}, {@code struct zcrypt_queue}.
 */
public final class ZcryptQueue {
    private static final AtomicIntegerFieldUpdater<ZcryptQueue> LOAD = AtomicIntegerFieldUpdater
            .newUpdater(ZcryptQueue.class, "load");

    private final ApQueue queue;
    private final ZcryptCard card;
    private volatile boolean online = true;
    private volatile int load;

    /** A queue that a driver has just taken; new ones are online. */
    ZcryptQueue(ApQueue queue, ZcryptCard card) {
        this.queue = queue;
        this.card = card;
    }

    /** Returns the queue. */
    public ApQueue queue() {
        return queue;
    }

    /** Returns the card as it was when the queue was bound. */
    public ZcryptCard card() {
        return card;
    }

    /** Returns the sum of the weights of the requests that the queue works on. */
    public int load() {
        return load;
    }

    /** Adds a weight when a request begins, takes it off when it ends. */
    void addLoad(int weight) {
        LOAD.addAndGet(this, weight);
    }

    /** Tells whether an administrator wants the queue used. */
    public boolean wantedOnline() {
        return online;
    }

    /** Is offline from now on, as it was when somebody wrote down what it was; nobody is told, and nothing follows. */
    public void resumeOffline() {
        online = false;
    }

    /** Tells whether the queue can be used. */
    public boolean isOnline() {
        return online && queue.isConfigured() && !queue.isCheckstopped();
    }

    String showOnline() {
        boolean stopped = queue.isCheckstopped() && !queue.kernel().has(ZcryptQuirk.CHECKSTOP_LEAVES_ONLINE);
        return online && queue.isConfigured() && !stopped ? "1\n" : "0\n";
    }

    /**
     * Takes the queue out of use because it replied nonsense.
     *
     * @param what what it replied, as the log has it
     * @return EAGAIN: another queue may do
     */
    public ErrnoException failed(String what) {
        online = false;
        queue.kernel().log(String.format("zcrypt: Crypto dev=%s %s online=0 rc=EAGAIN", queue.name(), what));
        queue.sendOnlineUevent(false);
        return new ErrnoException(Errno.EAGAIN, queue.name() + " replied nonsense: " + what);
    }

    /** Sets whether the queue is wanted; tells whether that was a change. */
    boolean forceOnline(boolean wanted) {
        if (online == wanted) {
            return false;
        }
        online = wanted;
        if (!wanted) {
            queue.flush();
        }
        return true;
    }

    /**
     * A write to {@code online}.
     *
     * @throws ErrnoException EINVAL: neither 0 nor 1, or 1 while the card is offline. ENODEV: queue or card is
     *     deconfigured or checkstopped
     */
    void storeOnline(String text) throws ErrnoException {
        boolean wanted = ScannedNumber.flag(queue.kernel(), text);
        ApCard apCard = queue.card();
        if (wanted && (!queue.isConfigured() || queue.isCheckstopped() || !apCard.isConfigured()
                || apCard.isCheckstopped())) {
            throw new ErrnoException(Errno.ENODEV, queue.name() + " is deconfigured or checkstopped");
        }
        if (wanted && !card.wantedOnline()) {
            throw new ErrnoException(Errno.EINVAL, apCard.name() + " is offline");
        }
        online = wanted;
        queue.sendOnlineUevent(wanted);
        if (!wanted) {
            queue.flush();
        }
    }
}
