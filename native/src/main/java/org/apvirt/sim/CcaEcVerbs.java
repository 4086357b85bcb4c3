// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.List;

import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.EcVerb;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * PG, SG, SV and DH: elliptic curves with clear keys. Nothing of a domain is needed for them. Which refusal is for what
 * is known of SV alone (4/429, 12/769); others refuse without parameters, which is what their callers look at.
 * Source: libica {@code src/s390_ecc.c}.
 */
final class CcaEcVerbs {
    private static final int LONGEST_HASH = 64; // bytes

    private CcaEcVerbs() {}

    static byte[] reply(VerbRequest verb) {
        CcaParameters block = verb.block();
        if (block == null || block.keys().isEmpty()) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        String rule = switch (block.function()) {
            case EcVerb.GENERATE -> EcVerb.CLEAR;
            case EcVerb.DERIVE -> EcVerb.PASSTHRU;
            default -> EcVerb.ECDSA;
        };
        if (block.rules().size() != 1) {
            return verb.refuse(CcaResult.KEYWORD_COUNT);
        }
        if (!block.rules().get(0).equals(rule)) {
            return verb.refuse(CcaResult.BAD_KEYWORD);
        }
        EcClearToken key = EcClearToken.parse(block.keys().get(0).bytes());
        EcArithmetic arithmetic = verb.machine().ecArithmetic();
        if (key == null || !arithmetic.curves().contains(key.curve())) {
            return verb.refuse(CcaResult.BAD_CLEAR_KEY);
        }
        byte[] reply = switch (block.function()) {
            case EcVerb.GENERATE -> answer(verb, generate(arithmetic, key));
            case EcVerb.SIGN -> answer(verb, sign(arithmetic, key, block));
            case EcVerb.DERIVE -> answer(verb, derive(arithmetic, key));
            default -> {
                CcaResult verdict = verify(arithmetic, key, block);
                yield verdict.isDone() ? verb.answer(EcVerb.verifyReply()) : verb.refuse(verdict);
            }
        };
        block.erase();
        return reply;
    }

    private static byte[] answer(VerbRequest verb, byte @Nullable [] parameters) {
        return parameters == null ? verb.refuse(CcaResult.BAD_NUMBERS) : verb.answer(parameters);
    }

    private static byte[] generate(EcArithmetic arithmetic, EcClearToken skeleton) {
        EcArithmetic.Key key = arithmetic.generate(skeleton.curve());
        return EcVerb.generateReply(
                new EcClearToken(skeleton.curve(), skeleton.usage(), key.privateKey(), key.publicKey()));
    }

    private static byte @Nullable [] sign(EcArithmetic arithmetic, EcClearToken key, CcaParameters block) {
        List<byte[]> fields = EcVerb.fields(block.variable());
        if (fields == null || fields.size() != 1 || !isHash(fields.get(0))) {
            return null;
        }
        byte[] signature = arithmetic.sign(key.curve(), key.privateKey(), fields.get(0));
        return signature == null ? null : EcVerb.signReply(key.curve(), signature);
    }

    private static CcaResult verify(EcArithmetic arithmetic, EcClearToken key, CcaParameters block) {
        EcCurve curve = key.curve();
        List<byte[]> fields = EcVerb.fields(block.variable());
        if (fields == null || fields.size() != 2 || !isHash(fields.get(0))
                || fields.get(1).length != 2 * curve.bytes()) {
            return CcaResult.BAD_LENGTH;
        }
        if (key.publicKey().length == 0) {
            return CcaResult.BAD_CLEAR_KEY;
        }
        return switch (arithmetic.verify(curve, key.publicKey(), fields.get(0), fields.get(1))) {
            case GOOD -> CcaResult.DONE;
            case BAD -> CcaResult.BAD_SIGNATURE;
            case NO_POINT -> CcaResult.BAD_CLEAR_KEY;
        };
    }

    private static byte @Nullable [] derive(EcArithmetic arithmetic, EcClearToken key) {
        byte[] secret = key.publicKey().length == 0
                ? null
                : arithmetic.derive(key.curve(), key.privateKey(), key.publicKey());
        return secret == null ? null : EcVerb.deriveReply(secret);
    }

    private static boolean isHash(byte[] hash) {
        return hash.length > 0 && hash.length <= LONGEST_HASH;
    }
}
