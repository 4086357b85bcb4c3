// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApHardwareInfo;

/** What an adapter is configured as; the letter is the last one of its name, as in CEX5C. */
public enum AdapterMode {
    /** RSA accelerator. */
    ACCELERATOR('A', ApHardwareInfo.ACCEL,
            ApHardwareInfo.APSC | ApHardwareInfo.MEX4K | ApHardwareInfo.CRT4K | ApHardwareInfo.APXA),
    /** CCA coprocessor. */
    CCA('C', ApHardwareInfo.CCA,
            ApHardwareInfo.APSC | ApHardwareInfo.MEX4K | ApHardwareInfo.CRT4K | ApHardwareInfo.APXA),
    /** EP11 coprocessor. */
    EP11('P', ApHardwareInfo.EP11,
            ApHardwareInfo.APSC | ApHardwareInfo.MEX4K | ApHardwareInfo.CRT4K | ApHardwareInfo.APXA);

    private final char letter;
    private final int modeBit;
    private final int functions;

    AdapterMode(char letter, int modeBit, int otherBits) {
        this.letter = letter;
        this.modeBit = modeBit;
        this.functions = modeBit | otherBits;
    }

    /** Returns A, C or P. */
    public char letter() {
        return letter;
    }

    /** Returns the bit of the function word that tells this mode. */
    public int modeBit() {
        return modeBit;
    }

    /** Returns the function word that such an adapter has unless told otherwise. */
    public int functions() {
        return functions;
    }

    /**
     * Returns the mode of a letter.
     *
     * @throws IllegalArgumentException if it is not A, C or P
     */
    public static AdapterMode of(char letter) {
        for (AdapterMode mode : values()) {
            if (mode.letter == letter) {
                return mode;
            }
        }
        throw new IllegalArgumentException("not an adapter mode: '" + letter + "' (A, C or P)");
    }
}
