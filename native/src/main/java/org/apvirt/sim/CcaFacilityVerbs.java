// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.FunctionCode;

/**
 * RL and FQ: random numbers, and what the card tells about itself and the master keys of a domain.
 * Source: Linux {@code zcrypt_msgtype6.c}, {@code convert_type86_rng}; {@code zcrypt_ccamisc.c}, {@code fetch_cca_info};
 * identifiers before the patterns: opencryptoki {@code cca_specific.c}.
 */
final class CcaFacilityVerbs {
    private static final int MAX_RANDOM = 4096;
    private static final byte[] NOTHING = {};

    private CcaFacilityVerbs() {}

    static byte[] reply(VerbRequest verb) {
        return verb.function() == FunctionCode.RANDOM ? random(verb) : query(verb);
    }

    private static byte[] random(VerbRequest verb) {
        int room = Math.min(verb.request().replyDataRoom(), verb.header().fromCardLength(2));
        if (room <= 0) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        byte[] numbers = verb.random(Math.min(room, MAX_RANDOM));
        byte[] parameters = {(byte) (FunctionCode.RANDOM >> 8), (byte) FunctionCode.RANDOM, 0, 2};
        return verb.answer(CcaResult.DONE, parameters, numbers);
    }

    private static byte[] query(VerbRequest verb) {
        DomainKeys keys = verb.domain().keys();
        byte[] rules = new byte[CcaFacilityQuery.RULES];
        byte[] variables = new byte[CcaFacilityQuery.VARIABLES];
        Arrays.fill(rules, (byte) ' ');
        CcaIdentity identity = verb.addressee().card().cca();
        byte[] serial = (identity == null ? "" : identity.serial()).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(serial, 0, rules, 0, serial.length);
        switch (CcaFacilityQuery.keyword(verb.message(), VerbRequest.PARAMETERS, verb.length())) {
            case CcaFacilityQuery.STATICSA -> {
                states(rules, 4, keys.key(MasterKeySet.ASYM));
                states(rules, 7, keys.key(MasterKeySet.AES));
                patterns(variables, keys.key(MasterKeySet.ASYM), 64, 84, 104);
                patterns(variables, keys.key(MasterKeySet.AES), 172, 184, 196);
            }
            case CcaFacilityQuery.STATICSB -> {
                states(rules, 10, keys.key(MasterKeySet.APKA));
                patterns(variables, keys.key(MasterKeySet.SYM), 124, 136, 148);
                patterns(variables, keys.key(MasterKeySet.AES), 172, 184, 196);
                patterns(variables, keys.key(MasterKeySet.APKA), 208, 220, 232);
                identify(variables, keys.key(MasterKeySet.SYM), 0x0f07, 0x0f06, 136, 148);
                identify(variables, keys.key(MasterKeySet.AES), 0x0f0b, 0x0f0a, 184, 196);
                identify(variables, keys.key(MasterKeySet.APKA), 0x0f0e, 0x0f0d, 220, 232);
            }
            default -> {
                return verb.refuse(CcaResult.BAD_KEYWORD);
            }
        }
        return verb.answer(CcaResult.DONE, CcaFacilityQuery.reply(rules, variables), NOTHING);
    }

    private static void states(byte[] rules, int element, MasterKey key) {
        rules[element * CcaFacilityQuery.ELEMENT] = switch (key.next().state()) {
            case EMPTY -> '1';
            case PARTIAL -> '2';
            case FULL -> '3';
        };
        rules[(element + 1) * CcaFacilityQuery.ELEMENT] = valid(key.current());
        rules[(element + 2) * CcaFacilityQuery.ELEMENT] = valid(key.old());
    }

    private static byte valid(KeyRegister register) {
        return (byte) (register.isFull() ? '2' : '1');
    }

    private static void patterns(byte[] variables, MasterKey key, int old, int current, int next) {
        pattern(variables, old, key.old());
        pattern(variables, current, key.current());
        pattern(variables, next, key.next());
    }

    private static void pattern(byte[] variables, int offset, KeyRegister register) {
        byte[] pattern = register.pattern();
        System.arraycopy(pattern, 0, variables, offset, pattern.length);
    }

    /** Two bytes before a pattern that there is tell whose it is. */
    private static void identify(byte[] variables, MasterKey key, int current, int next, int currentAt, int nextAt) {
        ByteBuffer out = ByteBuffer.wrap(variables);
        if (key.current().isFull()) {
            out.putShort(currentAt - 2, (short) current);
        }
        if (key.next().isFull()) {
            out.putShort(nextAt - 2, (short) next);
        }
    }
}
