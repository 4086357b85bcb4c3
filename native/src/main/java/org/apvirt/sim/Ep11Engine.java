// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;

import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.ep11.Ep11Return;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;

/**
 * An EP11 coprocessor: checks header, control block and payload and hands the payload to the functions: queries
 * ({@link Ep11Queries}), AES keys ({@link Ep11KeyFunctions}), wrapping keys ({@link Ep11Administration}). Every other
 * function is not supported, as EP11 says it.
 *
 * <p>A card without {@linkplain AdapterSpec#ep11() identity} calls every request malformed.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/zcrypt_ep11misc.c}.
 */
final class Ep11Engine implements MessageEngine {
    static final Ep11Engine INSTANCE = new Ep11Engine();

    private static final int ANY_DOMAIN = 0xffff;

    private Ep11Engine() {}

    /**
     * What a function gets.
     *
     * @param asked the payload
     * @param request the control block
     * @param addressee whom it was sent to
     * @param domain what the card keeps for the domain that it is for
     */
    record Request(Ep11Payload asked, Ep11Cprb request, Addressee addressee, CryptoDomain domain) {
        boolean isForOtherDomain() {
            return domain.apqn().apqi() != addressee.apqi();
        }

        /** Returns the payload that refuses. */
        Ep11Payload refuse(int returnValue) {
            return answer().add(returnValue).add(new byte[0]);
        }

        /** Returns a payload with data, whose length takes two bytes: all that the kernel takes but for {@link #crypt}. */
        Ep11Payload answer(byte[] data) {
            return answer().add(Ep11Return.OK).add(data);
        }

        /** Returns a payload with data whose length takes as few bytes as it can. */
        Ep11Payload crypt(byte[] data) {
            return answer().add(Ep11Return.OK).addShort(data);
        }

        private Ep11Payload answer() {
            return new Ep11Payload(asked.api(), asked.function(), asked.word(1));
        }
    }

    @Override
    public int domain(byte[] message) {
        if (Type6Request.check(message, FunctionCode.AGENT_EP11, Ep11Cprb.LENGTH) != 0) {
            return Addressee.ANY;
        }
        int target = Ep11Cprb.at(message, Type6Header.LENGTH).target();
        return target == ANY_DOMAIN ? Addressee.ANY : target;
    }

    @Override
    public byte[] reply(byte[] message, Addressee addressee) {
        Ep11Identity identity = addressee.card().ep11();
        if (identity == null) {
            return ErrorReplies.of(ErrorReply.TYPE82, ErrorReply.MESSAGE_MALFORMED);
        }
        int error = Type6Request.check(message, FunctionCode.AGENT_EP11, Ep11Cprb.LENGTH);
        if (error != 0) {
            return error(error);
        }
        Ep11Cprb request = Ep11Cprb.at(message, Type6Header.LENGTH);
        int length = request.payloadLength();
        if (request.version() != Ep11Cprb.VERSION) {
            return error(ErrorReply.MESSAGE_MALFORMED);
        }
        if (length < 0 || length != Type6Header.at(message).toCardLength(1) - Ep11Cprb.LENGTH) {
            return error(ErrorReply.INVALID_MESSAGE_LENGTH);
        }
        int start = Type6Header.LENGTH + Ep11Cprb.LENGTH;
        Ep11Payload asked = Ep11Payload.parse(Arrays.copyOfRange(message, start, start + length));
        if (asked == null) {
            return error(ErrorReply.MESSAGE_MALFORMED);
        }
        Request whole = new Request(asked, request, addressee, addressee.domain(domain(message)));
        Ep11Payload answer = switch (asked.function()) {
            case Ep11Payload.GET_INFO -> Ep11Queries.answer(whole, identity);
            case Ep11KeyFunction.GENERATE, Ep11KeyFunction.ENCRYPT, Ep11KeyFunction.DECRYPT, Ep11KeyFunction.WRAP,
                    Ep11KeyFunction.UNWRAP ->
                Ep11KeyFunctions.answer(whole, identity);
            case Ep11KeyFunction.ADMINISTRATION -> Ep11Administration.answer(whole);
            default -> whole.refuse(Ep11Return.FUNCTION_NOT_SUPPORTED);
        };
        return answer(request, answer.toBytes());
    }

    private static byte[] answer(Ep11Cprb request, byte[] payload) {
        int count1 = Ep11Cprb.LENGTH + payload.length;
        byte[] reply = new byte[Type86Header.LENGTH + count1];
        Type86Header.init(reply, count1);
        Ep11Cprb.init(reply, Type86Header.LENGTH).flags(request.flags()).target(request.target()).returnCode(0)
                .payloadLength(payload.length);
        System.arraycopy(payload, 0, reply, Type86Header.LENGTH + Ep11Cprb.LENGTH, payload.length);
        return reply;
    }

    @Override
    public byte[] error(int code) {
        return Type6Request.error(ErrorReply.TYPE87, code);
    }
}
