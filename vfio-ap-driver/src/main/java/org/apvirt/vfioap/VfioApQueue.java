// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One queue bound to vfio_ap. Everything but the APQN is guarded by the lock of the mdevs' contents.
 * Source: Linux {@code vfio_ap_private.h}, {@code struct vfio_ap_queue}.
 */
final class VfioApQueue {
    private static final int HASH_MULTIPLIER = 0x61c8_8647;
    private static final int HASH_SHIFT = 24;

    private final Apqn apqn;
    private final QueueInterrupt interrupt;
    private @Nullable MatrixMdev mdev;
    private long linkOrder;
    private int resetStatus;

    VfioApQueue(Apqn apqn) {
        this.apqn = apqn;
        this.interrupt = new QueueInterrupt(apqn);
    }

    Apqn apqn() {
        return apqn;
    }

    QueueInterrupt interrupt() {
        return interrupt;
    }

    /** Returns the mdev that the queue is linked to, null if none. */
    @Nullable
    MatrixMdev mdev() {
        return mdev;
    }

    /** Links the queue to an mdev, or with null to none. */
    void mdev(@Nullable MatrixMdev newMdev) {
        mdev = newMdev;
    }

    long linkOrder() {
        return linkOrder;
    }

    void linkOrder(long order) {
        linkOrder = order;
    }

    /**
     * Returns where the kernel's hash table of an mdev has the queue, 0..255. The table is walked in this order when all
     * queues of an mdev are reset, which shows in the sequence of the resets.
     */
    int bucket() {
        return apqn.qid() * HASH_MULTIPLIER >>> HASH_SHIFT;
    }

    /** Stores the status word that the last reset answered. */
    void resetStatus(int word) {
        resetStatus = word;
    }

    /** Returns the response of the last reset, NORMAL if there was none. */
    ApResponseCode resetResponse() {
        return ApResponseCode.of(ApQueueStatus.responseCode(resetStatus));
    }

    /** Tells whether a guest may get the queue: its last reset did not fail. */
    boolean isPassable() {
        return switch (resetResponse()) {
            case NORMAL, DECONFIGURED, CHECKSTOPPED -> true;
            default -> false;
        };
    }

    @Override
    public String toString() {
        return apqn.toString();
    }
}
