// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;
import java.util.Objects;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;

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
public final class Crycb {
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

    private final byte[] storage;
    private final int origin;

    private Crycb(byte[] storage, int origin) {
        this.storage = storage;
        this.origin = origin;
    }

    /**
     * Wraps the 256 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Crycb at(byte[] storage, int origin) {
        Objects.checkFromIndexSize(origin, LENGTH, storage.length);
        return new Crycb(storage, origin);
    }

    /** Returns a view of the APCB of format 0. */
    public Apcb0 apcb0() {
        return Apcb0.at(storage, origin + APCB0_OFFSET);
    }

    /** Returns a view of the APCB of format 1. */
    public Apcb1 apcb1() {
        return Apcb1.at(storage, origin + APCB1_OFFSET);
    }

    /**
     * Returns the adapters that count with a format.
     *
     * @param format which APCB to look at; {@link CrycbFormat#INVALID} grants nothing
     */
    public ApMask apm(CrycbFormat format) {
        return switch (format) {
            case FORMAT_0, FORMAT_1 -> apcb0().apm();
            case FORMAT_2 -> apcb1().apm();
            case INVALID -> ApMask.NONE;
        };
    }

    /** Returns the usage domains that count with a format. */
    public ApMask aqm(CrycbFormat format) {
        return switch (format) {
            case FORMAT_0, FORMAT_1 -> apcb0().aqm();
            case FORMAT_2 -> apcb1().aqm();
            case INVALID -> ApMask.NONE;
        };
    }

    /** Returns the control domains that count with a format. */
    public ApMask adm(CrycbFormat format) {
        return switch (format) {
            case FORMAT_0, FORMAT_1 -> apcb0().adm();
            case FORMAT_2 -> apcb1().adm();
            case INVALID -> ApMask.NONE;
        };
    }

    /**
     * Stores masks into the APCB that counts with a format; the other one stays. Ids that the format has no room for
     * are dropped.
     *
     * @throws IllegalArgumentException if the format is {@link CrycbFormat#INVALID}
     */
    public void masks(CrycbFormat format, ApMask apm, ApMask aqm, ApMask adm) {
        switch (format) {
            case FORMAT_0, FORMAT_1 -> apcb0().apm(apm).aqm(aqm).adm(adm);
            case FORMAT_2 -> apcb1().apm(apm).aqm(aqm).adm(adm);
            case INVALID -> throw new IllegalArgumentException("no APCB in a CRYCB of the invalid format");
        }
    }

    /**
     * Tells whether the bytes grant a queue: its adapter is in the APM and its domain in the AQM of the APCB that
     * counts. Allocates nothing.
     *
     * @param format which APCB to look at
     * @param qid adapter number in bits 16-23, domain number in bits 24-31; other bits are ignored
     */
    public boolean grants(CrycbFormat format, int qid) {
        int apid = qid >> 8 & 0xff;
        int apqi = qid & 0xff;
        return switch (format) {
            case FORMAT_0, FORMAT_1 -> apid < Apcb0.ADAPTERS && apqi < Apcb0.DOMAINS
                    && isSet(APCB0_OFFSET + Apcb0.APM_OFFSET, apid) && isSet(APCB0_OFFSET + Apcb0.AQM_OFFSET, apqi);
            case FORMAT_2 -> isSet(APCB1_OFFSET + Apcb1.APM_OFFSET, apid)
                    && isSet(APCB1_OFFSET + Apcb1.AQM_OFFSET, apqi);
            case INVALID -> false;
        };
    }

    /**
     * ANDs the masks of a stored QCI block with those that count with a format. Allocates nothing.
     *
     * @param format which APCB to look at
     * @param config the {@link ApConfigInfo#LENGTH} bytes of the block
     */
    public void restrict(CrycbFormat format, byte[] config) {
        for (int word = 0; word < ApMask.BYTES; word += Long.BYTES) {
            and(config, ApConfigInfo.APM_OFFSET + word, mask(format, Apcb0.APM_OFFSET, Apcb1.APM_OFFSET, word));
            and(config, ApConfigInfo.AQM_OFFSET + word, mask(format, Apcb0.AQM_OFFSET, Apcb1.AQM_OFFSET, word));
            and(config, ApConfigInfo.ADM_OFFSET + word, mask(format, Apcb0.ADM_OFFSET, Apcb1.ADM_OFFSET, word));
        }
    }

    private static void and(byte[] bytes, int offset, long mask) {
        BigEndian.LONG.set(bytes, offset, (long) BigEndian.LONG.get(bytes, offset) & mask);
    }

    /** Returns the doubleword of a mask that starts {@code word} bytes into it; 0 where the format has no ids. */
    private long mask(CrycbFormat format, int apcb0Offset, int apcb1Offset, int word) {
        return switch (format) {
            case FORMAT_2 -> (long) BigEndian.LONG.get(storage, origin + APCB1_OFFSET + apcb1Offset + word);
            case FORMAT_0, FORMAT_1 -> word > 0
                    ? 0
                    : (long) BigEndian.LONG.get(storage, origin + APCB0_OFFSET + apcb0Offset)
                            & (apcb0Offset == Apcb0.APM_OFFSET ? -1L : Apcb0.DOMAIN_BITS);
            case INVALID -> 0;
        };
    }

    private boolean isSet(int offset, int id) {
        return (storage[origin + offset + (id >> 3)] & 0x80 >> (id & 7)) != 0;
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

    /** XORs both wrapping-key masks of this block into those of another one's bytes. */
    void xorKeyMasksInto(byte[] other) {
        for (int at = DEA_MASK_OFFSET; at < APCB1_OFFSET; at += Long.BYTES) {
            long mixed = (long) BigEndian.LONG.get(storage, origin + at) ^ (long) BigEndian.LONG.get(other, at);
            BigEndian.LONG.set(other, at, mixed);
        }
    }

    /** Makes both APCBs zero; the key masks stay. */
    public void clearMasks() {
        apcb0().clear();
        apcb1().clear();
    }

    /** Returns a copy of the 256 bytes. */
    public byte[] bytes() {
        return Arrays.copyOfRange(storage, origin, origin + LENGTH);
    }
}
