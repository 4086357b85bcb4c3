// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The answer of PQAP(QCI): what the machine grants to this configuration. Immutable.
 * <pre>
 *  offset length field
 *   0x00    4    flags: bit 0 APSC, 1 APXA, 2 QACT, 3 RC8A, 8 APSB
 *   0x04    1    Na: highest adapter number, valid with APXA
 *   0x05    1    Nd: highest domain number, valid with APXA
 *   0x06   10    reserved
 *   0x10   32    APM: adapters
 *   0x30   32    AQM: usage domains
 *   0x50   32    ADM: control domains
 *   0x70   16    reserved
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/ap.h}, {@code struct ap_config_info}.
 */
public final class ApConfigInfo {
    /** Length of the block in bytes; the block is aligned to 8. */
    public static final int LENGTH = 0x80;
    /** Offset of Na. */
    public static final int NA_OFFSET = 0x04;
    /** Offset of Nd. */
    public static final int ND_OFFSET = 0x05;
    /** Offset of the adapter mask. */
    public static final int APM_OFFSET = 0x10;
    /** Offset of the usage-domain mask. */
    public static final int AQM_OFFSET = APM_OFFSET + ApMask.BYTES;
    /** Offset of the control-domain mask. */
    public static final int ADM_OFFSET = AQM_OFFSET + ApMask.BYTES;

    /** Flag: special command facility. */
    public static final int APSC = 0x8000_0000;
    /** Flag: extended addressing, that is more than 64 adapters and 16 domains. */
    public static final int APXA = 0x4000_0000;
    /** Flag: QACT is available. */
    public static final int QACT = 0x2000_0000;
    /** Flag: reply code 8A instead of response code 42. */
    public static final int RC8A = 0x1000_0000;
    /** Flag: secure binding. */
    public static final int APSB = 0x0080_0000;

    /** No QCI: every bit zero. */
    public static final ApConfigInfo NONE = new ApConfigInfo(new byte[LENGTH]);

    private final byte[] block;
    private final ApMask apm;
    private final ApMask aqm;
    private final ApMask adm;

    private ApConfigInfo(byte[] block) {
        this.block = block;
        this.apm = ApMask.load(block, APM_OFFSET);
        this.aqm = ApMask.load(block, AQM_OFFSET);
        this.adm = ApMask.load(block, ADM_OFFSET);
    }

    /** Reads a stored block of 128 bytes; the bytes are copied. */
    public static ApConfigInfo load(byte[] storage, int offset) {
        return new ApConfigInfo(Arrays.copyOfRange(storage, offset, offset + LENGTH));
    }

    /**
     * Builds a block.
     *
     * @param flags the flags word
     * @param na highest adapter number, 0..255
     * @param nd highest domain number, 0..255
     */
    public static ApConfigInfo of(int flags, int na, int nd, ApMask apm, ApMask aqm, ApMask adm) {
        byte[] block = new byte[LENGTH];
        block[0] = (byte) (flags >> 24);
        block[1] = (byte) (flags >> 16);
        block[2] = (byte) (flags >> 8);
        block[3] = (byte) flags;
        block[NA_OFFSET] = (byte) na;
        block[ND_OFFSET] = (byte) nd;
        apm.storeTo(block, APM_OFFSET);
        aqm.storeTo(block, AQM_OFFSET);
        adm.storeTo(block, ADM_OFFSET);
        return new ApConfigInfo(block);
    }

    /** Writes the 128 bytes. */
    public void storeTo(byte[] storage, int offset) {
        System.arraycopy(block, 0, storage, offset, LENGTH);
    }

    /** Returns the flags word. Zero means that QCI told nothing. */
    public int flags() {
        return (block[0] & 0xff) << 24 | (block[1] & 0xff) << 16 | (block[2] & 0xff) << 8 | block[3] & 0xff;
    }

    /** Tells whether a flag is set. */
    public boolean has(int flag) {
        return (flags() & flag) != 0;
    }

    /** Returns the highest adapter number; meaningful with {@link #APXA}. */
    public int na() {
        return block[NA_OFFSET] & 0xff;
    }

    /** Returns the highest domain number; meaningful with {@link #APXA}. */
    public int nd() {
        return block[ND_OFFSET] & 0xff;
    }

    /** Returns the adapters. */
    public ApMask apm() {
        return apm;
    }

    /** Returns the usage domains. */
    public ApMask aqm() {
        return aqm;
    }

    /** Returns the control domains. */
    public ApMask adm() {
        return adm;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ApConfigInfo info && Arrays.equals(block, info.block);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(block);
    }

    @Override
    public String toString() {
        return String.format("flags=0x%08x na=%d nd=%d apm=%s aqm=%s adm=%s", flags(), na(), nd(), apm, aqm, adm);
    }
}
