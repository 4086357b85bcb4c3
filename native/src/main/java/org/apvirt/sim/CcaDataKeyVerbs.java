// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.ProtectedKeyBlock;

/**
 * KG, CM and US: AES DATA keys, wrapped by the AES master key of the queue's domain. Source: Linux
 * {@code zcrypt_ccamisc.c}, {@code cca_genseckey}, {@code cca_clr2seckey}, {@code cca_sec2protkey}.
 */
final class CcaDataKeyVerbs {
    private static final int KEYWORDS = 32; // bytes of variable data of KG
    private static final int KEY_IDS = 6;

    private CcaDataKeyVerbs() {}

    static byte[] reply(VerbRequest verb) {
        CcaParameters block = verb.block();
        if (block == null) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        if (verb.isForOtherDomain()) {
            return verb.refuse(CcaResult.FORBIDDEN);
        }
        byte[] reply = switch (block.function()) {
            case AesKeyVerb.GENERATE -> generate(verb, block);
            case AesKeyVerb.IMPORT -> importKey(verb, block);
            default -> protect(verb, block);
        };
        block.erase();
        return reply;
    }

    private static byte[] generate(VerbRequest verb, CcaParameters block) {
        if (!block.rules().isEmpty()) {
            return verb.refuse(CcaResult.KEYWORD_COUNT);
        }
        if (block.variable().length != KEYWORDS || block.keys().size() != KEY_IDS) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        String keywords = new String(block.variable(), StandardCharsets.ISO_8859_1);
        if (!keywords.startsWith("OP      ")) {
            return verb.refuse(CcaResult.BAD_KEY_FORM);
        }
        int bytes = switch (keywords.substring(8, 16)) {
            case "KEYLN16 " -> 16;
            case "KEYLN24 " -> 24;
            case "KEYLN32 " -> 32;
            default -> 0;
        };
        if (bytes == 0) {
            return verb.refuse(CcaResult.BAD_KEY_LENGTH);
        }
        return keywords.startsWith("AESDATA ", 16)
                ? token(verb, verb.random(bytes))
                : verb.refuse(CcaResult.BAD_KEYWORD);
    }

    private static byte[] importKey(VerbRequest verb, CcaParameters block) {
        if (block.rules().size() != 1) {
            return verb.refuse(CcaResult.KEYWORD_COUNT);
        }
        if (!block.rules().get(0).equals("AES")) {
            return verb.refuse(CcaResult.BAD_KEYWORD);
        }
        if (!AesDataToken.isKeySize(8 * block.variable().length)) {
            return verb.refuse(CcaResult.BAD_KEY_LENGTH);
        }
        return block.keys().size() == 1 ? token(verb, block.variable()) : verb.refuse(CcaResult.BAD_LENGTH);
    }

    /** Returns the reply with a key's token, and erases the key. */
    private static byte[] token(VerbRequest verb, byte[] key) {
        KeyRegister master = verb.domain().keys().key(MasterKeySet.AES).current();
        byte[] value = master.key();
        byte[] reply = !master.isFull() || value == null
                ? verb.refuse(CcaResult.NO_MASTER_KEY)
                : verb.answer(AesKeyVerb.token(verb.function(),
                        KeyWrapping.dataToken(key, value, master.pattern())));
        Arrays.fill(key, (byte) 0);
        return reply;
    }

    private static byte[] protect(VerbRequest verb, CcaParameters block) {
        if (!block.rules().isEmpty()) {
            return verb.refuse(CcaResult.KEYWORD_COUNT);
        }
        if (block.keys().size() != 1) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        try (OpenedKey key = OpenedKey.ofData(block.keys().get(0).bytes(), verb.domain().keys())) {
            if (!key.isOpen()) {
                return verb.refuse(key.result());
            }
            byte[] wrapped = verb.machine().protectedKeyWrapping().wrap(key.key(), verb.addressee().sender());
            return verb.answer(key.result(),
                    AesKeyVerb.protectedKey(AesKeyVerb.PROTECT,
                            new ProtectedKeyBlock(1, ProtectedKeyBlock.AES, wrapped)),
                    new byte[0]);
        }
    }
}
