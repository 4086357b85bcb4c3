// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * Response code: byte 1 of the AP queue status word.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_bus.h}, {@code AP_RESPONSE_*}.
 */
public enum ApResponseCode {
    /** Done. */
    NORMAL(0x00),
    /** The APQN is not installed, or the guest may not use it. */
    Q_NOT_AVAIL(0x01),
    /** A reset of the queue is running. */
    RESET_IN_PROGRESS(0x02),
    /** The adapter is deconfigured. */
    DECONFIGURED(0x03),
    /** The adapter is checkstopped. */
    CHECKSTOPPED(0x04),
    /** The queue is busy; try again. */
    BUSY(0x05),
    /** AQIC: the address of the notification byte is not valid. */
    INVALID_ADDRESS(0x06),
    /** AQIC: the requested state is already set, or another change is in progress. */
    OTHERWISE_CHANGED(0x07),
    /** AQIC: the GISA designation is not valid. */
    INVALID_GISA(0x08),
    /** The queue is bound to another Secure Execution guest. */
    Q_BOUND_TO_ANOTHER(0x09),
    /** The bind or associate state is changing. */
    STATE_CHANGE_IN_PROGRESS(0x0a),
    /** The queue is not bound. */
    Q_NOT_BOUND(0x0b),
    /** NQAP: the queue is full. DQAP answers the same code for {@link #NO_PENDING_REPLY}. */
    Q_FULL(0x10),
    /** The domain index is too big. */
    INDEX_TOO_BIG(0x11),
    /** A continuation without its first part. */
    NO_FIRST_PART(0x13),
    /** NQAP: the message is longer than the adapter takes. */
    MESSAGE_TOO_BIG(0x15),
    /** NQAP: a facility that the message needs is not installed. */
    REQ_FAC_NOT_INST(0x16),
    /** BAPQ failed. */
    Q_BIND_ERROR(0x30),
    /** AAPQ: the queue is not available for association. */
    Q_NOT_AVAIL_FOR_ASSOC(0x31),
    /** AAPQ: the queue is not empty. */
    Q_NOT_EMPTY(0x32),
    /** BAPQ: no more queues may be bound. */
    BIND_LIMIT_EXCEEDED(0x33),
    /** AAPQ: the secret is not valid. */
    INVALID_ASSOC_SECRET(0x34),
    /** Asynchronous, until reset: the secret is not unique. */
    ASSOC_SECRET_NOT_UNIQUE(0x35),
    /** Asynchronous, until reset: the association failed. */
    ASSOC_FAILED(0x36),
    /** The domain in the message is not valid. */
    INVALID_DOMAIN(0x42),
    /** A code this model does not know; the raw byte stays in the status word. */
    UNKNOWN(-1);

    /** DQAP: there is no reply. The same code as {@link #Q_FULL}. */
    public static final ApResponseCode NO_PENDING_REPLY = Q_FULL;

    private static final ApResponseCode[] BY_CODE = new ApResponseCode[256];

    static {
        java.util.Arrays.fill(BY_CODE, UNKNOWN);
        for (ApResponseCode rc : values()) {
            if (rc != UNKNOWN) {
                BY_CODE[rc.code] = rc;
            }
        }
    }

    private final int code;

    ApResponseCode(int code) {
        this.code = code;
    }

    /** Returns the byte, 0x00..0xff, or -1 for {@link #UNKNOWN}. */
    public int code() {
        return code;
    }

    /**
     * Returns the constant of a byte, {@link #UNKNOWN} if there is none.
     *
     * @param code 0x00..0xff
     */
    public static ApResponseCode of(int code) {
        return BY_CODE[code & 0xff];
    }
}
