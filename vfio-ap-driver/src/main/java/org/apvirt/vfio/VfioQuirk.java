// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.util.Set;

import org.apvirt.device.Quirk;

/** What VFIO does differently in different kernels, and the row of each. */
public enum VfioQuirk implements Quirk {
    /** VFIO_DEVICE_GET_REGION_INFO of a device without regions is EINVAL, not EOPNOTSUPP. */
    REGION_INFO_IS_EINVAL,
    /** The IOMMU backend type1 can be asked for in a nesting version. */
    TYPE1_NESTING,
    /** Devices have nodes of their own, {@code /dev/vfio/devices/vfioN}, and there is {@code /dev/iommu}: built with iommufd. */
    DEVICE_CDEV;

    /** The system of the 2018 specification. */
    public static final Set<VfioQuirk> SEED = Set.of(
            TYPE1_NESTING);
    /** Linux 6.1. */
    public static final Set<VfioQuirk> LINUX_6_1 = Set.of(
            TYPE1_NESTING);
    /** Linux 6.12. */
    public static final Set<VfioQuirk> LINUX_6_12 = Set.of(
            TYPE1_NESTING);
    /** Linux 7.2. */
    public static final Set<VfioQuirk> LINUX_7_2 = Set.of(
            REGION_INFO_IS_EINVAL);
    /** Linux 7.3. */
    public static final Set<VfioQuirk> LINUX_7_3 = Set.of(
            REGION_INFO_IS_EINVAL);
}
