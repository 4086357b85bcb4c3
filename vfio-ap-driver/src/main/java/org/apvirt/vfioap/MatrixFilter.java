// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.function.IntPredicate;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;

/**
 * Decides what of an assigned matrix a guest gets. A guest's queues are a product of adapters and domains, so one queue
 * that cannot be passed takes its whole adapter out; the domains stay.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_mdev_filter_matrix}.
 *
 * @param apm adapters that the guest gets
 * @param aqm domains that the guest gets
 * @param dropped adapters that the guest had and does not get any more because a queue cannot be passed
 */
record MatrixFilter(ApMask apm, ApMask aqm, ApMask dropped) {
    /**
     * Runs the filter.
     *
     * @param host the host's own configuration; without QCI nothing passes
     * @param before adapters that the guest has now
     * @param passable tells of the 16-bit number of an APQN whether the queue is linked and in order
     */
    static MatrixFilter run(ApMatrix assigned, ApConfigInfo host, ApMask before, IntPredicate passable) {
        ApMask candidates = assigned.apm().and(host.apm());
        ApMask aqm = assigned.aqm().and(host.aqm());
        ApMask apm = candidates;
        ApMask dropped = ApMask.NONE;
        for (int apid = candidates.next(0); apid >= 0; apid = candidates.next(apid + 1)) {
            for (int apqi = aqm.next(0); apqi >= 0; apqi = aqm.next(apqi + 1)) {
                if (!passable.test(apid << 8 | apqi)) {
                    apm = apm.without(apid);
                    if (before.contains(apid)) {
                        dropped = dropped.with(apid);
                    }
                    break;
                }
            }
        }
        return new MatrixFilter(apm, aqm, dropped);
    }
}
