// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.vfio.EventFd;
import org.apvirt.vfio.VfioDeviceOps;
import org.apvirt.vfio.VfioMigrationOps;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An mdev as the user of its VFIO device meets it: a guest comes and goes, resets, interrupts.
 * Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_matrix_dev_ops}.
 */
final class MdevUser implements VfioDeviceOps {
    private static final int FLAG_RESET = 0x01;
    private static final int FLAG_AP = 0x20;
    private static final int LOG_EVERY = 10;

    private final MatrixMdev mdev;
    private final MatrixDevice matrixDev;
    private final Kernel kernel;
    private final RateLimit requestLines;
    private final MdevMigration migration;

    MdevUser(MatrixMdev mdev) {
        this.mdev = mdev;
        this.matrixDev = mdev.matrixDevice();
        this.kernel = matrixDev.kernel();
        this.requestLines = new RateLimit(kernel, "vfio_ap_mdev_request");
        this.migration = new MdevMigration(mdev);
    }

    /**
     * A guest takes the device: its masks are set.
     *
     * @throws ErrnoException EINVAL: no virtual machine. EPERM: it has another mdev
     */
    @Override
    public void openDevice(@Nullable KvmGuest kvm) throws ErrnoException {
        if (kvm == null) {
            throw new ErrnoException(Errno.EINVAL, "no virtual machine was told to the group of " + mdev);
        }
        if (!kvm.hasCrycb()) {
            migration.restart(true);
            return; // such a guest cannot have AP queues; the device is open all the same
        }
        try (UpdateLocks held = matrixDev.lockGuests().thenGuest(kvm)) {
            boolean first = kvm.installHook(new AqicHandler(mdev));
            if (!first) {
                throw new ErrnoException(Errno.EPERM, "the virtual machine has another mdev");
            }
            matrixDev.thenContents(held);
            mdev.plug(held).guest(kvm, held);
            mdev.plug(held).update(held);
        }
        migration.restart(true);
    }

    /** The guest is gone: its masks are cleared and all queues are reset, so that nothing of it is left in them. */
    @Override
    public void closeDevice() {
        migration.restart(false);
        try (UpdateLocks held = matrixDev.lockGuests()) {
            KvmGuest guest = mdev.guest(held);
            if (guest == null) {
                return;
            }
            held.thenGuest(guest);
            guest.removeHook();
            matrixDev.thenContents(held);
            guest.clearMasks();
            mdev.resets().resetAll(mdev.queues(held).inTableOrder(), held);
            mdev.plug(held).guestEnded(held);
        }
    }

    @Override
    public void reset() throws ErrnoException {
        try (UpdateLocks held = matrixDev.lockContents()) {
            if (!mdev.resets().resetAll(mdev.queues(held).inTableOrder(), held)) {
                throw new ErrnoException(Errno.EIO, "a queue of " + mdev + " could not be reset");
            }
        }
        migration.reset();
    }

    @Override
    public void request(int count) {
        try (UpdateLocks held = matrixDev.lockForUpdate(mdev)) {
            GuestMatrix plug = mdev.plug(held);
            KvmGuest guest = plug.guest();
            if (kernel.has(VfioApQuirk.REQUEST_CLEARS_MASKS) && guest != null) {
                guest.clearMasks();
                plug.signalConfigChange();
            }
            if (!kernel.has(VfioApQuirk.REQUEST_IRQ)) {
                return; // the driver is not asked
            }
            EventFd trigger = plug.irq(GuestMatrix.REQUEST_IRQ);
            if (trigger != null) {
                if (count % LOG_EVERY == 0) {
                    requestLines.log(mdev.logLine("Relaying device request to user (#" + count + ")"));
                }
                trigger.signal();
            } else if (count == 0) {
                mdev.log("No device request registered, blocked until released by user");
            }
        }
    }

    @Override
    public void dmaUnmap(long iova, long length) {
        try (UpdateLocks held = matrixDev.lockContents()) {
            for (VfioApQueue queue : mdev.queues(held).inTableOrder()) {
                if (queue.interrupt().usesAddressIn(iova, length)) {
                    queue.interrupt().disable(matrixDev.commands(), matrixDev.kernel());
                }
            }
        }
    }

    @Override
    public int infoFlags() {
        return FLAG_RESET | FLAG_AP;
    }

    @Override
    public int irqCount() {
        return kernel.has(VfioApQuirk.CONFIG_CHANGE_IRQ) ? 2 : kernel.has(VfioApQuirk.REQUEST_IRQ) ? 1 : 0;
    }

    @Override
    public void setIrq(int index, @Nullable EventFd eventFd) {
        try (UpdateLocks held = matrixDev.lockContents()) {
            mdev.plug(held).irq(index, eventFd);
        }
    }

    @Override
    public @Nullable VfioMigrationOps migration() {
        return kernel.has(VfioApQuirk.MIGRATES) ? migration : null;
    }
}
