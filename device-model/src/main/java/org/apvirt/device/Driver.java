// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A driver of a bus. Source: Linux {@code drivers/base/driver.c}, {@code struct device_driver}.
 *
 * @param <D> the kind of device on the bus
 */
public abstract class Driver<D extends Device> {
    private final String name;
    private final @Nullable KernelModule module;
    private final DeviceList<D> devices = new DeviceList<>(DeviceList.Place.DRIVER); // in order of binding
    private volatile @Nullable Bus<D> bus;
    @GuardedBy("this")
    private @Nullable Kobject kobject; // as long as the bus

    /**
     * A driver; {@link Bus#register} makes it known.
     *
     * @param module the module it comes from, null if it is built in
     */
    protected Driver(String name, @Nullable KernelModule module) {
        this.name = name;
        this.module = module;
    }

    /** Returns the name. */
    public final String name() {
        return name;
    }

    /** Returns the module, null if built in. */
    public final @Nullable KernelModule module() {
        return module;
    }

    final synchronized void bus(@Nullable Bus<D> newBus) {
        bus = newBus;
        kobject = newBus == null ? null : new Kobject(newBus.kernel(), devpath(), "drivers");
    }

    /** Returns what the driver is to sysfs while it is registered. */
    final synchronized Kobject kobject() {
        Kobject own = kobject;
        if (own == null) {
            throw new IllegalStateException("driver " + name + " is not registered");
        }
        return own;
    }

    /** Returns the path below {@code /sys}. */
    public final String devpath() {
        Bus<D> registeredAt = bus;
        return "/bus/" + (registeredAt == null ? "?" : registeredAt.name()) + "/drivers/" + name;
    }

    /** Tells whether user space may bind and unbind by hand: the files bind and unbind exist. */
    public boolean bindsByHand() {
        return true;
    }

    /** Tells whether the driver's directory links to its module. */
    public boolean showsModule() {
        return module != null;
    }

    /** Tells whether the driver is made for a device of this kind. */
    public abstract boolean matches(D device);

    /**
     * Takes a device.
     *
     * @throws ErrnoException the driver does not want it; ENODEV is no failure when drivers are tried in turn
     */
    protected abstract void probe(D device) throws ErrnoException;

    /** Lets a device go. */
    protected abstract void remove(D device);

    /** Returns the bound devices, in order of binding. */
    public final List<D> devices() {
        return devices.toList();
    }

    final void bound(D device) {
        devices.add(device);
    }

    final void unbound(D device) {
        devices.remove(device);
    }

    @Override
    public String toString() {
        return name;
    }
}
