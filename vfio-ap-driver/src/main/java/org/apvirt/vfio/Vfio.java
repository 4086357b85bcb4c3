// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

import org.apvirt.device.CharDevice;
import org.apvirt.device.Device;
import org.apvirt.device.DeviceClass;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;

/**
 * The VFIO of one kernel, built in: {@code /dev/vfio/vfio}, {@code /sys/class/vfio}, {@code /sys/class/vfio-dev},
 * {@code /sys/kernel/iommu_groups}, and the groups there are.
 */
public final class Vfio {
    private static final int CONTAINER_MINOR = 196;
    private static final int IOMMU_MINOR = 125; // dynamically allocated in the kernel

    private final Kernel kernel;
    private final DeviceClass groupClass = new DeviceClass("vfio");
    private final DeviceClass deviceClass = new DeviceClass("vfio-dev");
    private final Map<Integer, VfioGroup> groups = new ConcurrentSkipListMap<>();
    private final IdAllocator groupNumbers = new IdAllocator();
    private final IdAllocator minors = new IdAllocator();
    private final IdAllocator deviceNumbers = new IdAllocator();

    private Vfio(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Returns the VFIO of a kernel; the first call starts it. */
    public static Vfio of(Kernel kernel) {
        return kernel.subsystem(Vfio.class, Vfio::start);
    }

    private static Vfio start(Kernel kernel) {
        Vfio vfio = new Vfio(kernel);
        kernel.addClass(vfio.groupClass);
        kernel.addClass(vfio.deviceClass);
        kernel.addKernelEntry("iommu_groups", SysfsDirectory.of(vfio::iommuGroups));
        kernel.addDeviceNode("vfio/vfio",
                CharDevice.misc(0666, CONTAINER_MINOR, () -> new VfioContainer(kernel)));
        if (kernel.has(VfioQuirk.DEVICE_CDEV)) {
            kernel.addDeviceNode("iommu", CharDevice.misc(0660, IOMMU_MINOR, Iommufd::new));
        }
        return vfio;
    }

    /** Returns the kernel. */
    public Kernel kernel() {
        return kernel;
    }

    DeviceClass groupClass() {
        return groupClass;
    }

    DeviceClass deviceClass() {
        return deviceClass;
    }

    IdAllocator minors() {
        return minors;
    }

    IdAllocator deviceNumbers() {
        return deviceNumbers;
    }

    /** Makes the group of one device and announces it. */
    VfioGroup newGroup(Device device) {
        VfioGroup group = new VfioGroup(this, groupNumbers.take(), minors.take(), device);
        groups.put(group.number(), group);
        return group;
    }

    /** The last device left the group: its number is free. */
    void dropGroup(VfioGroup group) {
        groups.remove(group.number(), group);
        groupNumbers.give(group.number());
    }

    private Map<String, SysfsNode> iommuGroups() {
        Map<String, SysfsNode> entries = new TreeMap<>();
        groups.forEach((number, group) -> entries.put(number.toString(), SysfsDirectory.of(() -> iommuGroup(group))));
        return entries;
    }

    private static Map<String, SysfsNode> iommuGroup(VfioGroup group) {
        Device device = group.device();
        String devices = "/kernel/iommu_groups/" + group.number() + "/devices";
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("devices", SysfsDirectory.of(
                () -> Map.of(device.name(), SysfsLink.between(devices, device.devpath()))));
        entries.put("name", SysfsAttribute.<VfioGroup>ro("name", it -> "vfio-noiommu\n").on(group));
        entries.put("reserved_regions", SysfsAttribute.<VfioGroup>ro("reserved_regions", it -> "").on(group));
        entries.put("type", new SysfsAttribute<VfioGroup>("type", 0644, it -> "unknown\n", VfioGroup::refuseType)
                .on(group));
        return entries;
    }
}
