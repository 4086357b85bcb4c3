// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.ap.ApCard;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.ScannedNumber;

/**
 * What the host's own card drivers keep of a card: how fast it is, what it takes, whether an administrator wants it
 * used. Source: Linux {@code zcrypt_card.c}, {@code struct zcrypt_card}.
 */
public final class ZcryptCard {
    private final ApCard card;
    private final ZcryptModel model;
    private final ZcryptInfo info;
    private final AtomicInteger load = new AtomicInteger();
    private final List<ZcryptQueue> queues = new ArrayList<>(); // in order of binding; guarded by itself
    private volatile boolean online = true;

    /** A card that a driver has just taken. */
    ZcryptCard(ApCard card, ZcryptModel model, ZcryptInfo info) {
        this.card = card;
        this.info = info;
        this.model = model;
    }

    /** Returns the card. */
    public ApCard card() {
        return card;
    }

    /** Returns type and speeds. */
    public ZcryptModel model() {
        return model;
    }

    ZcryptInfo info() {
        return info;
    }

    /** Returns the sum of the weights of the requests that the card works on. */
    public AtomicInteger load() {
        return load;
    }

    /** Returns the queues, in the order in which they were bound. */
    public List<ZcryptQueue> queues() {
        synchronized (queues) {
            return List.copyOf(queues);
        }
    }

    void add(ZcryptQueue queue) {
        synchronized (queues) {
            queues.add(queue);
        }
    }

    void remove(ZcryptQueue queue) {
        synchronized (queues) {
            queues.remove(queue);
        }
    }

    /** Tells whether an administrator wants the card used. */
    public boolean wantedOnline() {
        return online;
    }

    /** Is offline from now on, as it was when somebody wrote down what it was; nobody is told, and nothing follows. */
    public void resumeOffline() {
        online = false;
    }

    /** Tells whether the card can be used. */
    public boolean isOnline() {
        return online && card.isConfigured() && !card.isCheckstopped();
    }

    String showOnline() {
        boolean stopped = card.isCheckstopped() && !card.kernel().has(ZcryptQuirk.CHECKSTOP_LEAVES_ONLINE);
        return online && card.isConfigured() && !stopped ? "1\n" : "0\n";
    }

    /**
     * A write to {@code online}: the queues follow.
     *
     * @throws ErrnoException EINVAL: neither 0 nor 1. ENODEV: the card is deconfigured or checkstopped
     */
    void storeOnline(String text) throws ErrnoException {
        boolean wanted = ScannedNumber.flag(card.kernel(), text);
        if (wanted && (!card.isConfigured() || card.isCheckstopped())) {
            throw new ErrnoException(Errno.ENODEV, card.name() + " is deconfigured or checkstopped");
        }
        online = wanted;
        card.sendOnlineUevent(wanted);
        List<ZcryptQueue> changed = new ArrayList<>();
        for (ZcryptQueue queue : queues()) {
            if (queue.forceOnline(wanted)) {
                changed.add(queue);
            }
        }
        for (ZcryptQueue queue : changed) {
            queue.queue().sendOnlineUevent(wanted);
        }
    }

    /** Tells whether the card is an accelerator. */
    public boolean isAccelerator() {
        return (card.functions() & ApHardwareInfo.ACCEL) != 0;
    }

    /** Tells whether the card is a CCA coprocessor and no accelerator. */
    public boolean isCca() {
        return !isAccelerator() && (card.functions() & ApHardwareInfo.CCA) != 0;
    }

    /** Tells whether the card answers CCA queries, though it may be used as an accelerator. */
    boolean showsCca() {
        return (card.functions() & ApHardwareInfo.CCA) != 0;
    }

    /** Tells whether the card answers EP11 queries. */
    boolean showsEp11() {
        return !showsCca() && (card.functions() & ApHardwareInfo.EP11) != 0;
    }

    /** Tells whether the card is an EP11 coprocessor and nothing else. */
    public boolean isEp11() {
        return !isAccelerator() && !isCca() && (card.functions() & ApHardwareInfo.EP11) != 0;
    }
}
