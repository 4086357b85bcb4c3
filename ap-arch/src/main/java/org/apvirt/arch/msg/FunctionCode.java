// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * Two letters that name what a card shall do or how: function codes of CCA verbs, identifiers of CPRBs and agents.
 * Stored as 16 bits, first letter in the left byte.
 */
public final class FunctionCode {
    /** Agent of CCA requests: CA. */
    public static final int AGENT_CCA = 0x4341;
    /** Agent of EP11 requests: XC. */
    public static final int AGENT_EP11 = 0x5843;

    /** RSA with modulus and exponent: PK. */
    public static final int PUBLIC_KEY = 0x504b;
    /** RSA with the Chinese remainder theorem: PD. */
    public static final int PRIVATE_KEY = 0x5044;
    /** Random numbers: RL. */
    public static final int RANDOM = 0x524c;
    /** Facility query: FQ. */
    public static final int FACILITY_QUERY = 0x4651;
    /** A special command of CCA cards: US. */
    public static final int SPECIAL_US = 0x5553;
    /** A special command of CCA cards: AU. */
    public static final int SPECIAL_AU = 0x4155;

    /** CPRB of a CCA usage request: T2. */
    public static final int CPRB_CCA_USAGE = 0x5432;
    /** CPRB of an EP11 request: T4. */
    public static final int CPRB_EP11 = 0x5434;

    private FunctionCode() {}

    /** Tells whether a CPRB identifier is one of the CCA administration requests: T3, T5, T6, T7. */
    public static boolean isCcaAdmin(int cprbId) {
        return cprbId == 0x5433 || cprbId >= 0x5435 && cprbId <= 0x5437;
    }

    /** Returns the two letters, for example {@code FQ}. */
    public static String text(int code) {
        return "" + (char) (code >> 8 & 0xff) + (char) (code & 0xff);
    }
}
