// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;

import org.apvirt.arch.Storage;

/**
 * The CRYCB with which the host really runs a nested guest. Guest 2 executes SIE for guest 3 with an original block in
 * its own storage; the host runs guest 3 with a shadow that grants no more than both the original and guest 2's own
 * block.
 * <pre>
 *  original    guest 2's own   shadow
 *  format 2    format 2        APCB1 AND APCB1
 *  format 1    format 2        first doublewords of the masks, domains cut to 16, in APCB1
 *  format 1    format 1        APCB0 AND APCB0
 *  format 0    format 2        as 1 with 2
 *  format 0    format 0, 1     APCB0 AND APCB0
 *  all other pairs             validity interception {@link #FORMAT}
 * </pre>
 * The designation of the shadow always says format 2; a machine without APXA takes the masks from the APCB of format 0
 * even so. Wrapping-key masks are XORed: guest 3's keys are wrapped for guest 3 and for guest 2.
 *
 * <p>Owned by one CPU; not thread-safe. Building allocates nothing.
 *
 * <p>Source: Linux {@code arch/s390/kvm/vsie.c}, {@code shadow_crycb}, {@code setup_apcb}.
 */
public final class ShadowCrycb {
    /** Validity reason: the formats of the two blocks do not go together. */
    public static final int FORMAT = 0x0022;
    /** Validity reason: the original is not in guest 2's storage. */
    public static final int ACCESS = 0x0035;
    /** Validity reason: the original has the address 0. */
    public static final int NO_ADDRESS = 0x0039;
    /** Validity reason: the original crosses a page. */
    public static final int PAGE_CROSSING = 0x003c;

    private static final int PAGE_MASK = -0x1000;
    private static final int KEY_MASKS_LENGTH = Crycb.DEA_MASK_LENGTH + Crycb.AES_MASK_LENGTH;
    private static final int KEYS = SieBlock.ECB3_AES | SieBlock.ECB3_DEA;
    private static final int MORE_KEYS = SieBlock.ECD_ECC | SieBlock.ECD_HMAC;

    private final int address;
    private final byte[] bytes = new byte[Crycb.LENGTH];
    private final Crycb crycb = Crycb.at(bytes, 0);
    private final byte[] original = new byte[Apcb1.LENGTH];
    private final Apcb0 narrowOriginal = Apcb0.at(original, 0);

    /**
     * A shadow at an address of host storage.
     *
     * @param address below 2 GiB, a multiple of 8
     */
    public ShadowCrycb(int address) {
        this.address = address & SieBlock.CRYCBD_ADDRESS;
    }

    /** Returns the shadow. */
    public Crycb crycb() {
        return crycb;
    }

    /**
     * Builds the shadow and puts it into the shadow SIE block: crycbd, APIE and the protected-key bits; or makes that a
     * validity interception.
     *
     * @param shadow the SIE block that the machine will run
     * @param sie guest 2's SIE block for guest 3
     * @param host the host's SIE block for guest 2
     * @param hostCrycb guest 2's CRYCB
     * @param msa3 guest 2 has facility 76
     * @param storage guest 2's storage, by absolute address
     * @return 0, or the reason of the validity interception
     */
    public int build(SieBlock shadow, SieBlock sie, SieBlock host, Crycb hostCrycb, boolean msa3, Storage storage) {
        shadow.crycbd(0);
        shadow.eca(shadow.eca() & ~SieBlock.ECA_APIE);
        shadow.ecb3(shadow.ecb3() & ~KEYS);
        shadow.ecd(shadow.ecd() & ~MORE_KEYS);
        Arrays.fill(bytes, (byte) 0);
        boolean apie = host.apie() && sie.apie();
        CrycbFormat format = sie.crycbFormat();
        if (!apie && (!msa3 || format == CrycbFormat.FORMAT_0)) {
            return 0; // nothing of a CRYCB would be looked at
        }
        int reason = validity(sie.crycbAddress(), format);
        if (reason == 0 && apie) {
            reason = shadowMasks(sie.crycbAddress(), format, hostCrycb, host.crycbFormat(), storage);
        }
        int keys = sie.ecb3() & host.ecb3() & KEYS;
        int moreKeys = sie.ecd() & host.ecd() & MORE_KEYS;
        if (reason == 0 && (keys | moreKeys) != 0) {
            reason = shadowKeys(sie.crycbAddress(), hostCrycb, storage);
        }
        if (reason != 0) {
            shadow.intercept(SieBlock.ICPT_VALIDITY, SieBlock.IPA_VALIDITY, reason << 16);
            return reason;
        }
        shadow.eca(shadow.eca() | (apie ? SieBlock.ECA_APIE : 0));
        shadow.ecb3(shadow.ecb3() | keys);
        shadow.ecd(shadow.ecd() | moreKeys);
        shadow.crycbd(address | CrycbFormat.FORMAT_2.bits());
        return 0;
    }

