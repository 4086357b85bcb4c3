// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.Set;

import org.apvirt.device.Quirk;

/** What vfio_ap does differently in different kernels, and the row of each. */
public enum VfioApQuirk implements Quirk {
    /** The driver of mediated devices is called {@code vfio_mdev}, not {@code vfio_ap_mdev}. */
    DRIVER_IS_VFIO_MDEV,
    /** A guest may control its usage domains without their being assigned. */
    USAGE_DOMAINS_ARE_CONTROL_DOMAINS,
    /** A change of an mdev is refused with EBUSY, before all other checks, while a guest has it. */
    REFUSES_CHANGES_WHILE_RUNNING,
    /** A change of an mdev reaches a running guest at its next start, not at once. */
    WAITS_FOR_NEXT_START,
    /**
     * What the kernel does wrong is done too where a guest could come to see more than it owns; otherwise it is done
     * right.
     */
    KEEPS_KERNEL_DEFECTS,
    /**
     * Of a guest from which a host change takes adapters, domains or control domains, the CRYCB is updated only if some of
     * that kind are left (a kernel defect): who loses the last ones keeps them in the CRYCB until the next update.
     */
    REMOVAL_OF_THE_LAST_GOES_UNSEEN,
    /** A host that loses control domains takes only those not assigned (a kernel defect). */
    REMOVAL_LEAVES_ASSIGNED_CONTROL_DOMAINS,
    /** The VFIO device has a second interrupt, raised when the guest's matrix changes. */
    CONFIG_CHANGE_IRQ,
    /** A device request takes the matrix from the guest at once. */
    REQUEST_CLEARS_MASKS,
    /** An mdev has {@code ap_config}, the matrix device {@code features}. */
    AP_CONFIG,
    /** The VFIO device has an interrupt by which the host asks for it back. */
    REQUEST_IRQ,
    /**
     * Queues are reset one after the other: a queue is asked twice whether the reset took effect, one that is being reset
     * already twice altogether, and what comes then is taken as it is.
     */
    RESETS_ONE_BY_ONE,
    /** A queue that leaves the driver is reset alone, always, and what a guest loses by filtering is not reset. */
    RESETS_LEAVING_QUEUE_ONLY,
    /** ZAPQ with response 01 frees resources without a kernel warning. */
    ZAPQ_GONE_IS_QUIET,
    /** A guest can be migrated live, with its queues: posted, not merged. */
    MIGRATES;

    /** The system of the 2018 specification. */
    public static final Set<VfioApQuirk> SEED = Set.of(
            AP_CONFIG,
            REQUEST_IRQ,
            DRIVER_IS_VFIO_MDEV,
            USAGE_DOMAINS_ARE_CONTROL_DOMAINS,
            WAITS_FOR_NEXT_START);
    /** Linux 6.1. */
    public static final Set<VfioApQuirk> LINUX_6_1 = Set.of(
            REMOVAL_OF_THE_LAST_GOES_UNSEEN,
            RESETS_ONE_BY_ONE,
            RESETS_LEAVING_QUEUE_ONLY,
            KEEPS_KERNEL_DEFECTS,
            REMOVAL_LEAVES_ASSIGNED_CONTROL_DOMAINS);
    /** Linux 6.12. */
    public static final Set<VfioApQuirk> LINUX_6_12 = Set.of(
            AP_CONFIG,
            REQUEST_IRQ,
            KEEPS_KERNEL_DEFECTS,
            REMOVAL_OF_THE_LAST_GOES_UNSEEN,
            REMOVAL_LEAVES_ASSIGNED_CONTROL_DOMAINS);
    /** Linux 7.2. */
    public static final Set<VfioApQuirk> LINUX_7_2 = Set.of(
            AP_CONFIG,
            REQUEST_IRQ,
            KEEPS_KERNEL_DEFECTS,
            CONFIG_CHANGE_IRQ,
            REQUEST_CLEARS_MASKS,
            ZAPQ_GONE_IS_QUIET);
    /** Linux 7.3. */
    public static final Set<VfioApQuirk> LINUX_7_3 = Set.of(
            AP_CONFIG,
            REQUEST_IRQ,
            KEEPS_KERNEL_DEFECTS,
            CONFIG_CHANGE_IRQ,
            REQUEST_CLEARS_MASKS,
            ZAPQ_GONE_IS_QUIET);
    /** Linux 7.3 with what was posted for it and is not merged. */
    public static final Set<VfioApQuirk> NEXT = Set.of(
            AP_CONFIG,
            REQUEST_IRQ,
            KEEPS_KERNEL_DEFECTS,
            CONFIG_CHANGE_IRQ,
            REQUEST_CLEARS_MASKS,
            ZAPQ_GONE_IS_QUIET,
            MIGRATES);
}
