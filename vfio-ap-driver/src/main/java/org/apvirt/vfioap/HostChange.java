// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Kernel;

/**
 * The host's AP configuration changed: guests lose in bulk what the host lost, before the queues themselves go, and
 * get what it gained after all new queues have arrived.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_on_cfg_changed}, {@code vfio_ap_on_scan_complete}.
 */
final class HostChange {
    private static final int OLDEST_TYPE = 10; // CEX4

    private final MatrixDevice matrixDev;
    private final Kernel kernel;

    HostChange(MatrixDevice matrixDev) {
        this.matrixDev = matrixDev;
        this.kernel = matrixDev.kernel();
    }

    /** A scan found another configuration; the devices are still as before. */
    void begin(ApConfigInfo now, ApConfigInfo before) {
        ApMatrix was = new ApMatrix(before.apm(), before.aqm(), before.adm());
        ApMatrix is = new ApMatrix(now.apm(), now.aqm(), now.adm());
        try (UpdateLocks held = matrixDev.lockGuests()) {
            ApMatrix removed = was.minus(is);
            if (!removed.equals(ApMatrix.NONE)) {
                remove(removed, held);
            }
            ApMatrix added = is.minus(was);
            if (!added.equals(ApMatrix.NONE) && !matrixDev.mdevs(held).isEmpty()) {
                announce(added.withApm(supported(added)), held);
            }
            matrixDev.thenContents(held);
            matrixDev.host(now, held);
        }
    }

    private void remove(ApMatrix removed, UpdateLocks held) {
        for (MatrixMdev mdev : matrixDev.mdevs(held)) {
            matrixDev.thenContents(held.thenGuest(mdev.guest(held)));
            if (kernel.has(VfioApQuirk.REMOVAL_OF_THE_LAST_GOES_UNSEEN)) {
                ApMatrix own = removed.and(mdev.matrix(held));
                // A defect of Linux 6.12: of the control domains it takes those that are not assigned.
                removeUnseen(mdev, kernel.has(VfioApQuirk.REMOVAL_LEAVES_ASSIGNED_CONTROL_DOMAINS)
                        ? own.withAdm(removed.adm().minus(mdev.matrix(held).adm()))
                        : own, held);
            } else {
                mdev.plug(held).shrink(mdev.plug(held).shadow().minus(removed), held);
            }
            held.release(LockOrder.MDEVS);
            held.release(LockOrder.KVM);
        }
    }

    /**
     * Clears masks, and updates the guest if one of those that lost something still has something. The machine does not let
     * a guest reach what it keeps in its CRYCB, because the host has not got those queues any more.
     */
    private static void removeUnseen(MatrixMdev mdev, ApMatrix gone, UpdateLocks held) {
        ApMatrix left = mdev.plug(held).shadow().minus(gone);
        boolean update = !gone.apm().isEmpty() && !left.apm().isEmpty()
                || !gone.aqm().isEmpty() && !left.aqm().isEmpty()
                || !gone.adm().isEmpty() && !left.adm().isEmpty();
        mdev.plug(held).shadow(left, held);
        if (update) {
            mdev.plug(held).update(held);
        }
    }

    /** Returns the added adapters whose type vfio_ap knows, as far as added domains tell. */
    private ApMask supported(ApMatrix added) {
        ApMask apm = added.apm();
        for (int apid = apm.next(0); apid >= 0; apid = apm.next(apid + 1)) {
            for (int apqi = added.aqm().next(0); apqi >= 0; apqi = added.aqm().next(apqi + 1)) {
                if (!isSupported(new Apqn(apid, apqi))) {
                    apm = apm.without(apid);
                    break;
                }
            }
        }
        return apm;
    }

    private boolean isSupported(Apqn apqn) {
        ApCommands commands = matrixDev.commands();
        int status = commands.tapq(apqn);
        return switch (ApResponseCode.of(ApQueueStatus.responseCode(status))) {
            case NORMAL, RESET_IN_PROGRESS, DECONFIGURED, CHECKSTOPPED, BUSY ->
                new ApHardwareInfo(commands.hardwareInfo()).type() >= OLDEST_TYPE;
            default -> false;
        };
    }

    private void announce(ApMatrix added, UpdateLocks held) {
        for (MatrixMdev mdev : matrixDev.mdevs(held)) {
            matrixDev.thenContents(held);
            mdev.pending(added.and(mdev.matrix(held)), held);
            held.release(LockOrder.MDEVS);
        }
    }

    /** The scan is over: all new queues have arrived. */
    void complete() {
        try (UpdateLocks held = matrixDev.lockGuests()) {
            for (MatrixMdev mdev : matrixDev.mdevs(held)) {
                matrixDev.thenContents(held.thenGuest(mdev.guest(held)));
                ApMatrix added = mdev.pending(held).and(mdev.matrix(held));
                mdev.pending(ApMatrix.NONE, held);
                mdev.plug(held).hostGained(added, held);
                held.release(LockOrder.MDEVS);
                held.release(LockOrder.KVM);
            }
        }
    }
}