    private static int validity(int origin, CrycbFormat format) {
        if (origin == 0) {
            return NO_ADDRESS;
        }
        return format == CrycbFormat.FORMAT_1 && crossesPage(origin, format) ? PAGE_CROSSING : 0;
    }

    /** The byte after the block counts: one that ends with its page crosses. */
    private static boolean crossesPage(int origin, CrycbFormat format) {
        return (origin & PAGE_MASK) != (origin + format.lengthBytes() & PAGE_MASK);
    }

    private int shadowMasks(int origin, CrycbFormat format, Crycb hostCrycb, CrycbFormat hostFormat, Storage storage) {
        boolean narrow = format == CrycbFormat.FORMAT_0 || format == CrycbFormat.FORMAT_1;
        if (format != CrycbFormat.FORMAT_1 && format != CrycbFormat.INVALID && crossesPage(origin, format)) {
            return PAGE_CROSSING;
        }
        if (format == CrycbFormat.FORMAT_2 && hostFormat == CrycbFormat.FORMAT_2) {
            return andApcb1(origin, hostCrycb, storage);
        }
        if (narrow && hostFormat == CrycbFormat.FORMAT_2) {
            return andFirstDoublewords(origin, hostCrycb, storage);
        }
        boolean sameWidth = hostFormat == CrycbFormat.FORMAT_1
                || hostFormat == CrycbFormat.FORMAT_0 && format == CrycbFormat.FORMAT_0;
        return narrow && sameWidth ? andApcb0(origin, hostCrycb, storage) : FORMAT;
    }

    private int andApcb1(int origin, Crycb hostCrycb, Storage storage) {
        if (storage.loadAbsolute(origin + (long) Crycb.APCB1_OFFSET, original, 0, Apcb1.LENGTH) != 0) {
            return ACCESS;
        }
        hostCrycb.apcb1().andInto(original, bytes, Crycb.APCB1_OFFSET, Apcb1.LENGTH);
        return 0;
    }

    private int andApcb0(int origin, Crycb hostCrycb, Storage storage) {
        if (storage.loadAbsolute(origin, original, 0, Apcb0.LENGTH) != 0) {
            return ACCESS;
        }
        hostCrycb.apcb0().andInto(original, bytes, Crycb.APCB0_OFFSET, Apcb0.LENGTH);
        return 0;
    }

    private int andFirstDoublewords(int origin, Crycb hostCrycb, Storage storage) {
        if (storage.loadAbsolute(origin, original, 0, Apcb0.LENGTH) != 0) {
            return ACCESS;
        }
        hostCrycb.apcb1().andInto(narrowOriginal, bytes, Crycb.APCB1_OFFSET);
        return 0;
    }

    private int shadowKeys(int origin, Crycb hostCrycb, Storage storage) {
        int offset = Crycb.DEA_MASK_OFFSET;
        if (storage.loadAbsolute(origin + (long) offset, bytes, offset, KEY_MASKS_LENGTH) != 0) {
            return ACCESS;
        }
        hostCrycb.xorKeyMasksInto(bytes);
        return 0;
    }
}
