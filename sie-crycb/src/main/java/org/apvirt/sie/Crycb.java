// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;

/**
 * A view of one crypto control block (CRYCB) in main storage. It copies nothing: its bytes are the guest's rights.
 * <pre>
 *  offset  length  field
 *  0x000     0x20  APCB, format 0 (CRYCB formats 0 and 1)
 *  0x020     0x28  reserved, stored as zero
 *  0x048     0x18  DEA wrapping-key mask
 *  0x060     0x20  AES wrapping-key mask
 *  0x080     0x80  APCB, format 1 (CRYCB format 2)
 * </pre>
 * Which of the two APCBs counts is not in the block; the designation in the SIE block tells ({@link CrycbFormat}).
 *
 * <p>Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code struct kvm_s390_crypto_cb}.
 */
public final class Crycb extends ControlBlock {
    /** Length in bytes. */
    public static final int LENGTH = 0x100;
    /** Offset of the APCB of format 0. */
    public static final int APCB0_OFFSET = 0x00;
    /** Offset of the DEA wrapping-key mask. */
    public static final int DEA_MASK_OFFSET = 0x48;
    /** Length of the DEA wrapping-key mask in bytes. */
    public static final int DEA_MASK_LENGTH = 0x18;
    /** Offset of the AES wrapping-key mask. */
    public static final int AES_MASK_OFFSET = DEA_MASK_OFFSET + DEA_MASK_LENGTH;
    /** Length of the AES wrapping-key mask in bytes. */
    public static final int AES_MASK_LENGTH = 0x20;
    /** Offset of the APCB of format 1. */
    public static final int APCB1_OFFSET = AES_MASK_OFFSET + AES_MASK_LENGTH;

    private final Apcb0 apcb0;
    private final Apcb1 apcb1;

    private Crycb(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
        this.apcb0 = Apcb0.at(storage, origin + APCB0_OFFSET);
        this.apcb1 = Apcb1.at(storage, origin + APCB1_OFFSET);
    }

    /**
     * Wraps the 256 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Crycb at(byte[] storage, int origin) {
        return new Crycb(storage, origin);
    }

    /** Returns a view of the APCB of format 0. */
    public Apcb0 apcb0() {
        return apcb0;
    }

    /** Returns a view of the APCB of format 1. */
    public Apcb1 apcb1() {
        return apcb1;
    }

    /** Returns a view of the masks that count with a format; those of {@link CrycbFormat#INVALID} grant nothing. */
    public Apcb apcb(CrycbFormat format) {
        return switch (format) {
            case FORMAT_0, FORMAT_1 -> apcb0;
            case FORMAT_2 -> apcb1;
            case INVALID -> NoApcb.INSTANCE;
        };
    }

    /** Returns a copy of the DEA wrapping-key mask, 24 bytes. */
    public byte[] deaMask() {
        return Arrays.copyOfRange(storage, origin + DEA_MASK_OFFSET, origin + DEA_MASK_OFFSET + DEA_MASK_LENGTH);
    }

    /** Stores the DEA wrapping-key mask, 24 bytes. */
    public void deaMask(byte[] mask) {
        store(DEA_MASK_OFFSET, DEA_MASK_LENGTH, mask);
    }

    /** Returns a copy of the AES wrapping-key mask, 32 bytes. */
    public byte[] aesMask() {
        return Arrays.copyOfRange(storage, origin + AES_MASK_OFFSET, origin + AES_MASK_OFFSET + AES_MASK_LENGTH);
    }

    /** Stores the AES wrapping-key mask, 32 bytes. */
    public void aesMask(byte[] mask) {
        store(AES_MASK_OFFSET, AES_MASK_LENGTH, mask);
    }

    private void store(int offset, int length, byte[] mask) {
        if (mask.length != length) {
            throw new IllegalArgumentException("a wrapping-key mask of " + mask.length + " bytes, not " + length);
        }
        System.arraycopy(mask, 0, storage, origin + offset, length);
    }

    /** Tells whether these are the bytes of the AES wrapping-key mask. Allocates nothing. */
    boolean hasAesMask(byte[] mask) {
        int from = origin + AES_MASK_OFFSET;
        return Arrays.equals(storage, from, from + AES_MASK_LENGTH, mask, 0, AES_MASK_LENGTH);
    }

    /** XORs both wrapping-key masks of this block into those of another one's bytes. */
    void xorKeyMasksInto(byte[] other) {
        for (int at = DEA_MASK_OFFSET; at < APCB1_OFFSET; at += Long.BYTES) {
            doubleword(other, at, doubleword(at) ^ doubleword(other, at));
        }
    }

    /** Makes both APCBs zero; the key masks stay. */
    public void clearMasks() {
        apcb0.clear();
        apcb1.clear();
    }
}
