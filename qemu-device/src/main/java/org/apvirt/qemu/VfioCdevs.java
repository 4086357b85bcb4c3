// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.Iommufd;
import org.apvirt.vfio.VfioCdevFile;
import org.apvirt.vfio.VfioDeviceFile;

/**
 * The devices that one QEMU has open through their own nodes, {@code /dev/vfio/devices/vfioN}, each bound to the iommufd of an
 * {@code -object iommufd}. Such an object has {@code /dev/iommu} open as long as a device uses it, and one address space, in
 * which the guest's storage is mapped. Differs from QEMU: messages do not name descriptors, as there are none. Source: QEMU {@code hw/vfio/iommufd.c}, {@code backends/iommufd.c}. The machine's lock
 * guards it.
 */
final class VfioCdevs {
    private static final String IOMMU = "/dev/iommu";
    private static final String NODES = "/dev/vfio/devices/";

    private final HostAccess host;
    private final KvmFiles kvm;
    private final long memoryBytes;
    private final Map<String, Backend> backends = new HashMap<>(); // those in use, by id of the object

    private static final class Backend {
        final Iommufd file;
        int users;
        int addressSpace; // 0: none yet

        Backend(Iommufd file) {
            this.file = file;
        }
    }

    VfioCdevs(HostAccess host, KvmFiles kvm, long memoryBytes) {
        this.host = host;
        this.kvm = kvm;
        this.memoryBytes = memoryBytes;
    }

    private final class Attached implements AttachedDevice {
        private final VfioCdevFile cdev;
        private final VfioDeviceFile file;
        private final String object;

        private Attached(VfioCdevFile cdev, VfioDeviceFile file, String object) {
            this.cdev = cdev;
            this.file = file;
            this.object = object;
        }

        @Override
        public VfioDeviceFile file() {
            return file;
        }

        @Override
        public void detach() {
            kvm.remove(cdev);
            cdev.close();
            release(object);
        }
    }

    /**
     * Opens a device.
     *
     * @param object id of the iommufd
     * @param name name of the device, for messages
     * @param sysfsdev its directory in sysfs
     */
    AttachedDevice attach(String object, String name, String sysfsdev) throws QemuException {
        String node = node(sysfsdev);
        VfioCdevFile cdev = VfioGroups.cast(VfioCdevFile.class, open(node, sysfsdev), node);
        try {
            Backend backend = backend(object);
            try {
                VfioDeviceFile file = bind(cdev, backend);
                attach(cdev, backend, name);
                return new Attached(cdev, file, object);
            } catch (QemuException e) {
                release(object);
                throw e;
            }
        } catch (QemuException e) {
            cdev.close();
            throw e;
        }
    }

    /**
     * Checks that a device could be attached as far as that can be seen without opening anything. Whether it is taken shows at
     * its group, whose node nobody can open then; that a device's own node has it, for which the kernel says EINVAL, does not.
     */
    void look(String sysfsdev) throws QemuException {
        open(node(sysfsdev), sysfsdev);
        openIommu();
        try {
            Path group = Files.readSymbolicLink(host.path(sysfsdev).resolve("iommu_group"));
            host.open("/dev/vfio/" + String.valueOf(group.getFileName()));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EBUSY) {
                throw bindFailed(e);
            }
        } catch (IOException e) {
            return; // no group, which is not needed
        }
    }

    private static QemuException bindFailed(ErrnoException e) {
        return new QemuException("error bind device to iommufd: " + e.errno().text());
    }

    private String node(String sysfsdev) throws QemuException {
        String directory = sysfsdev + "/vfio-dev";
        try (Stream<Path> entries = Files.list(host.path(directory))) {
            String entry = entries.map(path -> String.valueOf(path.getFileName())).filter(it -> it.startsWith("vfio"))
                    .findFirst().orElse(null);
            if (entry == null) {
                throw refused(sysfsdev, "failed to find vfio-dev/vfioX/dev");
            }
            String number = directory + '/' + entry + "/dev";
            if (!numberIn(number, sysfsdev).strip().matches("[0-9]+:[0-9]+")) {
                throw refused(sysfsdev, "failed to get major:minor number in \"" + number + '"');
            }
            return NODES + entry;
        } catch (IOException e) {
            throw refused(sysfsdev, "couldn't open directory " + directory + ": " + FileErrors.text(e));
        }
    }

    private String numberIn(String file, String sysfsdev) throws QemuException {
        try {
            return Files.readString(host.path(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw refused(sysfsdev, "failed to load \"" + file + '"');
        }
    }

    private static QemuException refused(String sysfsdev, String why) {
        return new QemuException("vfio " + sysfsdev + "/vfio-dev: " + why);
    }

    private OpenFile open(String node, String sysfsdev) throws QemuException {
        try {
            return host.open(node);
        } catch (ErrnoException e) {
            throw refused(sysfsdev, "Failed to open " + node);
        }
    }

    private OpenFile openIommu() throws QemuException {
        try {
            return host.open(IOMMU);
        } catch (ErrnoException e) {
            throw new QemuException(IOMMU + " opening failed: " + e.errno().text());
        }
    }

    /** Returns the iommufd of an object, opened for its first user. */
    private Backend backend(String object) throws QemuException {
        Backend open = backends.get(object);
        if (open == null) {
            open = new Backend(VfioGroups.cast(Iommufd.class, openIommu(), IOMMU));
            backends.put(object, open);
        }
        open.users++;
        return open;
    }

    private void release(String object) {
        Backend backend = backends.get(object);
        if (backend != null && --backend.users == 0) {
            backends.remove(object);
            backend.file.close();
        }
    }

    private VfioDeviceFile bind(VfioCdevFile cdev, Backend backend) throws QemuException {
        try {
            kvm.add(cdev);
        } catch (ErrnoException e) {
            throw new QemuException("Failed to add the device to the KVM VFIO device: " + e.errno().text());
        }
        try {
            cdev.bind(backend.file);
            return cdev.device();
        } catch (ErrnoException e) {
            kvm.remove(cdev);
            throw bindFailed(e);
        }
    }

    /** Lets a device use the guest's storage, so that notification bytes can be pinned. */
    private void attach(VfioCdevFile cdev, Backend backend, String name) throws QemuException {
        String step = "error allocating ioas: ";
        try {
            if (backend.addressSpace == 0) {
                int number = backend.file.allocate();
                step = "failed to map the guest's storage: ";
                backend.file.map(number, 0, memoryBytes);
                backend.addressSpace = number;
            }
            step = "error attach " + name + " to id=" + backend.addressSpace + ": ";
            cdev.attach(backend.addressSpace);
        } catch (ErrnoException e) {
            kvm.remove(cdev);
            throw new QemuException(step + e.errno().text());
        }
    }
}
