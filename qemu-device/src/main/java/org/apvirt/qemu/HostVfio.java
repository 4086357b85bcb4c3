// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;

import org.apvirt.cpu.QemuPolicy;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The VFIO devices of the host that one QEMU uses, each through its group or, with an iommufd, through its own node. */
final class HostVfio {
    private final HostAccess host;
    private final KvmFiles kvm;
    private final VfioGroups groups;
    private final VfioCdevs cdevs;

    /** @param vm null: there is none */
    HostVfio(HostAccess host, @Nullable KvmVm vm, long memoryBytes, QemuVersion version) {
        this.host = host;
        this.kvm = new KvmFiles(vm);
        this.groups = new VfioGroups(host, kvm, memoryBytes, version.has(QemuPolicy.VFIO_NAMES_DEVICE));
        this.cdevs = new VfioCdevs(host, kvm, memoryBytes);
    }

    HostAccess host() {
        return host;
    }

    /**
     * Opens a device.
     *
     * @param iommufd id of the iommufd to use, null: its group
     * @param name name of the device, which VFIO knows it by
     * @param sysfsdev its directory in sysfs
     * @return null if the host is only looked at
     */
    @Nullable
    AttachedDevice attach(@Nullable String iommufd, String name, String sysfsdev) throws QemuException {
        Path directory = host.path(sysfsdev);
        if (!host.looksOnly()) {
            return iommufd == null ? groups.attach(name, directory) : cdevs.attach(iommufd, name, sysfsdev);
        }
        if (iommufd == null) {
            groups.look(directory);
        } else {
            cdevs.look(sysfsdev);
        }
        return null;
    }

    /** Closes what is left when all devices are detached. */
    void close() {
        kvm.close();
    }
}
