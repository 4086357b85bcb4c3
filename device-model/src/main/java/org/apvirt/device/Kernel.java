// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One running kernel: its buses, root devices, classes and modules, its log, its uevents. What drivers keep in globals
 * is reached from here, so that any number of kernels (a host and its guests) run in one process.
 */
public final class Kernel {
    private final Set<Quirk> quirks;
    private final Time time;
    private final List<Consumer<? super Uevent>> ueventListeners = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable String> unfinishedLine = new AtomicReference<>();
    private final KernelLog log = new KernelLog();
    private final Devtmpfs devtmpfs = new Devtmpfs();
    private final Map<Class<?>, Object> subsystems = new ConcurrentHashMap<>();
    private final AttributeFaults attributeFaults;
    private final SysTree sys = new SysTree();
    private long sequence;

    /**
     * A kernel in which nothing is registered yet.
     *
     * @param rows what it does differently from other kernels: a row of each layer
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // only read
    public Kernel(Time time, Set<? extends Quirk>... rows) {
        this.time = time;
        this.attributeFaults = new AttributeFaults(time);
        // Asked for each queue of a scan: a HashSet finds an enum constant faster than an unmodifiable set does.
        this.quirks = new HashSet<>();
        Arrays.stream(rows).forEach(quirks::addAll);
    }

    /** Tells whether this kernel has a quirk. */
    public boolean has(Quirk quirk) {
        return quirks.contains(quirk);
    }

    /** Returns the clock. */
    public Time time() {
        return time;
    }

    /** Returns what goes wrong when programs read and write attributes. */
    public AttributeFaults attributeFaults() {
        return attributeFaults;
    }

    /** Hands each further uevent to a listener, in order, on the thread that caused it. */
    public AutoCloseable onUevent(Consumer<? super Uevent> listener) {
        ueventListeners.add(listener);
        return () -> ueventListeners.remove(listener);
    }

    /** Hands each further line of the kernel log to a listener. */
    public AutoCloseable onLog(Consumer<? super String> listener) {
        return log.follow(listener, false);
    }

    /** Hands each line of the kernel log that is kept to a listener, then each further one. */
    public AutoCloseable followLog(Consumer<? super String> listener) {
        return log.follow(listener, true);
    }

    /** Writes a line to the kernel log: {@code printk}. */
    public void log(String line) {
        String earlier = unfinishedLine.getAndSet(null);
        if (earlier != null) {
            tell(earlier);
        }
        tell(line);
    }

    /**
     * Writes a line whose text has no newline: as it might go on, nobody gets to see it before the next line is written.
     * Source: Linux {@code kernel/printk/printk.c}, {@code LOG_NEWLINE}.
     */
    public void logUnfinished(String line) {
        String earlier = unfinishedLine.getAndSet(line);
        if (earlier != null) {
            tell(earlier);
        }
    }

    private void tell(String line) {
        log.add(line);
    }

    /**
     * Sends a uevent: {@code kobject_uevent_env}.
     *
     * @param subsystem value of SUBSYSTEM
     * @param own the event's own variables
     * @param object the object's variables, which follow
     */
    public void uevent(String action, String devpath, String subsystem, List<String> own, List<String> object) {
        synchronized (ueventListeners) {
            sequence++;
            if (ueventListeners.isEmpty()) {
                return;
            }
            List<String> variables = new ArrayList<>(3 + own.size() + object.size());
            variables.add("ACTION=" + action);
            variables.add("DEVPATH=" + devpath);
            variables.add("SUBSYSTEM=" + subsystem);
            variables.addAll(own);
            variables.addAll(object);
            Uevent event = new Uevent(sequence, action, devpath, List.copyOf(variables));
            for (Consumer<? super Uevent> listener : ueventListeners) {
                listener.accept(event);
            }
        }
    }

    /** Tells whether anybody listens, so that nobody need gather variables in vain. */
    public boolean ueventsWanted() {
        return !ueventListeners.isEmpty();
    }

