// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a driver does to migrate its device. Source: Linux {@code include/linux/vfio.h}, {@code struct vfio_migration_ops}. */
public interface VfioMigrationOps {
    /** Bit of {@link #flags()}: the state can be read while the device is stopped, and written. */
    long STOP_COPY = 1;

    /** Returns what the device can do. */
    long flags();

    /** Returns how far it is. */
    VfioMigrationState state();

    /**
     * Goes to a state.
     *
     * @return the stream that the last arc opened, null: none
     * @throws ErrnoException EINVAL: no way leads there; others are the driver's
     */
    @Nullable
    OpenFile state(VfioMigrationState wanted) throws ErrnoException;

    /** Returns how many bytes the stream of STOP_COPY would have now. */
    long dataSize();
}
