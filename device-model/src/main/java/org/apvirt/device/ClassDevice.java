// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.Mutex;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A device that belongs to a class instead of a bus: {@code /sys/devices/virtual/CLASS/NAME}, or
 * {@code PARENT/CLASS/NAME} below a parent, with its link in {@code /sys/class/CLASS} and, if it has a number, its node
 * below {@code /dev} and its link in {@code /sys/dev/char}. Source: Linux {@code drivers/base/core.c}, {@code device_create}.
 */
public final class ClassDevice extends Device {
    private static final AttributeGroup<CharDevice> NUMBER = AttributeGroup
            .of(SysfsAttribute.ro("dev", it -> it.number() + '\n'));

    private final DeviceClass deviceClass;
    private final String name;
    private final String nodePath;
    private final @Nullable CharDevice node;
    private final EntryGroup below; // what the parent shows
    private final ReentrantLock lock = new Mutex();

    /**
     * A device; {@link #add} makes it visible.
     *
     * @param parent null: below {@code /sys/devices/virtual}
     * @param nodePath where the node lies below {@code /dev}, for example {@code vfio/0}; unused without a node
     * @param node the device node, null if there is none
     */
    @SuppressWarnings("nullness:method.invocation") // nobody looks below the parent before add()
    public ClassDevice(Kernel kernel, DeviceClass deviceClass, String name, @Nullable Device parent, String nodePath,
            @Nullable CharDevice node) {
        super(kernel, parent);
        this.deviceClass = deviceClass;
        this.name = name;
        this.nodePath = nodePath;
        this.node = node;
        this.below = EntryGroup.of(deviceClass.name(), SysfsDirectory.of(() -> Map.of(name, directory())));
    }

    @Override
    public String name() {
        return name;
    }

    /** Returns the class. */
    public DeviceClass deviceClass() {
        return deviceClass;
    }

    @Override
    public String devpath() {
        Device above = parent();
        return (above == null ? "/devices/virtual" : above.devpath()) + '/' + deviceClass.name() + '/' + name;
    }

    @Override
    public String subsystem() {
        return deviceClass.name();
    }

    @Override
    protected String subsystemPath() {
        return "/class/" + deviceClass.name();
    }

    @Override
    protected void addUeventVariables(String action, List<String> variables) {
        CharDevice own = node;
        if (own != null) {
            variables.add("MAJOR=" + own.major());
            variables.add("MINOR=" + own.minor());
            variables.add("DEVNAME=" + nodePath);
        }
    }

    @Override
    protected List<EntryGroup> groups() {
        List<EntryGroup> groups = new ArrayList<>();
        CharDevice own = node;
        if (own != null) {
            groups.add(NUMBER.on(own));
        }
        Device above = parent();
        if (above != null) {
            groups.add(EntryGroup.of("device", SysfsLink.between(devpath(), above.devpath())));
        }
        return groups;
    }

    @Override
    public ReentrantLock deviceLock() {
        return lock;
    }

    /** Returns the minor number of the node, -1 if there is none. */
    public int minor() {
        CharDevice own = node;
        return own == null ? -1 : own.minor();
    }

    /** Makes the device visible and sends the event. */
    public void add() {
        Device above = parent();
        if (above == null) {
            kernel().addVirtualDevice(this);
        } else {
            above.addGroup(below);
        }
        deviceClass.link(name, devpath());
        CharDevice own = node;
        if (own != null) {
            kernel().addDeviceNode(nodePath, own);
            kernel().addDeviceNumber(own, devpath());
        }
        uevent("add");
    }

    /** Takes the device away and sends the event. */
    public void remove() {
        CharDevice own = node;
        if (own != null) {
            kernel().removeDeviceNumber(own);
            kernel().removeDeviceNode(nodePath, own);
        }
        deviceClass.unlink(name);
        Device above = parent();
        if (above == null) {
            kernel().removeVirtualDevice(this);
        } else {
            above.removeGroup(below);
        }
        uevent("remove");
    }
}
