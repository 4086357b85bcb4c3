// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaParameters.Item;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcPrivateToken;
import org.apvirt.arch.cca.ProtectedKeyBlock;

/**
 * GK, IP and AU: AES CIPHER keys, and private keys of elliptic curves in their protected form; wrapped by the AES and
 * APKA master keys of the queue's domain. Source: Linux {@code zcrypt_ccamisc.c}, {@code cca_gencipherkey},
 * {@code _ip_cprb_helper}, {@code cca_cipher2protkey}, {@code cca_ecc2protkey}.
 */
final class CcaCipherKeyVerbs {
    private static final int SKELETON_ITEM = 2; // of GK
    private static final int GENERATE_ITEMS = 6;
    private static final int GENERATE_DATA = 26; // bytes of variable data: keywords, bits, four lengths
    private static final int LEAST_PARTS = 3;
    private static final int PAD = 72; // bytes that never all reach a payload

    private CcaCipherKeyVerbs() {}

    static byte[] reply(VerbRequest verb) {
        CcaParameters block = verb.block();
        if (block == null) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        if (verb.isForOtherDomain()) {
            return verb.refuse(CcaResult.FORBIDDEN);
        }
        byte[] reply = switch (block.function()) {
            case AesKeyVerb.GENERATE_CIPHER -> generate(verb, block);
            case AesKeyVerb.IMPORT_PART -> importPart(verb, block);
            default -> protect(verb, block);
        };
        block.erase();
        return reply;
    }

    private static byte[] generate(VerbRequest verb, CcaParameters block) {
        CcaResult rules = block.rules().size() != 2
                ? CcaResult.KEYWORD_COUNT
                : !block.rules().get(0).equals("AES")
                        ? CcaResult.BAD_KEYWORD
                        : block.rules().get(1).equals("OP") ? CcaResult.DONE : CcaResult.BAD_KEY_FORM;
        if (!rules.isDone()) {
            return verb.refuse(rules);
        }
        if (block.variable().length != GENERATE_DATA || block.keys().size() != GENERATE_ITEMS) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        if (!new String(block.variable(), 0, 16, StandardCharsets.ISO_8859_1).equals("TOKEN           ")) {
            return verb.refuse(CcaResult.BAD_KEYWORD);
        }
        int bits = ByteBuffer.wrap(block.variable()).getShort(16) & 0xffff;
        if (!AesDataToken.isKeySize(bits)) {
            return verb.refuse(CcaResult.BAD_KEY_LENGTH);
        }
        AesCipherToken skeleton = AesCipherToken.parse(block.keys().get(SKELETON_ITEM).bytes());
        if (skeleton == null || skeleton.state() != 0) {
            return verb.refuse(CcaResult.BAD_TOKEN);
        }
        return token(verb, CcaResult.DONE, skeleton, AesCipherToken.COMPLETE,
                new KeyWrapping.CipherKey(0, verb.random(bits / 8)));
    }

    private static byte[] importPart(VerbRequest verb, CcaParameters block) {
        List<String> rules = block.rules();
        if (rules.size() < 2 || rules.size() > 3) {
            return verb.refuse(CcaResult.KEYWORD_COUNT);
        }
        if (!rules.get(0).equals("AES")) {
            return verb.refuse(CcaResult.BAD_KEYWORD);
        }
        List<Item> data = CcaParameters.items(block.variable());
        if (data == null || data.size() != 2 || data.get(0).bytes().length != 2 || block.keys().size() != 1) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        byte[] part = data.get(1).bytes();
        int bits = ByteBuffer.wrap(data.get(0).bytes()).getShort() & 0xffff;
        byte[] bytes = block.keys().get(0).bytes();
        boolean threeRules = rules.size() == 3;
        return switch (rules.get(1)) {
            case "FIRST" -> !threeRules || !rules.get(2).equals("MIN3PART")
                    ? verb.refuse(threeRules ? CcaResult.KEYWORDS_CONFLICT : CcaResult.KEYWORD_COUNT)
                    : first(verb, bits, part, bytes);
            case "ADD-PART", "COMPLETE" -> threeRules
                    ? verb.refuse(CcaResult.KEYWORD_COUNT)
                    : further(verb, rules.get(1).equals("COMPLETE"), bits, part, bytes);
            default -> verb.refuse(CcaResult.BAD_KEYWORD);
        };
    }

