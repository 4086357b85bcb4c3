// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.ap.ApDevice;
import org.apvirt.ap.ApDriver;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;

/**
 * The AP driver that holds queues for guests: queues arrive and leave, the host's configuration changes.
 * Source: Linux {@code vfio_ap_drv.c}; {@code vfio_ap_ops.c}, {@code vfio_ap_mdev_probe_queue},
 * {@code vfio_ap_mdev_remove_queue}.
 */
public final class VfioApDriver extends ApDriver {
    private static final int OLDEST_TYPE = 10; // CEX4
    private static final int NEWEST_TYPE = 14; // CEX8

    private final MatrixDevice matrixDev;
    private final HostChange hostChange;
    private final AttributeGroup<ApQueue> attributes;

    @SuppressWarnings("nullness:methodref.receiver.bound") // nobody reads the file before a queue is bound
    VfioApDriver(MatrixDevice matrixDev, KernelModule module) {
        super("vfio_ap", module);
        this.matrixDev = matrixDev;
        this.hostChange = new HostChange(matrixDev);
        this.attributes = AttributeGroup.of(SysfsAttribute.ro("status", this::showStatus));
    }

    @Override
    public boolean matches(ApDevice device) {
        return device instanceof ApQueue && device.type() >= OLDEST_TYPE && device.type() <= NEWEST_TYPE;
    }

    @Override
    public boolean inUse(ApMask apm, ApMask aqm) {
        return matrixDev.inUse(apm, aqm);
    }

    @Override
    public void onConfigChanged(ApConfigInfo now, ApConfigInfo before) {
        hostChange.begin(MatrixDevice.meaningful(now), MatrixDevice.meaningful(before));
    }

    @Override
    public void onScanComplete(ApConfigInfo now, ApConfigInfo before) {
        hostChange.complete();
    }

    /** A queue arrives. If an mdev has its APQN, it is linked, and the mdev's guest may get it at once. */
    @Override
    protected void probe(ApDevice device) {
        if (!(device instanceof ApQueue apQueue)) {
            throw new IllegalArgumentException(device + " is no queue");
        }
        VfioApQueue queue = new VfioApQueue(apQueue.apqn());
        try (UpdateLocks held = matrixDev.lockGuests()) {
            MatrixMdev mdev = matrixDev.assignee(queue.apqn(), held);
            matrixDev.thenContents(held.thenGuest(mdev == null ? null : mdev.guest(held)));
            if (mdev != null) {
                mdev.queues(held).link(queue);
                boolean scanning = !mdev.pending(held).apm().isEmpty() || !mdev.pending(held).aqm().isEmpty();
                if (!scanning) {
                    mdev.plug(held).queuesArrived(held);
                }
            }
            apQueue.driverData(queue);
        }
        apQueue.addGroup(attributes.on(apQueue));
    }

    /** A queue leaves: the guest that has it loses it first. */
    @Override
    protected void remove(ApDevice device) {
        if (device instanceof ApQueue apQueue) {
            device.removeGroup(attributes.on(apQueue));
        }
        if (!(device.driverData() instanceof VfioApQueue queue)) {
            return;
        }
        boolean alone = matrixDev.kernel().has(VfioApQuirk.RESETS_LEAVING_QUEUE_ONLY);
        try (UpdateLocks held = matrixDev.lockGuests()) {
            MatrixMdev mdev = queue.mdev();
            matrixDev.thenContents(held.thenGuest(mdev == null ? null : mdev.guest(held)));
            boolean unplugged = mdev != null && mdev.plug(held).unplugQueue(queue.apqn(), held) && !alone;
            boolean configured = alone || matrixDev.host().apm().contains(queue.apqn().apid())
                    && matrixDev.host().aqm().contains(queue.apqn().apqi());
            if (!unplugged && configured) {
                matrixDev.resets().resetAll(List.of(queue), held);
            }
            if (mdev != null) {
                mdev.queues(held).unlink(queue);
            }
            queue.interrupt().free();
            device.driverData(null);
        }
    }

    private String showStatus(ApQueue apQueue) {
        try (UpdateLocks held = matrixDev.lockContents()) {
            MatrixMdev mdev = apQueue.driverData() instanceof VfioApQueue queue ? queue.mdev() : null;
            if (mdev == null) {
                return "unassigned\n";
            }
            return mdev.plug(held).isInUse(apQueue.apqn()) ? "in use\n" : "assigned\n";
        }
    }
}