    /**
     * Returns a built-in subsystem of this kernel, for example VFIO, and starts it at its first use: what a kernel
     * keeps in a global of that subsystem.
     *
     * @param type the subsystem's class
     * @param start makes it; called once per kernel
     */
    public <T extends Object> T subsystem(Class<T> type, Function<? super Kernel, ? extends T> start) {
        return type.cast(subsystems.computeIfAbsent(type, unused -> start.apply(this)));
    }

    /** Adds a bus: {@code /sys/bus/NAME}. */
    public void addBus(Bus<?> bus) {
        sys.buses.put(bus.name(), bus);
    }

    /** Removes a bus. */
    public void removeBus(Bus<?> bus) {
        sys.buses.remove(bus.name(), bus);
    }

    /** Returns a bus, null if it is not registered. */
    public @Nullable Bus<?> bus(String name) {
        return sys.buses.get(name);
    }

    /** Adds a device without parent: {@code /sys/devices/NAME}. */
    public void addRootDevice(Device device) {
        sys.rootDevices.put(device.name(), device);
    }

    /** Removes a device without parent. */
    public void removeRootDevice(Device device) {
        sys.rootDevices.remove(device.name(), device);
    }

    /** Adds a device of a class: {@code /sys/devices/virtual/CLASS/NAME}. */
    void addVirtualDevice(ClassDevice device) {
        sys.virtualDevices.put(device.deviceClass().name() + '/' + device.name(), device);
    }

    /** Removes a device of a class. */
    void removeVirtualDevice(ClassDevice device) {
        sys.virtualDevices.remove(device.deviceClass().name() + '/' + device.name(), device);
    }

    /** Adds a class: {@code /sys/class/NAME}. */
    public void addClass(DeviceClass deviceClass) {
        sys.classes.put(deviceClass.name(), deviceClass);
    }

    /** Returns a class that several drivers share, for example {@code misc}; the first call adds it. */
    public DeviceClass sharedClass(String name) {
        return sys.classes.computeIfAbsent(name, DeviceClass::new);
    }

    /** Removes a class. */
    public void removeClass(DeviceClass deviceClass) {
        sys.classes.remove(deviceClass.name(), deviceClass);
    }

    /** Adds a loaded module: {@code /sys/module/NAME}. */
    public void addModule(KernelModule module) {
        sys.modules.put(module.name(), module);
    }

    /** Removes a module. */
    public void removeModule(KernelModule module) {
        sys.modules.remove(module.name(), module);
    }

    /** Returns a loaded module, null if there is none by that name (underscores, not hyphens). */
    public @Nullable KernelModule module(String name) {
        return sys.modules.get(name);
    }

    /** Adds an entry of {@code /sys/firmware}, for good; called while the kernel boots. */
    public void addFirmwareEntry(String name, SysfsNode node) {
        sys.firmware.put(name, node);
    }

    /** Adds an entry of {@code /sys/kernel}. */
    public void addKernelEntry(String name, SysfsNode node) {
        sys.kernelDirectory.put(name, node);
    }

    /**
     * Adds a node below {@code /dev}. What has the path already keeps it, and nobody is told.
     *
     * @param path path below {@code /dev}, for example {@code vfio/0}
     */
    public void addDeviceNode(String path, CharDevice node) {
        devtmpfs.add(path, node);
    }

    /** Removes a node below {@code /dev}, if the path is that node's. */
    public void removeDeviceNode(String path, CharDevice node) {
        devtmpfs.remove(path, node);
    }

    /** Adds the link of a device number to its device: {@code /sys/dev/char/MAJOR:MINOR}. */
    void addDeviceNumber(CharDevice node, String devpath) {
        sys.deviceNumbers.put(node.number(), devpath);
    }

    /** Removes the link of a device number. */
    void removeDeviceNumber(CharDevice node) {
        sys.deviceNumbers.remove(node.number());
    }

    /** Returns the tree below {@code /sys}. */
    public SysfsDirectory sys() {
        return sys;
    }

    /** Returns the tree below {@code /dev}. */
    public SysfsDirectory dev() {
        return devtmpfs.directory();
    }

    /** Tells who keeps names of the tree that a directory is about to go. */
    void tellRemoval(String devpath) {
        sys.tellRemoval(devpath);
    }
}
