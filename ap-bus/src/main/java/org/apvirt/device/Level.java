package org.apvirt.device;

/**
 * Which kernel is played. A constant is one row of policies; code asks for a policy and never for a constant, and
 * levels have no order.
 *
 * <p>{@code seed} is the 2018 specification: Linux 6.12 but for the rows in which it differs from {@code linux-6.12}.
 */
public enum Level {
    /** The system of the 2018 specification. */
    SEED("seed", new Policies(false, false, true, false, true, false, "vfio_mdev", KernelRelease.V6_12)),
    /** Linux 6.12. */
    LINUX_6_12("linux-6.12", new Policies(true, false, false, true, false, true, "vfio_ap_mdev", KernelRelease.V6_12)),
    /** Linux 7.2. */
    LINUX_7_2("linux-7.2", new Policies(true, true, false, true, false, true, "vfio_ap_mdev", KernelRelease.V7_2));

    /**
     * The recorded differences between two kernel releases, one named policy each.
     *
     * @param bindingsCompleteCount the bus has the attribute {@code bindings_complete_count}
     * @param parametersMode permission bits of the parameters of module ap
     * @param messagePools modules ap and zcrypt have parameters for their pools of messages
     * @param z90cryptMinor minor number that {@code /dev/z90crypt} happens to get
     * @param maskGrowthChecksAllIds a growing mask is checked against all ids of the other dimension, not only the set ones
     * @param maskNumbersWrap an id of 2^64 and more in a relative mask wraps instead of being refused
     * @param unboundCountsAsDefault a mask change looks at a queue without driver as if a driver of the host had it, not
     *     as if another had it (a kernel defect: there is no driver whose kind it could look at)
     * @param remembersCcaInfo CCA identity stays readable while a queue or card is offline
     * @param configChangeIrq the VFIO device has a second interrupt, raised when the guest's matrix changes
     * @param zapqGoneIsQuiet ZAPQ with response 01 frees resources without a kernel warning
     * @param requestClearsMasks a device request takes the matrix from the guest at once
     * @param removalLeavesAssignedControlDomains a host that loses control domains takes only those not assigned (a
     *     kernel defect)
     * @param noRegionInfo errno of VFIO_DEVICE_GET_REGION_INFO
     * @param tellsOfSecureBinding binding a queue to a secure guest and associating it are told in uevents
     * @param debugfsNamesParent the log line of a debug directory that exists speaks of its parent
     */
    public record KernelRelease(boolean bindingsCompleteCount, int parametersMode, boolean messagePools,
            int z90cryptMinor, boolean maskGrowthChecksAllIds, boolean maskNumbersWrap, boolean unboundCountsAsDefault,
            boolean remembersCcaInfo, boolean configChangeIrq, boolean zapqGoneIsQuiet, boolean requestClearsMasks,
            boolean removalLeavesAssignedControlDomains, Errno noRegionInfo, boolean tellsOfSecureBinding,
            boolean debugfsNamesParent) {
        static final KernelRelease V6_12 = new KernelRelease(false, 0440, false, 257, false, true, false, true, false,
                false, false, true, Errno.EOPNOTSUPP, false, true);
        static final KernelRelease V7_2 = new KernelRelease(true, 0444, true, 258, true, false, true, false, true, true,
                true, false, Errno.EINVAL, true, false);
    }

    /**
     * One row.
     *
     * @param masksReserve apmask and aqmask decide which driver may have a queue; otherwise binding by hand decides
     * @param driverOverride queues have {@code driver_override}
     * @param usageDomainsAreControlDomains a guest may control its usage domains without their being assigned
     * @param appliesToRunningGuest a change of an mdev reaches a running guest at once, not at its next start
     * @param oldCardDrivers drivers for CEX2 and CEX3 exist
     * @param keepsKernelDefects what the kernel does wrong is done too where a guest could come to see more than it owns;
     *     otherwise it is done right
     * @param mdevDriver name of the driver of mediated devices
     * @param release the differences between kernel releases
     */
    public record Policies(boolean masksReserve, boolean driverOverride, boolean usageDomainsAreControlDomains,
            boolean appliesToRunningGuest, boolean oldCardDrivers,
            boolean keepsKernelDefects, String mdevDriver, KernelRelease release) {}

    private final String text;
    private final Policies policies;

    Level(String text, Policies policies) {
        this.text = text;
        this.policies = policies;
    }

    /** Returns the row. */
    public Policies policies() {
        return policies;
    }

    /**
     * Returns the level of a name, for example {@code linux-6.12}.
     *
     * @throws IllegalArgumentException if there is none, with the names there are
     */
    public static Level parse(String name) {
        for (Level level : values()) {
            if (level.text.equals(name)) {
                return level;
            }
        }
        throw new IllegalArgumentException("unknown level '" + name + "' (use seed, linux-6.12 or linux-7.2)");
    }

    @Override
    public String toString() {
        return text;
    }
}
