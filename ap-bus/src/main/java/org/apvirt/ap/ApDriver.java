// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.device.Driver;
import org.apvirt.device.KernelModule;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A driver of the AP bus. Source: Linux {@code drivers/s390/crypto/ap_bus.h}, {@code struct ap_driver}.
 */
public abstract class ApDriver extends Driver<ApDevice> {
    /**
     * A driver; {@link ApBus#register} makes it known.
     *
     * @param module the module it comes from, null if it is built in
     */
    protected ApDriver(String name, @Nullable KernelModule module) {
        super(name, module);
    }

    /** Tells whether this is a driver of the host itself, which gets the queues that apmask and aqmask reserve. */
    public boolean isDefault() {
        return false;
    }

    /**
     * Tells whether an APQN of the product of both masks is in use by the driver's clients, so that the host must not
     * reserve it. Called with {@link ApPermissions#lock()} held.
     */
    public boolean inUse(ApMask apm, ApMask aqm) {
        return false;
    }

    /** A scan found another configuration and is about to act on it. */
    public void onConfigChanged(ApConfigInfo now, ApConfigInfo before) {}

    /** A scan that found another configuration has created and removed all devices. */
    public void onScanComplete(ApConfigInfo now, ApConfigInfo before) {}
}
