// SPDX-License-Identifier: Apache-2.0
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
    SECURE_BINDING_EVENTS,
    /** The bus has {@code features}. */
    FEATURES,
    /** Queues have {@code ap_functions}. */
    QUEUE_FUNCTIONS,
    /** In a secure guest queues are bound and associated: {@code se_bind}, {@code se_associate}. */
    SECURE_BINDING,
    /** The depth of a queue is taken as TAPQ counts it: less one. */
    DEPTH_LESS_ONE,
    /** The depth of a queue has five bits, not four, so that a change of the fifth makes the card anew. */
    FIVE_BIT_DEPTH,
    /** A card that reports messages of up to three units is not believed: as if it reported none. */
    SMALL_MESSAGES_UNREPORTED,
    /** Each binding of a card or queue tells that all are bound, if they are, and does so before its own event. */
    BINDING_TELLS_COMPLETION,
    /** A new queue, or one that was unbound, is not reset before a driver of the host takes it. */
    DRIVER_STARTS_QUEUE,
    /** A queue that is configured again, or no more checkstopped, is not reset before something is polled. */
    COMES_BACK_AT_POLL,
    /** {@code poll_thread} takes any number, {@code poll_timeout} decimal ones from 1, and both what follows a number. */
    POLL_SETTINGS_ARE_SCANNED,
    /** A queue in error is chosen for requests like any other, and refuses them. */
    ERROR_IS_CHOSEN,
    /** Queues have {@code states} and {@code last_err_rc}: built with AP_DEBUG. */
    QUEUE_STATES,
    /** NQAP and DQAP have trace points, and those of zcrypt name card and domain in decimal and tell the PSMID. */
    TRACES_QUEUES,
    /** Only a fatal signal ends the wait for a scan that runs, not any signal. */
    SCAN_WAIT_IS_KILLABLE;

    /** The system of the 2018 specification. */
    public static final Set<ApQuirk> SEED = Set.of(
            OLD_CARDS,
            FEATURES,
            QUEUE_FUNCTIONS,
            SECURE_BINDING);
    /** Linux 6.1. */
    public static final Set<ApQuirk> LINUX_6_1 = Set.of(
            MASKS_RESERVE,
            OLD_CARDS,
            DEPTH_LESS_ONE,
            BINDING_TELLS_COMPLETION,
            DRIVER_STARTS_QUEUE,
            COMES_BACK_AT_POLL,
            POLL_SETTINGS_ARE_SCANNED,
            ERROR_IS_CHOSEN);
    /** Linux 6.12. */
    public static final Set<ApQuirk> LINUX_6_12 = Set.of(
            MASKS_RESERVE,
            FEATURES,
            QUEUE_FUNCTIONS,
            SECURE_BINDING);
    /** Linux 7.2. */
    public static final Set<ApQuirk> LINUX_7_2 = Set.of(
            MASKS_RESERVE,
            DRIVER_OVERRIDE,
            BINDINGS_COMPLETE_COUNT,
            PARAMETERS_FOR_ALL,
            MSGPOOL_MIN_ITEMS,
            MASK_GROWTH_CHECKS_ALL_IDS,
            UNBOUND_COUNTS_AS_DEFAULT,
            SECURE_BINDING_EVENTS,
            FEATURES,
            QUEUE_FUNCTIONS,
            SECURE_BINDING,
            TRACES_QUEUES);
    /** Linux 7.3. */
    public static final Set<ApQuirk> LINUX_7_3 = Set.of(
            MASKS_RESERVE,
            DRIVER_OVERRIDE,
            BINDINGS_COMPLETE_COUNT,
            PARAMETERS_FOR_ALL,
            MSGPOOL_MIN_ITEMS,
            MASK_GROWTH_CHECKS_ALL_IDS,
            UNBOUND_COUNTS_AS_DEFAULT,
            SECURE_BINDING_EVENTS,
            FEATURES,
            QUEUE_FUNCTIONS,
            SECURE_BINDING,
            FIVE_BIT_DEPTH,
            SMALL_MESSAGES_UNREPORTED,
            TRACES_QUEUES,
            SCAN_WAIT_IS_KILLABLE);
}
