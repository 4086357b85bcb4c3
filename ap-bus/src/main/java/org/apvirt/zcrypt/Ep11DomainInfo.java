// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What an EP11 coprocessor tells of a domain's wrapping keys. Source: Linux {@code zcrypt_ep11misc.c},
 * {@code ep11_get_domain_info}; {@code zcrypt_cex4.c}, {@code ep11_mkvps_show}.
 *
 * @param current text after {@code WK CUR: }
 * @param next text after {@code WK NEW: }
 * @param operationModes one bit each, see {@link Ep11CardInfo#modes}
 */
record Ep11DomainInfo(String current, String next, long operationModes) {
    /** Nothing is known. */
    static final Ep11DomainInfo UNKNOWN = new Ep11DomainInfo("- -", "- -", 0);

    private static final int LENGTH = 80;
    private static final int PATTERN = 32;
    private static final int LEFT_IMPRINT_MODE = 0x10;
    private static final int CURRENT_VALID = 0x02;
    private static final int NEXT_PRESENT = 0x04;
    private static final int NEXT_COMMITTED = 0x08;

    static Ep11DomainInfo of(byte[] data) {
        if (data.length < LENGTH) {
            return UNKNOWN;
        }
        ByteBuffer in = ByteBuffer.wrap(data);
        int flags = in.getInt(68);
        boolean set = (flags & LEFT_IMPRINT_MODE) != 0;
        String current = set && (flags & CURRENT_VALID) != 0 ? "valid " + pattern(data, 4) : "invalid -";
        String next = "empty -";
        if (set && (flags & (NEXT_PRESENT | NEXT_COMMITTED)) != 0) {
            next = ((flags & NEXT_COMMITTED) != 0 ? "committed " : "uncommitted ") + pattern(data, 36);
        }
        return new Ep11DomainInfo(current, next, in.getLong(72));
    }

    private static String pattern(byte[] data, int offset) {
        return "0x" + HexFormat.of().formatHex(Arrays.copyOfRange(data, offset, offset + PATTERN));
    }

    /** Returns the text of {@code mkvps}. */
    String mkvps() {
        return "WK CUR: " + current + "\nWK NEW: " + next + '\n';
    }
}
