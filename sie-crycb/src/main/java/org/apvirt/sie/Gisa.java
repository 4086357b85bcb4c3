// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Objects;

/**
 * A view of a guest interruption state area: the adapter interruptions that are pending for a guest, by subclass. It
 * copies nothing.
 * <pre>
 *  offset  length  field
 *   0x00      4    address of the next GISA on the alert list; its own address: not on the list
 *   0x04      1    IPM: pending subclasses, subclass 0 leftmost
 *   0x05      1    SIMM: subclasses in single mode, format 1
 *   0x06      1    NIMM: subclasses in no-interruption mode, format 1
 *   0x07      1    IAM: subclasses that alert the host, subclass 0 leftmost
 *   0x08      8    AISM, format 1
 *   0x10      1    flags: bit 6 G, bit 7 C, format 1
 *   0x1c      4    count of adapter interruptions, format 1
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code struct kvm_s390_gisa}.
 */
public final class Gisa extends ControlBlock {
    /** Length in bytes. */
    public static final int LENGTH = 0x20;
    /** Highest interruption subclass. */
    public static final int MAX_ISC = 7;
    /** Offset of the alert list link. */
    public static final int NEXT_ALERT_OFFSET = 0x00;
    /** Offset of the pending mask. */
    public static final int IPM_OFFSET = 0x04;
    /** Offset of the alert mask. */
    public static final int IAM_OFFSET = 0x07;

    private Gisa(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
    }

    /**
     * Wraps the 32 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Gisa at(byte[] storage, int origin) {
        return new Gisa(storage, origin);
    }

    /** Returns the mask bit of a subclass, 0..7. */
    public static int bit(int isc) {
        return 0x80 >> Objects.checkIndex(isc, MAX_ISC + 1);
    }

    /** Returns the address of the next GISA on the alert list. */
    public int nextAlert() {
        return word(NEXT_ALERT_OFFSET);
    }

    /** Stores the address of the next GISA on the alert list. */
    public void nextAlert(int address) {
        word(NEXT_ALERT_OFFSET, address);
    }

    /** Returns the pending subclasses, one bit each. */
    public int ipm() {
        return byteAt(IPM_OFFSET);
    }

    /** Stores the pending subclasses. */
    public void ipm(int ipm) {
        byteAt(IPM_OFFSET, ipm);
    }

    /** Returns the subclasses that alert the host, one bit each. */
    public int iam() {
        return byteAt(IAM_OFFSET);
    }

    /** Stores the subclasses that alert the host. */
    public void iam(int iam) {
        byteAt(IAM_OFFSET, iam);
    }
}
