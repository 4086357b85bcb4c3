// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.msg.CcaFacilityQuery;

/**
 * What a CCA coprocessor tells of itself and of the master keys of one domain.
 * Source: Linux {@code zcrypt_ccamisc.c}, {@code struct cca_info}; {@code zcrypt_cex4.c}, {@code cca_mkvps_show}.
 *
 * @param serial 8 characters, empty if unknown
 * @param registers AES, APKA and ASYM, each new, current and old, as {@code mkvps} lists them
 */
record CcaInfo(String serial, List<Register> registers) {
    /**
     * One master-key register.
     *
     * @param state {@code '1'} and so on, 0 if unknown
     * @param pattern verification pattern in hexadecimal, zero where there is none
     */
    record Register(char state, String pattern) {
        static final Register UNKNOWN = new Register('\0', "");
    }

    private static final List<String> NAMES = List.of("AES NEW", "AES CUR", "AES OLD", "APKA NEW", "APKA CUR",
            "APKA OLD", "ASYM NEW", "ASYM CUR", "ASYM OLD");
    private static final List<String> NEW_STATES = List.of("empty", "partial", "full");
    private static final List<String> STATES = List.of("invalid", "valid");
    private static final int REGISTERS_PER_KEY = 3;
    private static final int PATTERN = 8;
    private static final int ASYM_PATTERN = 16;

    /** Nothing is known. */
    static final CcaInfo UNKNOWN = new CcaInfo("",
            Collections.nCopies(NAMES.size(), Register.UNKNOWN));

    /** One reply to a facility query: the two arrays of its parameter block. */
    private record Reply(byte[] rules, byte[] variables) {
        char state(int element) {
            int at = element * CcaFacilityQuery.ELEMENT;
            return at < rules.length ? (char) rules[at] : '\0';
        }

        /** A register: the pattern counts only in the state in which the key is there. */
        Register register(int element, char present, int offset, int length) {
            char state = state(element);
            byte[] pattern = state == present && offset + length <= variables.length
                    ? Arrays.copyOfRange(variables, offset, offset + length)
                    : new byte[length];
            return new Register(state, HexFormat.of().formatHex(pattern));
        }
    }

    private static Reply arrays(byte[] parameters) {
        ByteBuffer in = ByteBuffer.wrap(parameters);
        byte[] rules = {};
        byte[] variables = {};
        if (in.remaining() >= 4) {
            in.getShort();
            rules = block(in);
            variables = in.remaining() >= 2 ? block(in) : variables;
        }
        return new Reply(rules, variables);
    }

    private static byte[] block(ByteBuffer in) {
        int length = Math.min(Math.max((in.getShort() & 0xffff) - 2, 0), in.remaining());
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    /**
     * Puts the replies to both queries together.
     *
     * @param staticsA parameter block of the reply to STATICSA
     * @param staticsB of the reply to STATICSB
     */
    static CcaInfo of(byte[] staticsA, byte[] staticsB) {
        Reply a = arrays(staticsA);
        Reply b = arrays(staticsB);
        boolean knowsA = a.rules.length >= CcaFacilityQuery.STATICSA_RULES;
        boolean knowsB = b.rules.length >= CcaFacilityQuery.STATICSB_RULES;
        String serial = knowsA ? new String(a.rules, 0, CcaFacilityQuery.ELEMENT, StandardCharsets.ISO_8859_1) : "";
        if (!knowsA || !knowsB) {
            return new CcaInfo(serial, UNKNOWN.registers);
        }
        return new CcaInfo(serial, List.of(a.register(7, '3', 196, PATTERN), a.register(8, '2', 184, PATTERN),
                a.register(9, '2', 172, PATTERN), b.register(10, '3', 232, PATTERN), b.register(11, '2', 220, PATTERN),
                b.register(12, '2', 208, PATTERN), a.register(4, '3', 104, ASYM_PATTERN),
                a.register(5, '2', 84, ASYM_PATTERN), a.register(6, '2', 64, ASYM_PATTERN)));
    }

    /** Returns the text of {@code mkvps}. */
    String mkvps() {
        return mkvps(NAMES.size());
    }

    /** Returns the text of {@code mkvps} of cards that know no asymmetric keys. */
    String mkvpsWithoutAsymmetric() {
        return mkvps(NAMES.size() - REGISTERS_PER_KEY);
    }

    private String mkvps(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            Register register = registers.get(i);
            List<String> names = i % REGISTERS_PER_KEY == 0 ? NEW_STATES : STATES;
            int index = register.state - '1';
            text.append(NAMES.get(i)).append(": ");
            if (index >= 0 && index < names.size()) {
                text.append(names.get(index)).append(" 0x").append(register.pattern).append('\n');
            } else {
                text.append("- -\n");
            }
        }
        return text.toString();
    }
}
