// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.function.ToIntFunction;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.Apqn;

/**
 * What the status ioctls tell of all cards, or of the queues in the default domain. Online is what an administrator wants:
 * a card that is deconfigured or checkstopped is not offline by that.
 * Source: Linux {@code zcrypt_api.c}, {@code zcrypt_device_status_mask_ext}, {@code zcrypt_status_mask} and so on.
 */
final class ZcryptStatus {
    private static final int OFFLINE = 0x0d;
    private static final int OLD_CARDS = 64;

    private final ZcryptModule zcrypt;

    ZcryptStatus(ZcryptModule zcrypt) {
        this.zcrypt = zcrypt;
    }

    /** What to do with one queue. */
    private interface Visitor {
        void visit(ZcryptQueue queue, Apqn apqn);
    }

    private void forEach(Visitor visitor) {
        for (ZcryptCard card : zcrypt.cards()) {
            for (ZcryptQueue queue : card.queues()) {
                visitor.visit(queue, queue.queue().apqn());
            }
        }
    }

    private void forEachInDefaultDomain(Visitor visitor) {
        int domain = defaultDomain();
        forEach((queue, apqn) -> {
            if (apqn.apqi() == domain) {
                visitor.visit(queue, apqn);
            }
        });
    }

    /** Returns the default domain, -1 if there is none. */
    int defaultDomain() {
        ApBus bus = zcrypt.bus();
        return bus == null ? -1 : bus.defaultDomain();
    }

    /** Puts one word per APQN: type, number, online, functions. */
    void devices(ByteBuffer out) {
        forEach((queue, apqn) -> out.putInt(4 * apqn.qid(), queue.queue().type() << 24 | apqn.qid() << 8
                | (queue.wantedOnline() ? 1 : 0) << 7 | queue.card().card().hardwareInfo().functions() >>> 26 << 1));
    }

    /** Puts the older form of the words, for adapters below 64. */
    void oldDevices(ByteBuffer out) {
        forEach((queue, apqn) -> {
            if (apqn.apid() < OLD_CARDS) {
                out.putInt(4 * apqn.qid(), queue.queue().type() << 24 | apqn.qid() << 10
                        | (queue.wantedOnline() ? 1 : 0) << 9
                        | queue.card().card().hardwareInfo().functions() >>> 26 << 3);
            }
        });
    }

    /** Puts one byte per card: its kind, or that it is offline. */
    void kinds(ByteBuffer out, int cards) {
        forEachInDefaultDomain((queue, apqn) -> {
            if (apqn.apid() < cards) {
                out.put(apqn.apid(),
                        (byte) (queue.card().wantedOnline() ? queue.card().model().userSpaceType() : OFFLINE));
            }
        });
    }

    /** Puts one byte per card: requests that wait or are being worked on. */
    void depths(ByteBuffer out, int cards) {
        forEachInDefaultDomain((queue, apqn) -> {
            if (apqn.apid() < cards) {
                out.put(apqn.apid(), (byte) (queue.queue().waitingCount() + queue.queue().pendingCount()));
            }
        });
    }

    /** Puts one word per card: requests so far. */
    void requestCounts(ByteBuffer out, int cards) {
        forEachInDefaultDomain((queue, apqn) -> {
            if (apqn.apid() < cards) {
                out.putInt(4 * apqn.apid(), (int) Math.min(queue.queue().requestCount(), 0xffff_ffffL));
            }
        });
    }

    /** Returns how many requests wait in the default domain. */
    int waiting() {
        return sum(ApQueue::waitingCount);
    }

    /** Returns how many requests are being worked on in the default domain. */
    int pending() {
        return sum(ApQueue::pendingCount);
    }

    private int sum(ToIntFunction<ApQueue> count) {
        int[] sum = {0};
        forEachInDefaultDomain((queue, apqn) -> sum[0] += count.applyAsInt(queue.queue()));
        return sum[0];
    }
}
