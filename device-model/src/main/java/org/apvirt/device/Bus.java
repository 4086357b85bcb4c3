// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A bus: its devices in order of creation, its drivers in order of registration, and the rules that bring them
 * together. Source: Linux {@code drivers/base/bus.c}, {@code dd.c}.
 *
 * @param <D> the kind of device
 */
public abstract class Bus<D extends Device> {
    private final Kernel kernel;
    private final String name;
    private final DeviceList<D> devices = new DeviceList<>(DeviceList.Place.BUS); // in order of creation
    private volatile List<Driver<D>> drivers = List.of(); // in order of registration; a change makes a new list
    private final Kobject kobject;
    private volatile boolean autoprobe = true;
    private volatile @Nullable SysfsDirectory directory; // made at the first look

    /** A bus; {@link Kernel#addBus} makes it visible. */
    protected Bus(Kernel kernel, String name) {
        this.kernel = kernel;
        this.name = name;
        this.kobject = new Kobject(kernel, "/bus/" + name, "bus");
    }

    /** Returns the name. */
    public final String name() {
        return name;
    }

    /** Returns the kernel. */
    public final Kernel kernel() {
        return kernel;
    }

    /** Returns the devices, in order of creation. */
    public final List<D> devices() {
        return devices.toList();
    }

    /** Returns the drivers, in order of registration. */
    public final List<Driver<D>> drivers() {
        return drivers;
    }

    /** Returns a device by name, null if there is none. A bus with many devices overrides it. */
    public @Nullable D device(String deviceName) {
        for (D device : devices()) {
            if (device.name().equals(deviceName)) {
                return device;
            }
        }
        return null;
    }

    /** Returns a driver by name, null if there is none. */
    public final @Nullable Driver<D> driver(String driverName) {
        for (Driver<D> driver : drivers) {
            if (driver.name().equals(driverName)) {
                return driver;
            }
        }
        return null;
    }

    /** Returns the names of the devices. */
    protected Collection<String> deviceNames() {
        List<String> names = new ArrayList<>();
        for (D device : devices()) {
            names.add(device.name());
        }
        return names;
    }

    /**
     * What the bus does when a driver is about to take a device; by default the driver's probe.
     *
     * @param byHand user space wrote the name to the driver's {@code bind}; otherwise drivers are tried in turn
     * @throws ErrnoException the driver does not get the device
     */
    protected void probe(D device, Driver<D> driver, boolean byHand) throws ErrnoException {
        driver.probe(device);
    }

    /** What the bus does when a driver lets a device go; by default the driver's remove. */
    protected void remove(D device, Driver<D> driver) {
        driver.remove(device);
    }

    /** Returns the attributes of the bus itself. */
    protected List<EntryGroup> groups() {
        return List.of();
    }

    // Registration

    /** Registers a driver and offers it the devices that have none, in order of creation. */
    public void register(Driver<D> driver) {
        driver.bus(this);
        synchronized (this) {
            List<Driver<D>> all = new ArrayList<>(drivers);
            all.add(driver);
            drivers = List.copyOf(all);
        }
        if (autoprobe) {
            for (D device : devices()) {
                tryAttach(device, driver);
            }
        }
        KernelModule module = driver.module();
        if (module != null && driver.showsModule()) {
            module.addDriver(name, driver.name());
        }
        driver.kobject().added();
    }

    /** Takes a driver away: its devices are released, the last bound first. */
    public void unregister(Driver<D> driver) {
        KernelModule module = driver.module();
        if (module != null) {
            module.removeDriver(name, driver.name());
        }
        for (D device : driver.devices().reversed()) {
            release(device, driver);
        }
        driver.kobject().removed();
        synchronized (this) {
            drivers = drivers.stream().filter(other -> other != driver).toList();
        }
        driver.bus(null);
    }

    /** Adds a device: event, then the drivers are tried. */
    public void add(D device) {
        devices.add(device);
        device.uevent("add");
        if (autoprobe) {
            attach(device);
        }
    }

    /** Removes a device: its driver lets it go, then the event. */
    public void remove(D device) {
        ReentrantLock lock = device.deviceLock();
        lock.lock();
        try {
            synchronized (devices) {
                devices.remove(device); // before the driver lets go, which may take long
            }
            release(device, null);
        } finally {
            lock.unlock();
        }
        device.uevent("remove");
    }

    // Binding

    /** Offers a device without driver to each driver in turn; does nothing if it has one. */
    public final void attach(D device) {
        ReentrantLock lock = device.deviceLock();
        lock.lock();
        try {
            for (Driver<D> driver : drivers()) {
                if (device.driver() != null) {
                    return;
                }
                tryAttach(device, driver);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Releases a device and tries all drivers: {@code device_reprobe}. */
    public final void reprobe(D device) {
        release(device, null);
        attach(device);
    }

    private void tryAttach(D device, Driver<D> driver) {
        if (driver.matches(device)) {
            ReentrantLock lock = device.deviceLock();
            lock.lock();
            try {
                if (device.driver() == null) {
                    bindTo(device, driver, false);
                }
            } catch (ErrnoException e) {
                // The driver does not want it. Another may; nobody is told, as in the kernel.
                assert device.driver() == null;
            } finally {
                lock.unlock();
            }
        }
    }

    /** Binds a device without driver, whose lock is held. */
    final void bindTo(D device, Driver<D> driver, boolean byHand) throws ErrnoException {
        device.driver(driver);
        try {
            probe(device, driver, byHand);
        } catch (ErrnoException e) {
            device.driver(null);
            throw e;
        }
        driver.bound(device);
        device.uevent("bind");
    }

    /**
     * Binds a device to one driver without asking whether it matches: {@code device_driver_attach}.
     *
     * @throws ErrnoException what the driver's probe says
     */
    protected final void attachTo(D device, Driver<D> driver) throws ErrnoException {
        ReentrantLock lock = device.deviceLock();
        lock.lock();
        try {
            bindTo(device, driver, true);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Releases a device from its driver.
     *
     * @param only release it only from this driver; null: from whichever it has
     * @return whether it was released
     */
    public final boolean release(D device, @Nullable Driver<D> only) {
        ReentrantLock lock = device.deviceLock();
        lock.lock();
        try {
            Driver<?> bound = device.driver();
            Driver<D> driver = bound == null ? null : driver(bound.name());
            if (driver == null || driver != bound || only != null && only != driver) {
                return false;
            }
            remove(device, driver);
            driver.unbound(device);
            device.driver(null);
            device.uevent("unbind");
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether the bus came with the kernel, for good. */
    protected boolean mayBeKept() {
        return false;
    }

    /** Returns the directory {@code /sys/bus/NAME}: what is in it is there as long as the bus is. */
    public final SysfsDirectory directory() {
        SysfsDirectory made = directory;
        if (made == null) {
            Map<String, SysfsNode> entries = new BusDirectory<>(this).entries();
            entries.put("uevent", kobject.file());
            List<EntryGroup> all = new ArrayList<>(groups());
            all.add(EntryGroup.of(entries));
            made = SysfsDirectory.fixed(all);
            directory = made;
        }
        return made;
    }

    final boolean autoprobe() {
        return autoprobe;
    }

    final void autoprobe(boolean on) {
        autoprobe = on;
    }

    final Collection<String> driverNames() {
        return drivers.stream().map(Driver::name).toList();
    }

    /** Tells that the bus is there. */
    public final void tellAdded() {
        kobject.added();
    }

    /** Tells that the bus goes. */
    public final void tellRemoved() {
        kobject.removed();
    }
}
