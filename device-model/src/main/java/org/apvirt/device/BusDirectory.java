// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The directory {@code /sys/bus/NAME}: devices, drivers and the files that bring them together by hand.
 * Source: Linux {@code drivers/base/bus.c}, {@code bus_register}, {@code bus_add_driver}.
 */
final class BusDirectory<D extends Device> {
    private static final SysfsAttribute<Bus<?>> AUTOPROBE = SysfsAttribute.rw("drivers_autoprobe",
            bus -> bus.autoprobe() ? "1\n" : "0\n", (bus, text) -> bus.autoprobe(!text.startsWith("0")));
    private static final SysfsAttribute<BusDirectory<?>> PROBE = SysfsAttribute.wo("drivers_probe",
            BusDirectory::probeDrivers);

    private final Bus<D> bus;

    BusDirectory(Bus<D> bus) {
        this.bus = bus;
    }

    /** Returns the entries that every bus has. */
    Map<String, SysfsNode> entries() {
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("devices", devicesDirectory());
        entries.put("drivers", driversDirectory());
        entries.put("drivers_autoprobe", AUTOPROBE.on(bus));
        entries.put("drivers_probe", PROBE.on(this));
        return entries;
    }

    private SysfsDirectory devicesDirectory() {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                return bus.deviceNames();
            }

            @Override
            public @Nullable SysfsNode child(String deviceName) {
                D device = bus.device(deviceName);
                return device == null ? null : SysfsLink.between("/bus/" + bus.name() + "/devices", device);
            }
        };
    }

    private SysfsDirectory driversDirectory() {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                return bus.driverNames();
            }

            @Override
            public @Nullable SysfsNode child(String driverName) {
                Driver<D> driver = bus.driver(driverName);
                return driver == null ? null : driverDirectory(driver);
            }
        };
    }

    /** A driver may have all devices of a large bus, so that one entry must not cost the whole directory. */
    private SysfsDirectory driverDirectory(Driver<D> driver) {
        String path = "/bus/" + bus.name() + "/drivers/" + driver.name();
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                List<String> names = new ArrayList<>(driverEntries(driver, path).keySet());
                for (D device : driver.devices()) {
                    names.add(device.name());
                }
                return names;
            }

            @Override
            public @Nullable SysfsNode child(String childName) {
                D device = bus.device(childName);
                return device != null && device.driver() == driver
                        ? SysfsLink.between(path, device)
                        : driverEntries(driver, path).get(childName);
            }

            @Override
            public boolean mayBeKept(String childName) {
                return bus.device(childName) == null && driverEntries(driver, path).containsKey(childName);
            }
        };
    }

    private Map<String, SysfsNode> driverEntries(Driver<D> driver, String path) {
        Map<String, SysfsNode> entries = new TreeMap<>();
        if (driver.bindsByHand()) {
            entries.put("bind", SysfsAttribute.<Driver<D>>wo("bind", this::bind).on(driver));
            entries.put("unbind", SysfsAttribute.<Driver<D>>wo("unbind", this::unbind).on(driver));
        }
        entries.put("uevent", driver.kobject().file());
        KernelModule module = driver.module();
        if (module != null && driver.showsModule()) {
            entries.put("module", SysfsLink.between(path, "/module/" + module.name()));
        }
        return entries;
    }

    private D named(String text) throws ErrnoException {
        int end = text.indexOf('\0');
        String line = end < 0 ? text : text.substring(0, end);
        String deviceName = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
        D device = bus.device(deviceName);
        if (device == null) {
            throw new ErrnoException(Errno.ENODEV,
                    "no device '" + SysfsText.printable(deviceName) + "' on bus " + bus.name());
        }
        return device;
    }

    /**
     * A write to a driver's {@code bind}.
     *
     * @throws ErrnoException ENODEV: no such device, the wrong kind of device, or the bus does not let the driver have
     *     it. EBUSY: it has a driver. Else what the driver's probe says
     */
    private void bind(Driver<D> driver, String text) throws ErrnoException {
        D device = named(text);
        if (!driver.matches(device)) {
            throw new ErrnoException(Errno.ENODEV, driver.name() + " is not made for " + device.name());
        }
        ReentrantLock lock = device.deviceLock();
        lock.lock();
        try {
            if (device.driver() != null) {
                throw new ErrnoException(Errno.EBUSY, device.name() + " has driver " + device.driver());
            }
            bus.bindTo(device, driver, true);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A write to a driver's {@code unbind}.
     *
     * @throws ErrnoException ENODEV: no such device, or this driver does not have it
     */
    private void unbind(Driver<D> driver, String text) throws ErrnoException {
        D device = named(text);
        if (!bus.release(device, driver)) {
            throw new ErrnoException(Errno.ENODEV, driver.name() + " does not have " + device.name());
        }
    }

    /**
     * A write to the bus's {@code drivers_probe}: tries all drivers, succeeds even if none takes the device.
     *
     * @throws ErrnoException ENODEV: no such device
     */
    private void probeDrivers(String text) throws ErrnoException {
        bus.attach(named(text));
    }
}
