// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

import org.checkerframework.checker.initialization.qual.UnknownInitialization;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A device: its place in the tree, its bus, its driver, its attributes. Concrete kinds add their own state and override
 * what a uevent says of them. Source: Linux {@code drivers/base/core.c}.
 */
public abstract class Device {
    private final Kernel kernel;
    private final @Nullable Device parent;
    private volatile @Nullable Driver<?> driver;
    private volatile boolean going;
    private int busPlace; // in the bus's list, guarded by that list
    private int driverPlace; // in its driver's list, guarded by that list
    private volatile @Nullable EntryGroup added; // one, as with nearly every queue, or several as one

    /** A device below a parent, or, with null, directly below {@code /sys/devices}. */
    protected Device(Kernel kernel, @Nullable Device parent) {
        this.kernel = kernel;
        this.parent = parent;
    }

    /** Returns the name: the last part of the path. */
    public abstract String name();

    /** Returns the kernel. */
    public final Kernel kernel(@UnknownInitialization(Device.class) Device this) {
        return kernel;
    }

    /** Returns the parent, null for a root device. */
    public final @Nullable Device parent() {
        return parent;
    }

    /** Returns the path below {@code /sys}, for example {@code /devices/ap/card05}. */
    public String devpath() {
        return parent == null ? "/devices/" + name() : parent.devpath() + '/' + name();
    }

    /** Returns the bus, null for a device without one. */
    public @Nullable Bus<?> bus() {
        return null;
    }

    /** Returns the value of SUBSYSTEM, null for a device whose events nobody sees. */
    public @Nullable String subsystem() {
        Bus<?> bus = bus();
        return bus == null ? null : bus.name();
    }

    /** Returns where the link {@code subsystem} leads, null for a device without it. */
    protected @Nullable String subsystemPath() {
        Bus<?> bus = bus();
        return bus == null ? null : "/bus/" + bus.name();
    }

    /** Returns the driver that has the device, null if none. */
    public final @Nullable Driver<?> driver() {
        return driver;
    }

    final void driver(@Nullable Driver<?> newDriver) {
        driver = newDriver;
    }

    final int place(DeviceList.Place list) {
        return list == DeviceList.Place.BUS ? busPlace : driverPlace;
    }

    final void place(DeviceList.Place list, int at) {
        if (list == DeviceList.Place.BUS) {
            busPlace = at;
        } else {
            driverPlace = at;
        }
    }

    /** Returns the value of DEVTYPE, null for none. */
    protected @Nullable String deviceType() {
        return null;
    }

    /** Adds what the kind of device tells in every event, for example MODE. */
    protected void addUeventVariables(String action, List<String> variables) {}

    /** The lock that binding, unbinding and removing this device hold: {@code device_lock}. */
    public abstract ReentrantLock deviceLock();

    /** Returns what the device shows from the first to the last moment, whatever its driver. */
    protected List<EntryGroup> groups() {
        return List.of();
    }

    /** Tells whether the device is there as long as what is above it, or until {@link #announceRemoval}. */
    protected boolean mayBeKept() {
        return false;
    }

    /**
     * Tells those who keep names of the tree that the directory is about to go. Not to be called with a lock held that
     * {@link #child} of the parent or {@link #children} take.
     */
    public final void announceRemoval() {
        going = true;
        kernel.tellRemoval(devpath());
    }

    /** Tells whether the directory is about to go. */
    protected final boolean isGoing() {
        return going;
    }

    /** Returns the children, in no particular order. */
    protected Collection<? extends Device> children() {
        return List.of();
    }

    /** Returns a child by name, null if there is none. */
    protected @Nullable Device child(String childName) {
        return null;
    }

    /** Shows entries that may go before the device does, as the attributes of a driver; they hide older ones of a name. */
    public final synchronized void addGroup(EntryGroup group) {
        EntryGroup before = added;
        added = before == null ? group : new EntryGroup.Pair(group, before);
    }

    /** Shows the entries of an equal group no more. */
    public final synchronized void removeGroup(EntryGroup group) {
        EntryGroup before = added;
        added = before == null ? null : EntryGroup.without(before, group);
    }

    /** Sends an event of this device, with variables of its own. */
    public final void uevent(String action, String... own) {
        String subsystem = subsystem();
        if (subsystem != null && kernel.ueventsWanted()) {
            kernel.uevent(action, devpath(), subsystem, List.of(own), variables(action));
        }
    }

    private List<String> variables(String action) {
        List<String> variables = new ArrayList<>();
        String type = deviceType();
        if (type != null) {
            variables.add("DEVTYPE=" + type);
        }
        Driver<?> bound = driver;
        if (bound != null) {
            variables.add("DRIVER=" + bound.name());
        }
        addUeventVariables(action, variables);
        return variables;
    }

    private String showUevent() {
        if (subsystem() == null) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        for (String variable : variables("show")) {
            text.append(variable).append('\n');
        }
        return text.toString();
    }

    private void storeUevent(String text) throws ErrnoException {
        try {
            SyntheticUevent asked = SyntheticUevent.parse(kernel, devpath(), text);
            uevent(asked.action(), asked.variables().toArray(String[]::new));
        } catch (ErrnoException e) {
            Driver<?> bound = driver;
            String owner = bound != null ? bound.name() : subsystem() == null ? "" : subsystem();
            kernel.log(owner + ' ' + name() + ": uevent: failed to send synthetic uevent: -" + e.errno().number());
            throw e;
        }
    }

    private static final SysfsAttribute<Device> UEVENT = SysfsAttribute.rw("uevent", Device::showUevent,
            Device::storeUevent);

    private @Nullable SysfsNode entry(String entryName) {
        SysfsNode entry = lastingEntry(entryName);
        if (entry != null) {
            return entry;
        }
        Driver<?> bound = driver;
        if (bound != null && entryName.equals("driver")) {
            return SysfsLink.between(devpath(), bound.devpath());
        }
        EntryGroup more = added;
        return more == null ? null : more.find(entryName);
    }

    /** Returns an entry that stays as long as the device, null if there is none by that name. */
    private @Nullable SysfsNode lastingEntry(String entryName) {
        if (entryName.equals("uevent")) {
            return UEVENT.on(this);
        }
        String subsystemPath = entryName.equals("subsystem") ? subsystemPath() : null;
        return subsystemPath == null
                ? EntryGroup.find(groups(), entryName)
                : SysfsLink.between(devpath(), subsystemPath);
    }

    private Set<String> entryNames() {
        Set<String> names = new HashSet<>();
        names.add("uevent");
        if (subsystemPath() != null) {
            names.add("subsystem");
        }
        if (driver != null) {
            names.add("driver");
        }
        groups().forEach(group -> names.addAll(group.names()));
        EntryGroup more = added;
        if (more != null) {
            names.addAll(more.names());
        }
        children().forEach(child -> names.add(child.name()));
        return names;
    }

    /** Returns the directory of this device. */
    public final SysfsDirectory directory() {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                return entryNames();
            }

            @Override
            public @Nullable SysfsNode child(String childName) {
                Device child = Device.this.child(childName);
                return child != null ? child.directory() : entry(childName);
            }

            @Override
            public boolean mayBeKept(String entryName) {
                Device child = Device.this.child(entryName);
                return child == null ? lastingEntry(entryName) != null : child.mayBeKept();
            }
        };
    }

    @Override
    public String toString() {
        return devpath();
    }
}
