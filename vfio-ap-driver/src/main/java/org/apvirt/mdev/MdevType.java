// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.SysfsText;

/**
 * A type of mediated device: {@code PARENT/mdev_supported_types/DRIVER-TYPE}.
 * Source: Linux {@code drivers/vfio/mdev/mdev_sysfs.c}.
 */
public final class MdevType {

    private final MdevParent parent;
    private final String name;
    private final String prettyName;

    MdevType(MdevParent parent, String name, String prettyName) {
        this.parent = parent;
        this.name = name;
        this.prettyName = prettyName;
    }

    /** Returns the parent. */
    public MdevParent parent() {
        return parent;
    }

    /** Returns the directory's name, for example {@code vfio_ap-passthrough}. */
    public String name() {
        return name;
    }

    /** Returns the path below {@code /sys}. */
    public String devpath() {
        return parent.device().devpath() + "/mdev_supported_types/" + name;
    }

    /**
     * A write to {@code create}: makes a device.
     *
     * @param text a UUID, with at most one character of any kind after it
     * @throws ErrnoException EINVAL: no UUID. EEXIST: a device has it. EUSERS: no instance is left. ENODEV: the parent
     *     is going
     */
    void create(String text) throws ErrnoException {
        if (text.length() > SysfsText.UUID_LENGTH + 1 || !SysfsText.startsWithUuid(text)) {
            throw new ErrnoException(Errno.EINVAL, "not a UUID: '" + SysfsText.printable(text) + "'");
        }
        parent.create(this, text.substring(0, SysfsText.UUID_LENGTH).toLowerCase(Locale.ROOT));
    }

    SysfsDirectory directory() {
        return SysfsDirectory.of(this::entries);
    }

    private Map<String, SysfsNode> entries() {
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("available_instances", SysfsAttribute.<MdevParent>ro("available_instances",
                it -> it.availableInstances() + "\n").on(parent));
        entries.put("create", SysfsAttribute.<MdevType>wo("create", MdevType::create).on(this));
        entries.put("device_api", SysfsAttribute.<MdevParent>ro("device_api",
                it -> it.driver().deviceApi() + '\n').on(parent));
        entries.put("devices", SysfsDirectory.of(this::deviceLinks));
        entries.put("name", SysfsAttribute.<MdevType>ro("name", it -> it.prettyName + '\n').on(this));
        return entries;
    }

    private Map<String, SysfsNode> deviceLinks() {
        Map<String, SysfsNode> links = new TreeMap<>();
        for (MdevDevice device : parent.active()) {
            links.put(device.name(), SysfsLink.between(devpath() + "/devices", device.devpath()));
        }
        return links;
    }
}
