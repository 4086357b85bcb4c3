// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

/** Bits of the PSW mask, bit 0 leftmost. Source: z/Architecture, program-status word. */
final class Psw {
    /** Bit 5: dynamic address translation. */
    static final long DAT = 0x0400_0000_0000_0000L;
    /** Bit 14: the CPU waits. */
    static final long WAIT = 0x0002_0000_0000_0000L;
    /** Bit 15: problem state. */
    static final long PROBLEM_STATE = 0x0001_0000_0000_0000L;
    /** Bits 18-19: condition code. */
    static final int CC_SHIFT = 44;
    /** 64-bit addressing, DAT off, everything disabled: storage addresses are real ones. */
    static final long REAL_MODE = 0x0000_0001_8000_0000L;

    private Psw() {}

    static long withConditionCode(long mask, int cc) {
        return mask & ~(3L << CC_SHIFT) | (long) cc << CC_SHIFT;
    }
}
