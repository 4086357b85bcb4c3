// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A class: {@code /sys/class/NAME}, links to its devices and attributes of its own. */
public final class DeviceClass {
    private final String name;
    private final Map<String, SysfsFile> attributes = new ConcurrentSkipListMap<>();
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
    public <T> void addAttributes(T object, List<SysfsAttribute<T>> list) {
        for (SysfsAttribute<T> attribute : list) {
            attributes.put(attribute.name(), attribute.on(object));
        }
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
        return SysfsDirectory.of(() -> {
            Map<String, SysfsNode> entries = new TreeMap<>(attributes);
            devices.forEach((device, path) -> entries.put(device, SysfsLink.between("/class/" + name, path)));
            return entries;
        });
    }
}
