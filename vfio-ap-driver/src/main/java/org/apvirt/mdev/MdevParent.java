// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.device.Device;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A device that mediated devices can be made of: its type, its instances in order of creation.
 * Source: Linux {@code drivers/vfio/mdev/mdev_core.c}, {@code mdev_register_parent}.
 */
public final class MdevParent {
    private static final String TYPES = "mdev_supported_types";

    private final Device device;
    private final MdevBus bus;
    private final MdevDriver driver;
    private final MdevType type;
    private final EntryGroup types; // what the device shows
    // By UUID, in order of creation. Guarded by itself, as are the states of the instances and the flag below.
    private final Map<String, MdevDevice> instances = new LinkedHashMap<>();
    private final int maxInstances;
    private boolean unregistering;

    /**
     * A parent; {@link #register} makes it known.
     *
     * @param typeName last part of the type's name
     * @param prettyName content of the type's file {@code name}
     * @param maxInstances how many devices there may be
     */
    @SuppressWarnings({"nullness:assignment", "nullness:argument"}) // the type only keeps the reference
    public MdevParent(Device device, MdevBus bus, MdevDriver driver, String driverName, String typeName,
            String prettyName, int maxInstances) {
        this.device = device;
        this.bus = bus;
        this.driver = driver;
        this.maxInstances = maxInstances;
        this.type = new MdevType(this, driverName + '-' + typeName, prettyName);
        this.types = EntryGroup.of(TYPES, SysfsDirectory.of(() -> Map.of(type.name(), type.directory())));
    }

    /** Returns the parent device. */
    public Device device() {
        return device;
    }

    /** Returns the bus of the instances. */
    public MdevBus bus() {
        return bus;
    }

    MdevDriver driver() {
        return driver;
    }

    /** Shows the type and tells user space that devices can be made. */
    public void register() {
        device.addGroup(types);
        bus.linkParent(this);
        log("MDEV: Registered");
        device.uevent("change", "MDEV_STATE=registered");
    }

    /** Removes all instances, in order of creation, and the type. */
    public void unregister() {
        log("MDEV: Unregistering");
        synchronized (instances) {
            unregistering = true;
        }
        bus.unlinkParent(this);
        for (MdevDevice instance : active()) {
            if (claim(instance)) {
                tearDown(instance);
            }
        }
        device.removeGroup(types);
        device.uevent("change", "MDEV_STATE=unregistered");
    }

    private void log(String text) {
        device.kernel().log(device.driver() + " " + device.name() + ": " + text);
    }

    /** Returns how many devices may still be made. */
    public int availableInstances() {
        synchronized (instances) {
            return maxInstances - instances.size();
        }
    }

    /** Returns the devices that are complete and not being removed, in order of creation. */
    public List<MdevDevice> active() {
        synchronized (instances) {
            List<MdevDevice> list = new ArrayList<>();
            for (MdevDevice instance : instances.values()) {
                if (instance.state() == MdevDevice.State.ACTIVE) {
                    list.add(instance);
                }
            }
            return list;
        }
    }

    /** Returns the devices whose directory exists, which includes those that are being removed. */
    public Collection<MdevDevice> children() {
        synchronized (instances) {
            return new ArrayList<>(instances.values());
        }
    }

    /** Returns the device of a UUID whose directory exists, null if there is none. */
    public @Nullable MdevDevice child(String uuid) {
        synchronized (instances) {
            return instances.get(uuid);
        }
    }

    void create(MdevType ofType, String uuid) throws ErrnoException {
        MdevDevice instance = new MdevDevice(ofType, uuid);
        synchronized (instances) {
            if (instances.containsKey(uuid)) {
                throw new ErrnoException(Errno.EEXIST, "there is a mediated device " + uuid);
            }
            if (instances.size() >= maxInstances) {
                throw new ErrnoException(Errno.EUSERS, "all " + maxInstances + " instances exist");
            }
            if (unregistering) {
                throw new ErrnoException(Errno.ENODEV, device.name() + " is being removed");
            }
            instances.put(uuid, instance);
        }
        try {
            bus.create(instance, driver);
        } catch (ErrnoException e) {
            forget(instance);
            throw e;
        }
        instance.activate();
        synchronized (instances) {
            instance.state(MdevDevice.State.ACTIVE);
        }
    }

    /** Removes a device at the wish of user space. A second writer finds nothing left to do. */
    void remove(MdevDevice instance) throws ErrnoException {
        synchronized (instances) {
            if (unregistering) {
                throw new ErrnoException(Errno.ENODEV, device.name() + " is being removed");
            }
        }
        if (claim(instance)) {
            tearDown(instance);
        }
    }

    private boolean claim(MdevDevice instance) {
        synchronized (instances) {
            boolean mine = instance.state() == MdevDevice.State.ACTIVE;
            if (mine) {
                instance.state(MdevDevice.State.GOING);
            }
            return mine;
        }
    }

    private void tearDown(MdevDevice instance) {
        instance.deactivate();
        bus.remove(instance);
        forget(instance);
    }

    private void forget(MdevDevice instance) {
        instance.announceRemoval();
        synchronized (instances) {
            instances.remove(instance.name(), instance);
        }
    }
}
