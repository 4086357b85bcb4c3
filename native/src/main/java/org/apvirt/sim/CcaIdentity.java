// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.HexFormat;

/**
 * What a CCA card tells about itself: its serial number and the state of its master-key registers.
 * Source: Linux {@code drivers/s390/crypto/zcrypt_ccamisc.h}, {@code struct cca_info}.
 *
 * @param serial serial number, up to 8 characters
 * @param aes AES master key, patterns of 8 bytes
 * @param apka APKA (elliptic curve) master key, patterns of 8 bytes
 * @param asym asymmetric (RSA) master key, patterns of 16 bytes
 */
public record CcaIdentity(String serial, MasterKey aes, MasterKey apka, MasterKey asym) {
    /** Checks the lengths. */
    public CcaIdentity {
        if (serial.length() > 8) {
            throw new IllegalArgumentException("serial number '" + serial + "' has more than 8 characters");
        }
        aes.requirePatterns(8);
        apka.requirePatterns(8);
        asym.requirePatterns(16);
    }

    /** A card without master keys. */
    public static CcaIdentity of(String serial) {
        return new CcaIdentity(serial, MasterKey.NONE, MasterKey.NONE, MasterKey.NONE);
    }

    /**
     * The three registers of a master key.
     *
     * @param next the register that parts are entered into
     * @param current the register in use
     * @param old the one before
     */
    public record MasterKey(Register next, Register current, Register old) {
        /** Nothing entered, nothing valid. */
        public static final MasterKey NONE = new MasterKey(Register.EMPTY, Register.EMPTY, Register.EMPTY);

        private void requirePatterns(int bytes) {
            for (Register register : new Register[]{next, current, old}) {
                if (register.pattern.length() > 2 * bytes) {
                    throw new IllegalArgumentException("verification pattern " + register.pattern + " is longer than "
                            + bytes + " bytes");
                }
            }
        }
    }

    /**
     * One register.
     *
     * @param state next: 1 empty, 2 partially full, 3 full; current and old: 1 invalid, 2 valid
     * @param pattern verification pattern in hexadecimal, empty if there is none
     */
    public record Register(char state, String pattern) {
        /** Empty or invalid. */
        public static final Register EMPTY = new Register('1', "");

        /** Checks that the pattern is hexadecimal. */
        public Register {
            HexFormat.of().parseHex(pattern);
        }

        byte[] patternBytes() {
            return HexFormat.of().parseHex(pattern);
        }
    }
}
