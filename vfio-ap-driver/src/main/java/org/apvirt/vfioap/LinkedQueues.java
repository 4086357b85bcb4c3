// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The queues of one mdev that are bound to vfio_ap. Guarded by the lock of the mdevs' contents.
 * Source: Linux {@code vfio_ap_private.h}, {@code struct ap_queue_table}.
 */
final class LinkedQueues {
    private static final Comparator<VfioApQueue> TABLE_ORDER = Comparator.comparingInt(VfioApQueue::bucket)
            .thenComparing(Comparator.comparingLong((VfioApQueue queue) -> -queue.linkOrder()));

    private final MatrixMdev mdev;
    private final Map<Integer, VfioApQueue> byQid = new HashMap<>();
    private long links;

    LinkedQueues(MatrixMdev mdev) {
        this.mdev = mdev;
    }

    /** Links a queue; nothing happens if it is. */
    void link(VfioApQueue queue) {
        if (byQid.putIfAbsent(queue.apqn().qid(), queue) == null) {
            queue.mdev(mdev);
            queue.linkOrder(links++);
        }
    }

    /** Takes a queue out. Its reference to the mdev goes too. */
    void unlink(VfioApQueue queue) {
        if (byQid.remove(queue.apqn().qid(), queue)) {
            queue.mdev(null);
        }
    }

    /** Returns the linked queue of an APQN, null if there is none. */
    @Nullable
    VfioApQueue get(Apqn apqn) {
        return byQid.get(apqn.qid());
    }

    /** Tells whether the queue of an APQN's 16-bit number is linked and may go to the guest. */
    boolean isPassable(int qid) {
        VfioApQueue queue = byQid.get(qid);
        return queue != null && queue.isPassable();
    }

    /** Returns all queues in the order in which the kernel walks its hash table. */
    List<VfioApQueue> inTableOrder() {
        List<VfioApQueue> queues = new ArrayList<>(byQid.values());
        sortAsTable(queues);
        return queues;
    }

    /** Sorts queues as the kernel's hash table has them. */
    static void sortAsTable(List<VfioApQueue> queues) {
        queues.sort(TABLE_ORDER);
    }
}
