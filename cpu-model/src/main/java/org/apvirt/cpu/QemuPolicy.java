// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

/**
 * What differs between versions of QEMU. A {@link QemuVersion} has a set of these; the first release that has a policy is
 * named where it is known. Texts and models were compared with running QEMUs 7.2, 10.0 and 11.1.
 */
public enum QemuPolicy {
    /**
     * Models from zEC12 on have ap, apqci and apft without being asked, as far as the host offers them: the specification's
     * only.
     */
    AP_ON_BY_DEFAULT,
    /** {@code vfio_ap} names the device {@code vfio-ap} too: the specification's only. */
    UNDERSCORE_NAME,
    /** The models gen17a and gen17b, and the features that came after 7.2. */
    GENERATION_17,
    /** The feature astfleie2, from 11.0. */
    ASTFLEIE2,
    /** A CPU has a place in the topology: socket-id, book-id, drawer-id, entitlement, dedicated. From 8.2. */
    CPU_TOPOLOGY,
    /** "Current configuration" in the refusals of a CPU model, and a hint after them. */
    CPU_HINTS,
    /** The refusal of a machine type names it. */
    MACHINE_TYPE_IN_MESSAGE,
    /** The machine has the properties aux-ram-share, shim and smp-cache. */
    RECENT_MACHINE_PROPERTIES,
    /** The machine has the property x-change-vmfd-on-reset, from 11.1. */
    CHANGES_VMFD_ON_RESET,
    /** The object memory-backend-shm. */
    MEMORY_BACKEND_SHM,
    /** The object iommufd, and the properties iommufd and fd of vfio-ap. From 9.0. */
    IOMMUFD,
    /** The object iommufd looks for /dev/iommu when it is made, not when a device uses it. From 11. */
    IOMMUFD_LOOKS_AT_ONCE,
    /** The messages of VFIO begin with the name of the device. */
    VFIO_NAMES_DEVICE,
    /** vfio-ap listens for the host wanting the mdev back. */
    REQUEST_IRQ,
    /** vfio-ap listens for changes of the guest's masks, and the guest is told. From 10.1. */
    CONFIG_CHANGE_IRQ,
    /** Errors of JSON name line and column. From 11. */
    JSON_ERRORS_NAME_PLACE,
    /** A machine with vfio-ap can be migrated: posted, in no release. */
    MIGRATES_VFIO_AP
}
