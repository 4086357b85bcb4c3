// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apvirt.device.Bus;
import org.apvirt.device.DeviceClass;
import org.apvirt.device.Driver;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The bus {@code mdev}. No driver matches a device by itself: creation binds each device to its parent's driver.
 * Source: Linux {@code drivers/vfio/mdev/mdev_driver.c}.
 */
public final class MdevBus extends Bus<MdevDevice> {
    private static final String PARENT_CLASS = "mdev_bus";

    private final Map<String, MdevDevice> byUuid = new ConcurrentHashMap<>();
    private final DeviceClass parentClass = new DeviceClass(PARENT_CLASS);

    MdevBus(Kernel kernel) {
        super(kernel, "mdev");
    }

    @Override
    public @Nullable MdevDevice device(String deviceName) {
        return byUuid.get(deviceName);
    }

    /** Puts a device on the bus and gives it to a driver, whether the driver matches or not. */
    void create(MdevDevice device, Driver<MdevDevice> driver) throws ErrnoException {
        byUuid.put(device.name(), device);
        add(device);
        try {
            attachTo(device, driver);
        } catch (ErrnoException e) {
            remove(device);
            throw e;
        }
    }

    @Override
    public void remove(MdevDevice device) {
        byUuid.remove(device.name(), device);
        super.remove(device);
    }

    /** Shows a parent in {@code /sys/class/mdev_bus}. */
    void linkParent(MdevParent parent) {
        parentClass.link(parent.device().name(), parent.device().devpath());
    }

    void unlinkParent(MdevParent parent) {
        parentClass.unlink(parent.device().name());
    }

    /** The module comes, and with it the class of the parents, even before there is one. */
    void addParentClass() {
        kernel().addClass(parentClass);
    }

    /** The module goes, and with it the class. */
    void dropParentClass() {
        kernel().removeClass(parentClass);
    }
}
