// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

import org.checkerframework.checker.nullness.qual.Nullable;

/** A class: {@code /sys/class/NAME}, links to its devices and attributes of its own. */
public final class DeviceClass {
    private final String name;
    private final List<EntryGroup> groups = new CopyOnWriteArrayList<>();
    private final Map<String, String> devices = new ConcurrentSkipListMap<>();

    /** A class; {@link Kernel#addClass} makes it visible. */
    public DeviceClass(String name) {
        this.name = name;
    }

    /** Returns the name. */
    public String name() {
        return name;
    }

    /** Adds the attributes of the class. */
    public void addGroup(EntryGroup group) {
        groups.add(group);
    }

    /** Adds the link to a device. */
    public void link(String device, String devpath) {
        devices.put(device, devpath);
    }

    /** Removes the link to a device. */
    public void unlink(String device) {
        devices.remove(device);
    }

    SysfsDirectory directory() {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                List<String> names = new ArrayList<>(devices.keySet());
                groups.forEach(group -> names.addAll(group.names()));
                return names;
            }

            @Override
            public @Nullable SysfsNode child(String entryName) {
                String path = devices.get(entryName);
                return path == null
                        ? EntryGroup.find(groups, entryName)
                        : SysfsLink.between("/class/" + name, path);
            }
        };
    }
}
