// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioDeviceFile;
import org.apvirt.vfio.VfioGroupFile;

/**
 * The VFIO groups that one QEMU has open, with the container they need: the legacy backend.
 * Source: QEMU {@code hw/vfio/container-legacy.c}. The machine's lock guards it.
 */
final class VfioGroups {
    private static final int VIABLE = 1;

    private final HostAccess host;
    private final KvmFiles kvm;
    private final long memoryBytes;
    private final boolean namesDevice;
    private final Map<Integer, Group> groups = new HashMap<>();

    private record Group(int number, VfioGroupFile file, VfioContainer container, Set<String> devices) {}

    VfioGroups(HostAccess host, KvmFiles kvm, long memoryBytes, boolean namesDevice) {
        this.host = host;
        this.kvm = kvm;
        this.memoryBytes = memoryBytes;
        this.namesDevice = namesDevice;
    }

    /** A device that was opened through its group. */
    private final class Attached implements AttachedDevice {
        private final VfioDeviceFile file;
        private final Group group;
        private final String name;

        private Attached(VfioDeviceFile file, Group group, String name) {
            this.file = file;
            this.group = group;
            this.name = name;
        }

        @Override
        public VfioDeviceFile file() {
            return file;
        }

        /** Closes the device, and the group with its last device. */
        @Override
        public void detach() {
            file.close();
            group.devices.remove(name);
            releaseIfUnused(group);
        }
    }

    /**
     * Opens a device.
     *
     * @param name name of the device, which VFIO knows it by
     * @param sysfsdev its directory in sysfs
     */
    AttachedDevice attach(String name, Path sysfsdev) throws QemuException {
        Group group = group(groupNumber(sysfsdev));
        try {
            if (group.devices.contains(name)) {
                throw new QemuException("device is already attached");
            }
            VfioDeviceFile file = device(group, name);
            group.devices.add(name);
            return new Attached(file, group, name);
        } finally {
            releaseIfUnused(group);
        }
    }

    /** Checks that a device could be attached as far as that can be seen without opening anything. */
    void look(Path sysfsdev) throws QemuException {
        String node = "/dev/vfio/" + groupNumber(sysfsdev);
        try {
            host.open(node);
        } catch (ErrnoException e) {
            throw cannotOpen(node, e);
        }
    }

    private int groupNumber(Path sysfsdev) throws QemuException {
        Path link = sysfsdev.resolve("iommu_group");
        try {
            String target = String.valueOf(Files.readSymbolicLink(link).getFileName());
            if (!target.matches("[0-9]{1,9}")) {
                throw new QemuException(namesDevice ? "failed to read " + link : "vfio: failed to read " + link);
            }
            return Integer.parseInt(target);
        } catch (IOException e) {
            throw noGroup(sysfsdev, FileErrors.text(e), namesDevice);
        }
    }

    /**
     * Returns the refusal of a directory that is no mediated device.
     *
     * @param namesDevice whether the name of the device is put before it
     */
    static QemuException noGroup(Path sysfsdev, String reason, boolean namesDevice) {
        return new QemuException(namesDevice
                ? "no iommu_group found: " + reason
                : "vfio-ap: no iommu_group found for " + sysfsdev + ": Failed to read the symbolic link \u201c"
                        + sysfsdev.resolve("iommu_group") + "\u201d: " + reason);
    }

    private Group group(int number) throws QemuException {
        Group open = groups.get(number);
        if (open != null) {
            return open;
        }
        String node = "/dev/vfio/" + number;
        VfioGroupFile file;
        try {
            file = cast(VfioGroupFile.class, host.open(node), node);
        } catch (ErrnoException e) {
            throw cannotOpen(node, e);
        }
        try {
            requireViable(file, number);
            VfioContainer container = container(file, number);
            Group group = new Group(number, file, container, new HashSet<>());
            groups.put(number, group);
            return group;
        } catch (QemuException e) {
            file.close();
            throw e;
        }
    }

    private static void requireViable(VfioGroupFile file, int number) throws QemuException {
        int status;
        try {
            status = file.status();
        } catch (ErrnoException e) {
            throw new QemuException("failed to get group " + number + " status: " + e.errno().text());
        }
        if ((status & VIABLE) == 0) {
            throw new QemuException("group " + number + " is not viable",
                    "Please ensure all devices within the iommu_group are bound to their vfio bus driver.");
        }
    }

    private VfioContainer container(VfioGroupFile file, int number) throws QemuException {
        String step = "failed to setup container for group " + number + ": ";
        VfioContainer container;
        try {
            container = cast(VfioContainer.class, host.open("/dev/vfio/vfio"), "/dev/vfio/vfio");
        } catch (ErrnoException e) {
            throw cannotOpen("/dev/vfio/vfio", e).prepend(step);
        }
        String failure = "failed to set group container";
        try {
            file.setContainer(container);
            failure = "failed to set iommu for container";
            container.setIommu(VfioContainer.TYPE1V2);
            failure = "failed to map the guest's storage"; // so that notification bytes can be pinned
            container.mapDma(0, memoryBytes);
            failure = "failed to add the group to the KVM VFIO device";
            kvm.add(file);
            return container;
        } catch (ErrnoException e) {
            container.close();
            throw new QemuException(step + failure + ": " + e.errno().text());
        }
    }

    private QemuException cannotOpen(String node, ErrnoException e) {
        String before = namesDevice ? "Could not open '" + node + "': " : "failed to open " + node + ": ";
        return new QemuException(before + e.errno().text());
    }

    @SuppressWarnings("signedness:return") // an object has no sign
    static <T> T cast(Class<T> type, OpenFile file, String node) {
        if (type.isInstance(file)) {
            return type.cast(file);
        }
        throw new IllegalStateException(node + " opened as " + file.getClass().getSimpleName() + ", not as "
                + type.getSimpleName());
    }

    private static VfioDeviceFile device(Group group, String name) throws QemuException {
        try {
            return group.file.device(name);
        } catch (ErrnoException e) {
            throw new QemuException("error getting device from group " + group.number + ": " + e.errno().text(),
                    "Verify all devices in group " + group.number
                            + " are bound to vfio-<bus> or pci-stub and not already in use");
        }
    }

    private void releaseIfUnused(Group group) {
        if (!group.devices.isEmpty() || groups.remove(group.number) == null) {
            return;
        }
        kvm.remove(group.file);
        group.file.close();
        group.container.close();
    }
}
