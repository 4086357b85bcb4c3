package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.device.Quirk;

/** What the zcrypt drivers do differently in different kernels, and the row of each. */
public enum ZcryptQuirk implements Quirk {
    /** CCA identity stays readable while a queue or card is offline. */
    REMEMBERS_CCA_INFO,
    /** Module zcrypt has the parameter {@code mempool_threshold}. */
    MEMPOOL_THRESHOLD;

    /** The system of the 2018 specification. */
    public static final Set<ZcryptQuirk> SEED = Set.of(
            REMEMBERS_CCA_INFO);
    /** Linux 6.12. */
    public static final Set<ZcryptQuirk> LINUX_6_12 = Set.of(
            REMEMBERS_CCA_INFO);
    /** Linux 7.2. */
    public static final Set<ZcryptQuirk> LINUX_7_2 = Set.of(
            MEMPOOL_THRESHOLD);
}
