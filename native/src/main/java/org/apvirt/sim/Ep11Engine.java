package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;

/**
 * An EP11 coprocessor, as far as Linux itself uses one: the queries about module and domain. Every other function is
 * not supported, as EP11 says it.
 *
 * <p>A card without {@linkplain AdapterSpec#ep11() identity} calls every request malformed.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/zcrypt_ep11misc.c}, {@code ep11_query_info},
 * {@code struct ep11_module_query_info}, {@code struct ep11_domain_query_info}.
 */
final class Ep11Engine implements MessageEngine {
    static final Ep11Engine INSTANCE = new Ep11Engine();

    private static final int MODULE_LENGTH = 196;
    private static final int DOMAIN_LENGTH = 80;
    private static final int KEY_VALID = 0x02; // domain flags
    private static final int NEXT_KEY_PRESENT = 0x04;
    private static final int NEXT_KEY_COMMITTED = 0x08;
    private static final int LEFT_IMPRINT_MODE = 0x10;
    private static final byte[] NOTHING = {};

    private Ep11Engine() {}

    @Override
    public int domain(byte[] message) {
        return Type6Request.check(message, FunctionCode.AGENT_EP11, Ep11Cprb.LENGTH) != 0
                ? Addressee.ANY
                : Ep11Cprb.at(message, Type6Header.LENGTH).target();
    }

    @Override
    public byte[] reply(byte[] message, Addressee addressee) {
        Ep11Identity identity = addressee.card().ep11();
        if (identity == null) {
            return ErrorReply.of(ErrorReply.TYPE82, ErrorReply.MESSAGE_MALFORMED);
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
        byte[] data = asked.function() == Ep11Payload.GET_INFO ? info(asked.word(2), identity, addressee) : NOTHING;
        int returnValue = data.length == 0 ? Ep11Payload.FUNCTION_NOT_SUPPORTED : 0;
        Ep11Payload answer = new Ep11Payload(asked.function(), asked.word(1)).add(returnValue).add(data);
        return answer(request, answer.toBytes());
    }

    private static byte[] info(int type, Ep11Identity identity, Addressee addressee) {
        return switch (type) {
            case Ep11Payload.QUERY_MODULE -> module(identity, addressee);
            case Ep11Payload.QUERY_DOMAIN -> domain(identity, addressee);
            default -> NOTHING;
        };
    }

    /**
     * <pre>
     *  0 API ordinal (4)   4 firmware id (4)   8 firmware version (2)   10 service provider version (2)
     *  12 firmware identifiers (3 * 32)   108 serial (16)   124 date and time (16)   140 operation mode (8)
     *  148 twelve words of limits, the third of which is the number of domains
     * </pre>
     */
    private static byte[] module(Ep11Identity identity, Addressee addressee) {
        ByteBuffer info = ByteBuffer.allocate(MODULE_LENGTH);
        info.putInt(0, identity.apiOrdinal());
        info.put(8, (byte) identity.firmwareMajor()).put(9, (byte) identity.firmwareMinor());
        info.put(108, String.format("%-16s", identity.serial()).getBytes(StandardCharsets.US_ASCII));
        info.put(124, "0000000000000000".getBytes(StandardCharsets.US_ASCII));
        info.putLong(140, identity.operationMode());
        info.putInt(156, addressee.machine().nd() + 1);
        return info.array();
    }

    /**
     * <pre>
     *  0 domain (4)   4 current wrapping key (32)   36 new wrapping key (32)   68 flags (4)   72 operation mode (8)
     * </pre>
     */
    private static byte[] domain(Ep11Identity identity, Addressee addressee) {
        byte[] current = HexFormat.of().parseHex(identity.currentKey());
        byte[] next = HexFormat.of().parseHex(identity.nextKey());
        int flags = LEFT_IMPRINT_MODE | (current.length > 0 ? KEY_VALID : 0)
                | (next.length > 0 ? NEXT_KEY_PRESENT : 0)
                | (next.length > 0 && identity.nextCommitted() ? NEXT_KEY_COMMITTED : 0);
        return ByteBuffer.allocate(DOMAIN_LENGTH).putInt(0, addressee.apqi()).put(4, current).put(36, next)
                .putInt(68, flags).putLong(72, identity.operationMode()).array();
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

    private static byte[] error(int code) {
        return Type6Request.error(ErrorReply.TYPE87, code);
    }
}
