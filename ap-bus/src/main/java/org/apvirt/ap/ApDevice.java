// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.device.Device;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A device of the AP bus: a card or a queue. Source: Linux {@code ap_bus.h}, {@code struct ap_device}. */
public abstract sealed class ApDevice extends Device permits ApCard, ApQueue {
    private volatile @Nullable Object driverData;

    ApDevice(ApBus bus, Device parent) {
        super(bus.kernel(), parent);
    }

    @Override
    public abstract ApBus bus();

    /** Returns the type by which drivers are matched, 10 = CEX4 ... 14 = CEX8. */
    public abstract int type();

    /** Returns the function word of the card. */
    public abstract int functions();

    /** Tells whether the device is configured. */
    public abstract boolean isConfigured();

    /** Lets the device go on counting requests where a count was. */
    public abstract void resumeCount(long requests);

    /** Returns what the bound driver keeps of this device, null if nothing. */
    public final @Nullable Object driverData() {
        return driverData;
    }

    /** Sets what the bound driver keeps of this device. */
    public final void driverData(@Nullable Object data) {
        driverData = data;
    }

    @Override
    protected boolean mayBeKept() {
        return !isGoing();
    }

    /**
     * Returns the lock of the whole bus: cards and queues share one. A kernel has one per device; here binding is
     * short, and 65,536 locks would cost more memory than the queues themselves.
     */
    @Override
    public final ReentrantLock deviceLock() {
        return bus().deviceLock();
    }

    /** Adds MODE, the first that fits: accel, cca, ep11; no variable if the functions are not known. */
    final void addMode(List<String> variables) {
        int functions = functions();
        if ((functions & ApHardwareInfo.ACCEL) != 0) {
            variables.add("MODE=accel");
        } else if ((functions & ApHardwareInfo.CCA) != 0) {
            variables.add("MODE=cca");
        } else if ((functions & ApHardwareInfo.EP11) != 0) {
            variables.add("MODE=ep11");
        }
    }

    /** Tells user space that the device was configured or deconfigured. */
    final void sendConfigUevent() {
        uevent("change", isConfigured() ? "CONFIG=1" : "CONFIG=0");
    }

    /** Tells user space what was written to {@code online}. */
    public final void sendOnlineUevent(boolean online) {
        uevent("change", online ? "ONLINE=1" : "ONLINE=0");
    }
}
