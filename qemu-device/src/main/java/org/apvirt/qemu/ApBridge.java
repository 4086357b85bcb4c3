// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The bridge {@code /machine/ap-bridge} with its bus {@code ap-bus}, which holds one device at most. A machine has it
 * only if its CPUs have AP. Source: QEMU {@code hw/s390x/ap-bridge.c}.
 */
public final class ApBridge {
    /** Name of the bus. */
    public static final String BUS = "ap-bus";

    private volatile @Nullable VfioApDevice device; // written under the machine's lock

    /** A bridge with an empty bus. */
    ApBridge() {}

    /** Returns the device on the bus, null if there is none. */
    public @Nullable VfioApDevice device() {
        return device;
    }

    /** Tells whether there is room for another device. */
    boolean isFull() {
        return device != null;
    }

    void plug(@Nullable VfioApDevice newDevice) {
        device = newDevice;
    }

    /** Resets what is on the bus. */
    void reset() {
        VfioApDevice plugged = device;
        if (plugged != null) {
            plugged.reset();
        }
    }
}