    private static byte[] first(VerbRequest verb, int bits, byte[] part, byte[] bytes) {
        AesCipherToken skeleton = AesCipherToken.parse(bytes);
        if (skeleton == null || skeleton.state() != 0) {
            return verb.refuse(CcaResult.BAD_TOKEN);
        }
        return !AesDataToken.isKeySize(bits) || part.length != bits / 8
                ? verb.refuse(CcaResult.BAD_KEY_LENGTH)
                : token(verb, CcaResult.DONE, skeleton, AesCipherToken.INCOMPLETE,
                        new KeyWrapping.CipherKey(1, part));
    }

    private static byte[] further(VerbRequest verb, boolean complete, int bits, byte[] part, byte[] bytes) {
        AesCipherToken token = AesCipherToken.parse(bytes);
        try (OpenedKey opened = OpenedKey.ofCipher(bytes, verb.domain().keys())) {
            if (token == null || !opened.isOpen()) {
                return verb.refuse(opened.result());
            }
            byte[] key = opened.key();
            if (token.state() != AesCipherToken.INCOMPLETE || complete && opened.parts() < LEAST_PARTS) {
                return verb.refuse(CcaResult.BAD_TOKEN);
            }
            if (complete ? bits != 0 || part.length != 0 : part.length != key.length || bits != 8 * key.length) {
                return verb.refuse(CcaResult.BAD_KEY_LENGTH);
            }
            for (int i = 0; i < part.length; i++) {
                key[i] ^= part[i];
            }
            int parts = complete ? 0 : Math.min(opened.parts() + 1, LEAST_PARTS);
            return token(verb, opened.result(), token,
                    complete ? AesCipherToken.COMPLETE : AesCipherToken.INCOMPLETE,
                    new KeyWrapping.CipherKey(parts, key));
        }
    }

    private static byte[] token(VerbRequest verb, CcaResult result, AesCipherToken skeleton, int state,
            KeyWrapping.CipherKey key) {
        KeyRegister master = verb.domain().keys().key(MasterKeySet.AES).current();
        byte[] value = master.key();
        if (!master.isFull() || value == null) {
            return verb.refuse(CcaResult.NO_MASTER_KEY);
        }
        byte[] token = KeyWrapping.cipherToken(skeleton, state, key, value, master.pattern(), verb.random(PAD));
        return verb.answer(result, AesKeyVerb.token(verb.function(), token), new byte[0]);
    }

    private static byte[] protect(VerbRequest verb, CcaParameters block) {
        if (block.rules().size() != 1) {
            return verb.refuse(CcaResult.KEYWORD_COUNT);
        }
        if (!block.rules().get(0).equals("EXPT-SK")) {
            return verb.refuse(CcaResult.BAD_KEYWORD);
        }
        if (block.keys().size() != 1) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        byte[] bytes = block.keys().get(0).bytes();
        boolean curve = EcPrivateToken.isKind(bytes);
        DomainKeys keys = verb.domain().keys();
        try (OpenedKey key = curve ? OpenedKey.ofEc(bytes, keys) : OpenedKey.ofCipher(bytes, keys)) {
            CcaResult refusal = !key.isOpen() ? key.result() : exportable(bytes, curve);
            if (!refusal.isDone()) {
                return verb.refuse(refusal);
            }
            byte[] wrapped = verb.machine().protectedKeyWrapping().wrap(key.key(), verb.addressee().sender());
            ProtectedKeyBlock answer = curve
                    ? new ProtectedKeyBlock(2, ProtectedKeyBlock.ECC, wrapped)
                    : new ProtectedKeyBlock(1, ProtectedKeyBlock.AES, wrapped);
            return verb.answer(key.result(), AesKeyVerb.protectedKey(AesKeyVerb.PROTECT_CIPHER, answer), new byte[0]);
        }
    }

    private static CcaResult exportable(byte[] bytes, boolean curve) {
        if (curve) {
            EcPrivateToken token = EcPrivateToken.parse(bytes);
            return token != null && token.exportable() ? CcaResult.DONE : CcaResult.NOT_EXPORTABLE;
        }
        AesCipherToken token = AesCipherToken.parse(bytes);
        if (token == null || token.state() != AesCipherToken.COMPLETE) {
            return CcaResult.BAD_TOKEN;
        }
        return token.mayBeExported() ? CcaResult.DONE : CcaResult.NOT_EXPORTABLE;
    }
}
