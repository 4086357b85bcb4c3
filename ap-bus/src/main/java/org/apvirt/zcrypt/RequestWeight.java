// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

/**
 * How much work a request with secure keys is, by its function: factors of the card's own speed.
 * Source: Linux {@code zcrypt_msgtype6.c}, {@code speed_idx_cca}, {@code speed_idx_ep11}.
 */
final class RequestWeight {
    private static final int LOW = 10;
    private static final int MEDIUM = 100;
    private static final int HIGH = 500;

    private static final Set<String> LOW_CCA = Set.of("AB", "AI", "AM", "CA", "CD", "CT", "CX", "DK", "EX", "FC", "FQ",
            "LG", "LK", "LQ", "OH", "PO", "PS", "PX", "SC", "SD", "SE", "SP");
    private static final Set<String> HIGH_CCA = Set.of("AK", "CE", "CI", "CM", "HG", "HI", "HM", "HP", "HQ", "IT", "IX",
            "KC", "KD", "KE", "KG", "KH", "KI", "KN", "KP", "KR", "KT", "KX", "MP", "MS", "MV", "MX", "PD", "PE", "PF",
            "PG", "PI", "PK", "PM", "RT", "SG", "SI", "SK", "SM", "SV", "SX", "TC", "TK", "VG");

    private RequestWeight() {}

    /** Returns the factor of a CCA verb, by its two letters. */
    static int ofCca(String verb) {
        return LOW_CCA.contains(verb) ? LOW : HIGH_CCA.contains(verb) ? HIGH : MEDIUM;
    }

    /** Returns the factor of an EP11 function. */
    static int ofEp11(int function) {
        return switch (function) {
            case 1, 2, 36, 37, 38, 39, 40 -> LOW;
            case 17, 18, 19, 20, 21, 22, 26, 30, 31, 32, 33, 34, 35 -> HIGH;
            default -> MEDIUM;
        };
    }
}
