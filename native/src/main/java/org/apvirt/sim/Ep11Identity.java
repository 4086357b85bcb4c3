// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.HexFormat;

/**
 * What an EP11 card tells about itself.
 * Source: Linux {@code drivers/s390/crypto/zcrypt_ep11misc.h}, {@code struct ep11_card_info},
 * {@code struct ep11_domain_info}.
 *
 * @param serial serial number, up to 16 characters
 * @param apiOrdinal API ordinal number
 * @param firmwareMajor firmware version, left of the dot
 * @param firmwareMinor firmware version, right of the dot
 * @param operationMode operation-mode bits
 * @param currentKey verification pattern of the current wrapping key, 32 bytes in hexadecimal; empty: none
 * @param nextKey verification pattern of the new wrapping key, 32 bytes in hexadecimal; empty: none
 * @param nextCommitted the new wrapping key is committed
 */
public record Ep11Identity(String serial, int apiOrdinal, int firmwareMajor, int firmwareMinor, long operationMode,
        String currentKey, String nextKey, boolean nextCommitted) {
    /** Checks the lengths. */
    public Ep11Identity {
        if (serial.length() > 16) {
            throw new IllegalArgumentException("serial number '" + serial + "' has more than 16 characters");
        }
        for (String pattern : new String[]{currentKey, nextKey}) {
            int bytes = HexFormat.of().parseHex(pattern).length;
            if (bytes != 0 && bytes != 32) {
                throw new IllegalArgumentException("verification pattern " + pattern + " has not 32 bytes");
            }
        }
    }

    /** A card without wrapping keys. */
    public static Ep11Identity of(String serial) {
        return new Ep11Identity(serial, 4, 1, 2, 0, "", "", false);
    }
}
