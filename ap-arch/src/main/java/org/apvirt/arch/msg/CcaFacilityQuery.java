// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The CCA facility query, from which Linux learns a card's serial number and the state of its master keys.
 * <pre>
 *  request: FQ, 10, keyword (8), 4098, 4096 zero bytes, 2
 *  reply:   FQ, length of the rule array with this field (2), elements of 8 bytes,
 *           length of the variable array with this field (2), bytes
 *
 *  rule-array element   STATICSA  0 serial number; 4, 5, 6 ASYM; 7, 8, 9 AES: state of new, current, old register
 *                       STATICSB  10, 11, 12 APKA: state of new, current, old register
 *  variable array       STATICSA  ASYM, 16 bytes: old 64, current 84, new 104; AES, 8 bytes: old 172, current 184, new 196
 *                       STATICSB  APKA, 8 bytes: old 208, current 220, new 232; also SYM old 124, current 136, new 148, and AES;
 *                       2 bytes before those of current and new an identifier, for example 0f0b, AES current
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_ccamisc.c}, {@code cca_query_crypto_facility}, {@code fetch_cca_info}.
 */
public final class CcaFacilityQuery {
    /** Keyword: serial number, ASYM and AES master keys. */
    public static final String STATICSA = "STATICSA";
    /** Keyword: APKA master key. */
    public static final String STATICSB = "STATICSB";
    /** Length of a rule-array element in bytes. */
    public static final int ELEMENT = 8;
    /** Least bytes of the rule array of STATICSA. */
    public static final int STATICSA_RULES = 10 * ELEMENT;
    /** Least bytes of the rule array of STATICSB. */
    public static final int STATICSB_RULES = 13 * ELEMENT;
    /** Bytes of the rule array of a reply; the kernel wants at least 13 elements. */
    public static final int RULES = 16 * ELEMENT;
    /** Bytes of the variable array of a reply; the kernel wants at least 240. */
    public static final int VARIABLES = 256;
    /** Length of the request's parameter block in bytes. */
    public static final int REQUEST_LENGTH = 0x1010;

    private static final int ROOM = 4096;

    private CcaFacilityQuery() {}

    /** Returns the parameter block of a query. */
    public static byte[] request(String keyword) {
        return ByteBuffer.allocate(REQUEST_LENGTH).putShort((short) FunctionCode.FACILITY_QUERY).putShort((short) 10)
                .put(keyword.getBytes(StandardCharsets.US_ASCII)).putShort((short) (ROOM + 2)).put(new byte[ROOM])
                .putShort((short) 2).array();
    }

    /** Returns the parameter block of a reply. */
    public static byte[] reply(byte[] rules, byte[] variables) {
        return ByteBuffer.allocate(6 + rules.length + variables.length)
                .putShort((short) FunctionCode.FACILITY_QUERY).putShort((short) (rules.length + 2)).put(rules)
                .putShort((short) (variables.length + 2)).put(variables).array();
    }

    /** Returns the keyword of a query, empty if the block is too short. */
    public static String keyword(byte[] message, int offset, int length) {
        return length < 4 + ELEMENT ? "" : new String(message, offset + 4, ELEMENT, StandardCharsets.US_ASCII);
    }
}
