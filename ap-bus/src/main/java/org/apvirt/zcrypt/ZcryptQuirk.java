// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.device.Quirk;

/** What the zcrypt drivers do differently in different kernels, and the row of each. */
public enum ZcryptQuirk implements Quirk {
    /** CCA identity stays readable while a queue or card is offline. */
    REMEMBERS_CCA_INFO,
    /** Requests whose lengths or tags are wrong are refused before anything is sent. */
    CHECKS_REQUESTS,
    /** A control block arrives with the domain of its queue, whatever domain it named. */
    NAMES_QUEUE_DOMAIN,
    /** Module zcrypt has the parameter {@code mempool_threshold}. */
    MEMPOOL_THRESHOLD,
    /** Module zcrypt has the parameter {@code hwrng_seed}. */
    HWRNG_SEED,
    /** {@code online} of a card or queue that is checkstopped shows what was written, not 0. */
    CHECKSTOP_LEAVES_ONLINE,
    /**
     * For a request that no queue can do the bus is scanned only if a card has said before that it failed; the request is then
     * tried again whatever the scan found.
     */
    SCANS_AFTER_FAILURES_ONLY,
    /**
     * Which queue failed with a CPRB is not remembered (a kernel defect): the next try prefers no other, and the trace point
     * names card 0 and domain 0.
     */
    FORGETS_QUEUE_OF_CPRB,
    /**
     * An RSA result of a CCA card that is shorter than the modulus gets a padding of PKCS #1 in front, or is EINVAL if fewer than
     * 10 bytes are missing, as one that is longer; else it is at the left of its room, and one that is longer is EMSGSIZE.
     */
    PADS_SHORT_RSA_RESULTS,
    /** CEX2C and CEX3C have the module zcrypt_pcixcc, not zcrypt_cex2c, and its drivers. */
    PCIXCC_DRIVERS;

    /** The system of the 2018 specification. */
    public static final Set<ZcryptQuirk> SEED = Set.of(
            PCIXCC_DRIVERS,
            PADS_SHORT_RSA_RESULTS,
            REMEMBERS_CCA_INFO);
    /** Linux 6.1. */
    public static final Set<ZcryptQuirk> LINUX_6_1 = Set.of(
            HWRNG_SEED,
            CHECKSTOP_LEAVES_ONLINE,
            SCANS_AFTER_FAILURES_ONLY,
            PADS_SHORT_RSA_RESULTS,
            REMEMBERS_CCA_INFO);
    /** Linux 6.12. */
    public static final Set<ZcryptQuirk> LINUX_6_12 = Set.of(
            REMEMBERS_CCA_INFO);
    /** Linux 7.2. */
    public static final Set<ZcryptQuirk> LINUX_7_2 = Set.of(
            CHECKS_REQUESTS,
            NAMES_QUEUE_DOMAIN,
            FORGETS_QUEUE_OF_CPRB,
            MEMPOOL_THRESHOLD);
    /** Linux 7.3. */
    public static final Set<ZcryptQuirk> LINUX_7_3 = Set.of(
            CHECKS_REQUESTS,
            NAMES_QUEUE_DOMAIN,
            FORGETS_QUEUE_OF_CPRB,
            MEMPOOL_THRESHOLD);
}
