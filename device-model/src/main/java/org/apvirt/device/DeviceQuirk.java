// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Set;

/** What the kernel's own library and device model do differently in different kernels, and the row of each. */
public enum DeviceQuirk implements Quirk {
    /** A number of 2^64 and more that sscanf or simple_strtoul reads wraps instead of being 2^64-1. */
    NUMBERS_WRAP,
    /** Yes and no may also begin with e (enable) and d (disable). */
    BOOLEAN_TAKES_ENABLE,
    /** The log line of a debug directory that exists speaks of its parent. */
    DEBUGFS_NAMES_PARENT,
    /** {@code /sys/firmware/uv} knows no secrets. */
    ULTRAVISOR_WITHOUT_SECRETS,
    /** {@code /sys/firmware/uv} says how many secrets there can be of each kind. */
    ULTRAVISOR_SECRETS_BY_KIND;

    /** The system of the 2018 specification. */
    public static final Set<DeviceQuirk> SEED = Set.of(
            NUMBERS_WRAP,
            DEBUGFS_NAMES_PARENT);
    /** Linux 6.1. */
    public static final Set<DeviceQuirk> LINUX_6_1 = Set.of(
            NUMBERS_WRAP,
            DEBUGFS_NAMES_PARENT,
            ULTRAVISOR_WITHOUT_SECRETS);
    /** Linux 6.12. */
    public static final Set<DeviceQuirk> LINUX_6_12 = Set.of(
            NUMBERS_WRAP,
            DEBUGFS_NAMES_PARENT);
    /** Linux 7.2. */
    public static final Set<DeviceQuirk> LINUX_7_2 = Set.of(
            BOOLEAN_TAKES_ENABLE,
            ULTRAVISOR_SECRETS_BY_KIND);
    /** Linux 7.3. */
    public static final Set<DeviceQuirk> LINUX_7_3 = Set.of(
            BOOLEAN_TAKES_ENABLE,
            ULTRAVISOR_SECRETS_BY_KIND);
}
