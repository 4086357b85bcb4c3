// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import org.apvirt.device.Driver;
import org.apvirt.device.KernelModule;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A driver of mediated devices. Source: Linux {@code include/linux/mdev.h}, {@code struct mdev_driver}. */
public abstract class MdevDriver extends Driver<MdevDevice> {
    private final String deviceApi;

    /**
     * A driver.
     *
     * @param module the module it comes from, null if it is built in
     * @param deviceApi what the type's file {@code device_api} says, for example {@code vfio-ap}
     */
    protected MdevDriver(String name, @Nullable KernelModule module, String deviceApi) {
        super(name, module);
        this.deviceApi = deviceApi;
    }

    /** Returns what the type's file {@code device_api} says. */
    public final String deviceApi() {
        return deviceApi;
    }

    /** Never: only the creation of a device binds it, so a write to {@code bind} ends in ENODEV. */
    @Override
    public final boolean matches(MdevDevice device) {
        return false;
    }
}
