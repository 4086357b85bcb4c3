package org.apvirt.ap;

import java.util.Set;

import org.apvirt.device.Quirk;

/** What the AP bus does differently in different kernels, and the row of each. */
public enum ApQuirk implements Quirk {
    /** apmask and aqmask decide which driver may have a queue; otherwise binding by hand decides. */
    MASKS_RESERVE,
    /** Cards before CEX4 are kept and have drivers. */
    OLD_CARDS,
    /** Queues have {@code driver_override}. */
    DRIVER_OVERRIDE,
    /** The bus has {@code bindings_complete_count}. */
    BINDINGS_COMPLETE_COUNT,
    /** Everybody may read the parameters of module ap, not only root and its group. */
    PARAMETERS_FOR_ALL,
    /** Module ap has the parameter {@code msgpool_min_items}. */
    MSGPOOL_MIN_ITEMS,
    /** A growing mask is checked against all ids of the other dimension, not only the set ones. */
    MASK_GROWTH_CHECKS_ALL_IDS,
    /**
     * A mask change looks at a queue without driver as if a driver of the host had it, not as if another had it (a kernel
     * defect: there is no driver whose kind it could look at).
     */
    UNBOUND_COUNTS_AS_DEFAULT,
    /** Binding a queue to a secure guest and associating it are told in uevents. */
    SECURE_BINDING_EVENTS;

    /** The system of the 2018 specification. */
    public static final Set<ApQuirk> SEED = Set.of(
            OLD_CARDS);
    /** Linux 6.12. */
    public static final Set<ApQuirk> LINUX_6_12 = Set.of(
            MASKS_RESERVE);
    /** Linux 7.2. */
    public static final Set<ApQuirk> LINUX_7_2 = Set.of(
            MASKS_RESERVE,
            DRIVER_OVERRIDE,
            BINDINGS_COMPLETE_COUNT,
            PARAMETERS_FOR_ALL,
            MSGPOOL_MIN_ITEMS,
            MASK_GROWTH_CHECKS_ALL_IDS,
            UNBOUND_COUNTS_AS_DEFAULT,
            SECURE_BINDING_EVENTS);
}
