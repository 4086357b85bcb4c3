// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * What TAPQ tells about a queue's adapter: general register 2.
 * <pre>
 *  bits   field
 *   0     S   APSC facility
 *   1, 2  M C 4096-bit modular exponentiation, 4096-bit CRT
 *   3,4,5 D A X  CCA coprocessor, accelerator, EP11 coprocessor mode
 *   6     N   APXA facility
 *   7     H   stateless command filtering
 *   8, 9  F R full, restricted function set
 *  16-17  BS  bind state
 *  32-39  AT  adapter type
 *  40-47  ND  highest domain of the adapter
 *  52-55  ML  largest message in units of 4096 bytes, 0: not reported
 *  59-63  QD  queue depth less one; kernels before 7.3 know four bits of it
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/ap.h}, {@code struct ap_tapq_hwinfo}.
 *
 * @param value all 64 bits as the machine gave them
 */
public record ApHardwareInfo(long value) {
    /** S: APSC. Masks of the function word, that is of bits 0-31. */
    public static final int APSC = 0x8000_0000;
    /** M: 4096-bit modular exponentiation. */
    public static final int MEX4K = 0x4000_0000;
    /** C: 4096-bit CRT. */
    public static final int CRT4K = 0x2000_0000;
    /** D: CCA coprocessor. */
    public static final int CCA = 0x1000_0000;
    /** A: accelerator. */
    public static final int ACCEL = 0x0800_0000;
    /** X: EP11 coprocessor. */
    public static final int EP11 = 0x0400_0000;
    /** N: APXA. */
    public static final int APXA = 0x0200_0000;
    /** H: stateless command filtering. */
    public static final int SLCF = 0x0100_0000;

    /** Bind state: usable. */
    public static final int USABLE = 0;
    /** Bind state: usable, but not with secure keys. */
    public static final int USABLE_WITHOUT_SECURE_KEY = 1;
    /** Bind state: may be bound to this Secure Execution guest. */
    public static final int AVAILABLE_FOR_BINDING = 2;
    /** Bind state: of no use to a Secure Execution guest. */
    public static final int UNUSABLE = 3;

    /**
     * Puts a value together.
     *
     * @param functions bits 0-31
     * @param type adapter type, 0..255
     * @param nd highest domain of the adapter, 0..255
     * @param ml largest message in 4096-byte units, 0..15
     * @param depth queue depth in messages, 1..32
     */
    public static ApHardwareInfo of(int functions, int type, int nd, int ml, int depth) {
        return new ApHardwareInfo((long) functions << 32 | (type & 0xffL) << 24 | (nd & 0xffL) << 16 | (ml & 0xfL) << 8
                | depth - 1 & 0x1fL);
    }

    /** Tells whether TAPQ tells about the hardware when it answers this response code, 0x00..0xff. */
    public static boolean isToldWith(int responseCode) {
        return switch (responseCode) {
            case 0x00, 0x02, 0x03, 0x04, 0x05, 0x35, 0x36 -> true;
            default -> false;
        };
    }

    /** Returns bits 0-31, the function word. */
    public int functions() {
        return (int) (value >> 32);
    }

    /** Returns the adapter type, 10 = CEX4 ... 14 = CEX8. */
    public int type() {
        return (int) (value >> 24) & 0xff;
    }

    /** Returns the highest domain of the adapter. */
    public int nd() {
        return (int) (value >> 16) & 0xff;
    }

    /** Returns the largest message in 4096-byte units, 0 if not reported. */
    public int ml() {
        return (int) (value >> 8) & 0xf;
    }

    /** Returns the queue depth in messages, 1..32. */
    public int depth() {
        return ((int) value & 0x1f) + 1;
    }

    /** Returns the bind state, {@link #USABLE} to {@link #UNUSABLE}. */
    public int bindState() {
        return functions() >> 14 & 3;
    }

    /** Tells whether the adapter is an accelerator. */
    public boolean isAccelerator() {
        return (functions() & ACCEL) != 0;
    }

    /** Tells whether the adapter is a CCA coprocessor. */
    public boolean isCca() {
        return (functions() & CCA) != 0;
    }

    /** Tells whether the adapter is an EP11 coprocessor. */
    public boolean isEp11() {
        return (functions() & EP11) != 0;
    }

    @Override
    public String toString() {
        return String.format("0x%016x", value);
    }
}
