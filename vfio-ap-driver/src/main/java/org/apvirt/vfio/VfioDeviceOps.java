// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import org.apvirt.device.ErrnoException;
import org.apvirt.kvm.KvmGuest;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a driver does for its VFIO device. Source: Linux {@code include/linux/vfio.h}, {@code struct vfio_device_ops}. */
public interface VfioDeviceOps {
    /**
     * The first user opens the device.
     *
     * @param kvm the virtual machine that the group belongs to, null if none
     */
    void openDevice(@Nullable KvmGuest kvm) throws ErrnoException;

    /** The last user closed the device. */
    void closeDevice();

    /** The host wants the device back; called again and again while a user keeps it, with 0, 1, 2 ... */
    void request(int count);

    /** Mappings of this range are going. */
    void dmaUnmap(long iova, long length);

    /** VFIO_DEVICE_RESET. */
    void reset() throws ErrnoException;

    /** Returns the flags of VFIO_DEVICE_GET_INFO. */
    int infoFlags();

    /** Returns the number of interrupts; each has the flag EVENTFD and count 1. */
    int irqCount();

    /**
     * Sets what an interrupt signals.
     *
     * @param index below {@link #irqCount()}
     * @param eventFd null: nothing
     */
    void setIrq(int index, @Nullable EventFd eventFd);

    /** Returns how the device is migrated, null: it cannot be. */
    default @Nullable VfioMigrationOps migration() {
        return null;
    }
}
