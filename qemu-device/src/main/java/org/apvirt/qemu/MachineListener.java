// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.checkerframework.checker.nullness.qual.Nullable;

/** Hears of the events that QEMU sends over QMP. */
@FunctionalInterface
public interface MachineListener {
    /**
     * A device is gone: DEVICE_DELETED.
     *
     * @param id null if it had none
     * @param path for example {@code /machine/peripheral/x}
     */
    void onDeviceDeleted(@Nullable String id, String path);

    /** The machine was reset: RESET. */
    default void onReset(ResetKind kind) {}
}
