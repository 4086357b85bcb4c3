// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

/**
 * The format of a crypto control block: the low two bits of the crypto-control-block designation in the SIE block.
 * Note that the format called 2 has the value 3; the value 2 is no format.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code CRYCB_FORMAT0} to {@code CRYCB_FORMAT2}.
 */
public enum CrycbFormat {
    /** Facility 76 is not installed for the guest: only the APCB of format 0, 32 bytes. */
    FORMAT_0(0, 0x20),
    /** Facility 76, but a host without APXA: key masks, and the APCB of format 0. */
    FORMAT_1(1, 0x80),
    /** Not a format; the machine refuses to run a guest with it. */
    INVALID(2, 0),
    /** Facility 76 and a host with APXA: key masks, and the APCB of format 1. */
    FORMAT_2(3, 0x100);

    /** The bits of a designation that hold the format. */
    public static final int MASK = 3;

    private static final CrycbFormat[] BY_BITS = values();

    private final int bits;
    private final int lengthBytes;

    CrycbFormat(int bits, int lengthBytes) {
        this.bits = bits;
        this.lengthBytes = lengthBytes;
    }

    /** Returns the format of a designation; other bits are ignored. */
    public static CrycbFormat of(int crycbd) {
        return BY_BITS[crycbd & MASK];
    }

    /**
     * Chooses the format for a guest.
     *
     * @param msa3 the guest has facility 76
     * @param apxa the host has APXA
     */
    public static CrycbFormat choose(boolean msa3, boolean apxa) {
        if (!msa3) {
            return FORMAT_0;
        }
        return apxa ? FORMAT_2 : FORMAT_1;
    }

    /** Returns the two bits, 0..3. */
    public int bits() {
        return bits;
    }

    /** Returns the number in the format's name: 0, 1 or 2, which is not what {@link #bits} has; -1 for {@link #INVALID}. */
    public int number() {
        return this == INVALID ? -1 : Math.min(bits, 2);
    }

    /** Returns the name that people use, for example {@code format 2}. */
    @Override
    public String toString() {
        return this == INVALID ? "no format" : "format " + number();
    }

    /** Returns how many bytes of the block the machine looks at; 0 for {@link #INVALID}. */
    public int lengthBytes() {
        return lengthBytes;
    }

    /** Tells whether the masks are those of the APCB of format 1, that is 256 bits wide. */
    public boolean usesApcb1() {
        return this == FORMAT_2;
    }
}
