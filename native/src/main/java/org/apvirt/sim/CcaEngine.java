// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.List;

import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcVerb;
import org.apvirt.arch.cca.MasterKeyCommand;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;

/**
 * A CCA coprocessor: checks header and control block and hands the parameter block to the family of its verb. A card
 * without {@linkplain AdapterSpec#cca() identity} calls every request malformed, and so does every card a verb that it does
 * not know.
 *
 * <pre>
 *  PK PD        {@link CcaRsaVerbs}         RSA, clear keys
 *  RL FQ        {@link CcaFacilityVerbs}    random numbers, facility query
 *  PG SG SV DH  {@link CcaEcVerbs}          elliptic curves, clear keys
 *  KG CM US     {@link CcaDataKeyVerbs}     AES DATA, secure keys
 *  GK IP AU     {@link CcaCipherKeyVerbs}   AES CIPHER and ECC, secure keys
 *  AV           {@link CcaAdministration}   Not IBM's: master keys
 * </pre>
 *
 * <p>Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype6.c}, {@code zcrypt_ccamisc.c}.
 */
final class CcaEngine implements MessageEngine {
    static final CcaEngine INSTANCE = new CcaEngine();

    private CcaEngine() {}

    @Override
    public int domain(byte[] message) {
        if (Type6Request.check(message, FunctionCode.AGENT_CCA, Cprbx.LENGTH) != 0) {
            return Addressee.ANY;
        }
        Cprbx request = Cprbx.at(message, Type6Header.LENGTH);
        int room = message.length - VerbRequest.PARAMETERS;
        if (request.identifier() == MasterKeyCommand.CPRB && room >= 2
                && ((message[VerbRequest.PARAMETERS] & 0xff) << 8
                        | message[VerbRequest.PARAMETERS + 1] & 0xff) == MasterKeyCommand.FUNCTION) {
            int target = MasterKeyCommand.domain(message, VerbRequest.PARAMETERS, room);
            return target < 0 ? Addressee.ANY : target;
        }
        return request.domain() == Cprbx.ANY_DOMAIN ? Addressee.ANY : request.domain();
    }

    @Override
    public byte[] reply(byte[] message, Addressee addressee) {
        if (addressee.card().cca() == null) {
            return ErrorReplies.of(ErrorReply.TYPE82, ErrorReply.MESSAGE_MALFORMED);
        }
        int error = Type6Request.check(message, FunctionCode.AGENT_CCA, Cprbx.LENGTH);
        if (error != 0) {
            return error(error);
        }
        Cprbx request = Cprbx.at(message, Type6Header.LENGTH);
        int length = request.requestParameterLength();
        if (request.version() != Cprbx.VERSION || request.lengthBytes() != Cprbx.LENGTH) {
            return error(ErrorReply.MESSAGE_MALFORMED);
        }
        if (length < 2 || length > Type6Header.at(message).toCardLength(1) - Cprbx.LENGTH) {
            return error(ErrorReply.INVALID_MESSAGE_LENGTH);
        }
        VerbRequest verb = new VerbRequest(message, length, addressee, addressee.domain(domain(message)));
        int function = verb.function();
        if (verb.domain().forbids(function)) {
            return verb.refuse(CcaResult.FORBIDDEN);
        }
        return switch (function) {
            case FunctionCode.PUBLIC_KEY, FunctionCode.PRIVATE_KEY -> CcaRsaVerbs.reply(verb);
            case FunctionCode.RANDOM, FunctionCode.FACILITY_QUERY -> CcaFacilityVerbs.reply(verb);
            case EcVerb.GENERATE, EcVerb.SIGN, EcVerb.VERIFY, EcVerb.DERIVE -> CcaEcVerbs.reply(verb);
            case AesKeyVerb.GENERATE, AesKeyVerb.IMPORT, AesKeyVerb.PROTECT -> CcaDataKeyVerbs.reply(verb);
            case AesKeyVerb.GENERATE_CIPHER, AesKeyVerb.IMPORT_PART, AesKeyVerb.PROTECT_CIPHER ->
                CcaCipherKeyVerbs.reply(verb);
            case MasterKeyCommand.FUNCTION -> CcaAdministration.reply(verb);
            default -> addressee.card().isRecorded() && request.identifier() != FunctionCode.CPRB_CCA_USAGE
                    ? verb.answer(new CcaParameters(function, List.of(), new byte[0], List.of())
                            .toBytesWithoutKeys())
                    : unknown();
        };
    }

    /** Returns the reply to letters of no verb. */
    static byte[] unknown() {
        return ErrorReplies.of(ErrorReply.TYPE82, ErrorReply.MESSAGE_MALFORMED);
    }

    @Override
    public byte[] error(int code) {
        return Type6Request.error(ErrorReply.TYPE88, code);
    }
}
