// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import org.checkerframework.checker.nullness.qual.Nullable;

/** {@code /sys} of one kernel: all that is registered, by name. Source: Linux {@code fs/sysfs/mount.c}. */
final class SysTree implements SysfsDirectory {
    private static final String FIRMWARE = "firmware";

    final Map<String, Bus<?>> buses = new ConcurrentSkipListMap<>();
    final Map<String, Device> rootDevices = new ConcurrentSkipListMap<>();
    final Map<String, ClassDevice> virtualDevices = new ConcurrentSkipListMap<>(); // by CLASS/NAME
    final Map<String, DeviceClass> classes = new ConcurrentSkipListMap<>();
    final Map<String, KernelModule> modules = new ConcurrentSkipListMap<>();
    final Map<String, SysfsNode> kernelDirectory = new ConcurrentSkipListMap<>();
    final Map<String, SysfsNode> firmware = new ConcurrentSkipListMap<>(); // the directory is there if it has entries
    final Map<String, String> deviceNumbers = new ConcurrentSkipListMap<>(); // MAJOR:MINOR to devpath

    private final List<Consumer<? super List<String>>> removalListeners = new CopyOnWriteArrayList<>();
    private final SysfsDirectory firmwareDirectory = SysfsDirectory.live(firmware, it -> it, it -> true);
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
        if (firmware.isEmpty()) {
            return entries.names();
        }
        List<String> names = new ArrayList<>(entries.names());
        names.add(FIRMWARE);
        return names;
    }

    @Override
    public @Nullable SysfsNode child(String name) {
        return name.equals(FIRMWARE) && !firmware.isEmpty() ? firmwareDirectory : entries.child(name);
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

    /** Tells who keeps names of the tree that a directory is about to go. */
    void tellRemoval(String devpath) {
        if (!removalListeners.isEmpty()) {
            List<String> names = List.of(devpath.substring(1).split("/"));
            removalListeners.forEach(listener -> listener.accept(names));
        }
    }

    /** {@code /sys/devices}: the devices without parent, and those that belong to a class only. */
    private final class RootDevices implements SysfsDirectory {
        private static final String VIRTUAL = "virtual";
        private final SysfsDirectory virtual = SysfsDirectory.of(SysTree.this::virtualEntries);

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
}
