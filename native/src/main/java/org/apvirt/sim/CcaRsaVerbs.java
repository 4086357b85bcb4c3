// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.msg.CcaRsaBlock;
import org.apvirt.arch.msg.ErrorReply;

/** PK and PD: RSA with clear keys. Source: Linux {@code zcrypt_msgtype6.c}, {@code convert_type86_ica}. */
final class CcaRsaVerbs {
    private CcaRsaVerbs() {}

    static byte[] reply(VerbRequest verb) {
        CcaRsaBlock block = CcaRsaBlock.parse(verb.message(), VerbRequest.PARAMETERS, verb.length());
        if (block == null) {
            return verb.refuse(CcaResult.BAD_CLEAR_KEY);
        }
        int error = Rsa.check(block.key());
        byte[] result = error != 0 || block.data().length > Rsa.LONGEST_MODULUS
                ? null
                : Rsa.apply(verb.machine().rsaArithmetic(), block.key(), block.data());
        if (result == null) {
            boolean size = error == 0 || error == ErrorReply.OPERAND_SIZE;
            return verb.refuse(size ? CcaResult.BAD_LENGTH : CcaResult.BAD_NUMBERS);
        }
        byte[] field = new byte[block.key().modulusBytes()];
        int used = Math.min(result.length, field.length);
        System.arraycopy(result, result.length - used, field, field.length - used, used);
        return verb.answer(CcaRsaBlock.reply(block.functionCode(), field));
    }
}
