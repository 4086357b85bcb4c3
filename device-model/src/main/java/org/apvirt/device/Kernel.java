// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

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
    private final Map<String, Bus<?>> buses = new ConcurrentSkipListMap<>();
    private final Map<String, Device> rootDevices = new ConcurrentSkipListMap<>();
    private final Map<String, ClassDevice> virtualDevices = new ConcurrentSkipListMap<>(); // by CLASS/NAME
    private final Map<String, DeviceClass> classes = new ConcurrentSkipListMap<>();
    private final Map<String, KernelModule> modules = new ConcurrentSkipListMap<>();
    private final Map<String, SysfsNode> kernelDirectory = new ConcurrentSkipListMap<>();
    private final Map<String, CharDevice> deviceNodes = new ConcurrentSkipListMap<>();
    private final Map<String, String> deviceNumbers = new ConcurrentSkipListMap<>(); // MAJOR:MINOR to devpath
    private final Map<Class<?>, Object> subsystems = new ConcurrentHashMap<>();
    private final List<Consumer<? super List<String>>> removalListeners = new CopyOnWriteArrayList<>();
    private final AttributeFaults attributeFaults;
    private final SysfsDirectory sys = new Sys();
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
        this.quirks = Arrays.stream(rows).flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());
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
        buses.put(bus.name(), bus);
    }

    /** Removes a bus. */
    public void removeBus(Bus<?> bus) {
        buses.remove(bus.name(), bus);
    }

    /** Returns a bus, null if it is not registered. */
    public @Nullable Bus<?> bus(String name) {
        return buses.get(name);
    }

    /** Adds a device without parent: {@code /sys/devices/NAME}. */
    public void addRootDevice(Device device) {
        rootDevices.put(device.name(), device);
    }

    /** Removes a device without parent. */
    public void removeRootDevice(Device device) {
        rootDevices.remove(device.name(), device);
    }

    /** Adds a device of a class: {@code /sys/devices/virtual/CLASS/NAME}. */
    void addVirtualDevice(ClassDevice device) {
        virtualDevices.put(device.deviceClass().name() + '/' + device.name(), device);
    }

    /** Removes a device of a class. */
    void removeVirtualDevice(ClassDevice device) {
        virtualDevices.remove(device.deviceClass().name() + '/' + device.name(), device);
    }

    /** Adds a class: {@code /sys/class/NAME}. */
    public void addClass(DeviceClass deviceClass) {
        classes.put(deviceClass.name(), deviceClass);
    }

    /** Returns a class that several drivers share, for example {@code misc}; the first call adds it. */
    public DeviceClass sharedClass(String name) {
        return classes.computeIfAbsent(name, DeviceClass::new);
    }

    /** Removes a class. */
    public void removeClass(DeviceClass deviceClass) {
        classes.remove(deviceClass.name(), deviceClass);
    }

    /** Returns a class, null if it is not registered. */
    public @Nullable DeviceClass deviceClass(String name) {
        return classes.get(name);
    }

    /** Adds a loaded module: {@code /sys/module/NAME}. */
    public void addModule(KernelModule module) {
        modules.put(module.name(), module);
    }

    /** Removes a module. */
    public void removeModule(KernelModule module) {
        modules.remove(module.name(), module);
    }

    /** Returns a loaded module, null if there is none by that name (underscores, not hyphens). */
    public @Nullable KernelModule module(String name) {
        return modules.get(name);
    }

    /** Adds an entry of {@code /sys/kernel}. */
    public void addKernelEntry(String name, SysfsNode node) {
        kernelDirectory.put(name, node);
    }

    /**
     * Adds a node below {@code /dev}. What has the path already keeps it, and nobody is told.
     * Source: Linux {@code drivers/base/devtmpfs.c}, {@code handle_create}.
     *
     * @param path path below {@code /dev}, for example {@code vfio/0}
     */
    public void addDeviceNode(String path, CharDevice node) {
        synchronized (deviceNodes) {
            if (isFreeInDev(path)) {
                deviceNodes.put(path, node);
            }
        }
    }

    /** Tells whether a node may be made: the path names no directory, and leads through no node. */
    private boolean isFreeInDev(String path) {
        for (String name : path.split("/", -1)) {
            if (name.isEmpty() || name.equals(".") || name.equals("..")) {
                return false;
            }
        }
        return deviceNodes.keySet().stream().noneMatch(
                other -> other.equals(path) || other.startsWith(path + '/') || path.startsWith(other + '/'));
    }

    /** Removes a node below {@code /dev}, if the path is that node's. */
    public void removeDeviceNode(String path, CharDevice node) {
        deviceNodes.remove(path, node);
    }

    /** Adds the link of a device number to its device: {@code /sys/dev/char/MAJOR:MINOR}. */
    void addDeviceNumber(CharDevice node, String devpath) {
        deviceNumbers.put(node.number(), devpath);
    }

    /** Removes the link of a device number. */
    void removeDeviceNumber(CharDevice node) {
        deviceNumbers.remove(node.number());
    }

    /** Returns the tree below {@code /sys}. */
    public SysfsDirectory sys() {
        return sys;
    }

    /** Returns the tree below {@code /dev}. */
    public SysfsDirectory dev() {
        return SysfsDirectory.of(() -> devEntries(""));
    }

    /** Tells who keeps names of the tree that a directory is about to go. */
    void tellRemoval(String devpath) {
        if (!removalListeners.isEmpty()) {
            List<String> names = List.of(devpath.substring(1).split("/"));
            removalListeners.forEach(listener -> listener.accept(names));
        }
    }

    /** {@code /sys}. */
    private final class Sys implements SysfsDirectory {
        private final SysfsDirectory entries = SysfsDirectory.fixed(Map.of(
                "bus", SysfsDirectory.live(buses, Bus::directory, Bus::mayBeKept),
                "class", SysfsDirectory.live(classes, DeviceClass::directory, it -> false),
                "dev", SysfsDirectory.fixed(Map.of("block", SysfsDirectory.fixed(Map.of()), "char",
                        SysfsDirectory.live(deviceNumbers, path -> SysfsLink.between("/dev/char", path), it -> false))),
                "devices", new RootDevices(),
                "module", SysfsDirectory.live(modules, KernelModule::directory, KernelModule::isBuiltIn),
                "kernel", SysfsDirectory.live(kernelDirectory, it -> it, it -> true))); // nothing is removed there

        @Override
        public Collection<String> names() {
            return entries.names();
        }

        @Override
        public @Nullable SysfsNode child(String name) {
            return entries.child(name);
        }

        @Override
        public boolean mayBeKept(String name) {
            return true;
        }

        @Override
        public AutoCloseable beforeRemovals(Consumer<? super List<String>> listener) {
            removalListeners.add(listener);
            return () -> removalListeners.remove(listener);
        }
    }

    /** {@code /sys/devices}: the devices without parent, and those that belong to a class only. */
    private final class RootDevices implements SysfsDirectory {
        private static final String VIRTUAL = "virtual";
        private final SysfsDirectory virtual = SysfsDirectory.of(Kernel.this::virtualEntries);

        @Override
        public Collection<String> names() {
            List<String> names = new ArrayList<>(rootDevices.keySet());
            names.add(VIRTUAL);
            return names;
        }

        @Override
        public @Nullable SysfsNode child(String name) {
            Device device = rootDevices.get(name);
            return device != null ? device.directory() : name.equals(VIRTUAL) ? virtual : null;
        }

        @Override
        public boolean mayBeKept(String name) {
            Device device = rootDevices.get(name);
            return device != null ? device.mayBeKept() : name.equals(VIRTUAL);
        }
    }

    private Map<String, SysfsNode> virtualEntries() {
        Map<String, SysfsNode> entries = new TreeMap<>();
        for (ClassDevice any : virtualDevices.values()) {
            DeviceClass deviceClass = any.deviceClass();
            entries.putIfAbsent(deviceClass.name(), SysfsDirectory.of(() -> {
                Map<String, SysfsNode> devices = new TreeMap<>();
                for (ClassDevice device : virtualDevices.values()) {
                    if (device.deviceClass() == deviceClass) {
                        devices.put(device.name(), device.directory());
                    }
                }
                return devices;
            }));
        }
        return entries;
    }

    private Map<String, SysfsNode> devEntries(String prefix) {
        Map<String, SysfsNode> entries = new TreeMap<>();
        deviceNodes.forEach((path, node) -> {
            if (path.startsWith(prefix)) {
                String rest = path.substring(prefix.length());
                int slash = rest.indexOf('/');
                if (slash < 0) {
                    entries.put(rest, node);
                } else {
                    String name = rest.substring(0, slash);
                    entries.put(name, SysfsDirectory.of(() -> devEntries(prefix + name + '/')));
                }
            }
        });
        return entries;
    }
}
