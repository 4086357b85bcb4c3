// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * The registers that an AP instruction reads and writes: general registers 0..15 and the problem-state bit of the PSW.
 * Owned and reused by the caller; not thread-safe.
 */
public final class ApRegisters {
    private final long[] gr = new long[16];
    private boolean problemState;

    /** Returns a general register. */
    public long gr(int number) {
        return gr[number];
    }

    /** Sets a general register. */
    public void gr(int number, long value) {
        gr[number] = value;
    }

    /** Returns bits 32-63 of a general register. */
    public int low(int number) {
        return (int) gr[number];
    }

    /** Sets bits 32-63 of a general register; bits 0-31 stay. */
    public void low(int number, int value) {
        gr[number] = gr[number] & 0xffff_ffff_0000_0000L | value & 0xffff_ffffL;
    }

    /** Tells whether the program runs in problem state, where the AP instructions are privileged. */
    public boolean problemState() {
        return problemState;
    }

    /** Sets the problem-state bit. */
    public void problemState(boolean problemState) {
        this.problemState = problemState;
    }
}
