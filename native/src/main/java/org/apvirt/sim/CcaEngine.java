package org.apvirt.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.CcaRsaBlock;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;

/**
 * A CCA coprocessor, as far as Linux itself uses one: RSA with clear keys, random numbers and the facility query. Of the
 * CCA verbs that take secure keys it has none; it answers that it does not know the command.
 *
 * <p>A card without {@linkplain AdapterSpec#cca() identity} calls every request malformed.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype6.c}, {@code convert_type86_ica},
 * {@code convert_type86_rng}; {@code zcrypt_ccamisc.c}.
 */
final class CcaEngine implements MessageEngine {
    static final CcaEngine INSTANCE = new CcaEngine();

    private static final int FAILED = 8; // return codes
    private static final int KEY_FAILED = 12;
    private static final int BAD_RULE = 33; // reason codes
    private static final int BAD_DATA = 66;
    private static final int BAD_LENGTH = 72;
    private static final int BAD_KEY = 769;
    private static final int MAX_RANDOM = 4096;
    private static final byte[] NOTHING = {};

    private CcaEngine() {}

    @Override
    public int domain(byte[] message) {
        if (Type6Request.check(message, FunctionCode.AGENT_CCA, Cprbx.LENGTH) != 0) {
            return Addressee.ANY;
        }
        int domain = Cprbx.at(message, Type6Header.LENGTH).domain();
        return domain == Cprbx.ANY_DOMAIN ? Addressee.ANY : domain;
    }

    @Override
    public byte[] reply(byte[] message, Addressee addressee) {
        CcaIdentity identity = addressee.card().cca();
        if (identity == null) {
            return ErrorReply.of(ErrorReply.TYPE82, ErrorReply.MESSAGE_MALFORMED);
        }
        int error = Type6Request.check(message, FunctionCode.AGENT_CCA, Cprbx.LENGTH);
        if (error != 0) {
            return error(error);
        }
        Type6Header header = Type6Header.at(message);
        Cprbx request = Cprbx.at(message, Type6Header.LENGTH);
        int parameters = Type6Header.LENGTH + Cprbx.LENGTH;
        int length = request.requestParameterLength();
        if (request.version() != Cprbx.VERSION || request.lengthBytes() != Cprbx.LENGTH) {
            return error(ErrorReply.MESSAGE_MALFORMED);
        }
        if (length < 2 || length > header.toCardLength(1) - Cprbx.LENGTH) {
            return error(ErrorReply.INVALID_MESSAGE_LENGTH);
        }
        int function = (message[parameters] & 0xff) << 8 | message[parameters + 1] & 0xff;
        return switch (function) {
            case FunctionCode.PUBLIC_KEY, FunctionCode.PRIVATE_KEY ->
                rsa(message, parameters, length, request, addressee);
            case FunctionCode.RANDOM -> random(header, request, addressee);
            case FunctionCode.FACILITY_QUERY ->
                query(CcaFacilityQuery.keyword(message, parameters, length), identity, request);
            default -> error(ErrorReply.INVALID_COMMAND);
        };
    }

    private static byte[] rsa(byte[] message, int parameters, int length, Cprbx request, Addressee addressee) {
        CcaRsaBlock block = CcaRsaBlock.parse(message, parameters, length);
        if (block == null) {
            return refuse(request, KEY_FAILED, BAD_KEY);
        }
        int error = Rsa.check(block.key());
        byte[] result = error != 0 || block.data().length > Rsa.LONGEST_MODULUS
                ? null
                : Rsa.apply(addressee.machine().rsaArithmetic(), block.key(), block.data());
        if (result == null) {
            boolean size = error == 0 || error == ErrorReply.OPERAND_SIZE;
            return refuse(request, FAILED, size ? BAD_LENGTH : BAD_DATA);
        }
        byte[] field = new byte[block.key().modulusBytes()];
        int used = Math.min(result.length, field.length);
        System.arraycopy(result, result.length - used, field, field.length - used, used);
        return answer(request, CcaRsaBlock.reply(block.functionCode(), field), NOTHING);
    }

    private static byte[] random(Type6Header header, Cprbx request, Addressee addressee) {
        int room = Math.min(request.replyDataRoom(), header.fromCardLength(2));
        if (room <= 0) {
            return refuse(request, FAILED, BAD_LENGTH);
        }
        byte[] numbers = new byte[Math.min(room, MAX_RANDOM)];
        addressee.machine().random().nextBytes(numbers);
        byte[] parameters = {(byte) (FunctionCode.RANDOM >> 8), (byte) FunctionCode.RANDOM, 0, 2};
        return answer(request, parameters, numbers);
    }

    private static byte[] query(String keyword, CcaIdentity identity, Cprbx request) {
        byte[] rules;
        byte[] variables;
        switch (keyword) {
            case CcaFacilityQuery.STATICSA -> {
                rules = rules(CcaFacilityQuery.STATICSA_RULES, identity);
                variables = new byte[CcaFacilityQuery.STATICSA_VARIABLES];
                states(rules, 4, identity.asym());
                states(rules, 7, identity.aes());
                patterns(variables, identity.asym(), 64, 84, 104);
                patterns(variables, identity.aes(), 172, 184, 196);
            }
            case CcaFacilityQuery.STATICSB -> {
                rules = rules(CcaFacilityQuery.STATICSB_RULES, identity);
                variables = new byte[CcaFacilityQuery.STATICSB_VARIABLES];
                states(rules, 10, identity.apka());
                patterns(variables, identity.apka(), 208, 220, 232);
            }
            default -> {
                return refuse(request, FAILED, BAD_RULE);
            }
        }
        return answer(request, CcaFacilityQuery.reply(rules, variables), NOTHING);
    }

    /** Returns a rule array of blanks that begins with the serial number. */
    private static byte[] rules(int length, CcaIdentity identity) {
        byte[] rules = new byte[length];
        Arrays.fill(rules, (byte) ' ');
        byte[] serial = identity.serial().getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(serial, 0, rules, 0, serial.length);
        return rules;
    }

    private static void states(byte[] rules, int element, CcaIdentity.MasterKey key) {
        rules[element * CcaFacilityQuery.ELEMENT] = (byte) key.next().state();
        rules[(element + 1) * CcaFacilityQuery.ELEMENT] = (byte) key.current().state();
        rules[(element + 2) * CcaFacilityQuery.ELEMENT] = (byte) key.old().state();
    }

    private static void patterns(byte[] variables, CcaIdentity.MasterKey key, int old, int current, int next) {
        pattern(variables, old, key.old());
        pattern(variables, current, key.current());
        pattern(variables, next, key.next());
    }

    private static void pattern(byte[] variables, int offset, CcaIdentity.Register register) {
        byte[] pattern = register.patternBytes();
        System.arraycopy(pattern, 0, variables, offset, pattern.length);
    }

    private static byte[] refuse(Cprbx request, int returnCode, int reasonCode) {
        byte[] reply = answer(request, NOTHING, NOTHING);
        Cprbx.at(reply, Type86Header.LENGTH).result(returnCode, reasonCode);
        return reply;
    }

    private static byte[] answer(Cprbx request, byte[] parameters, byte[] data) {
        int count1 = Cprbx.LENGTH + parameters.length;
        int offset2 = Type86Header.LENGTH + (count1 + 3 & ~3);
        byte[] reply = new byte[data.length == 0 ? Type86Header.LENGTH + count1 : offset2 + data.length];
        Type86Header header = Type86Header.init(reply, count1);
        if (data.length > 0) {
            header.data(offset2, data.length);
            System.arraycopy(data, 0, reply, offset2, data.length);
        }
        Cprbx.init(reply, Type86Header.LENGTH, request.identifier()).domain(request.domain())
                .replyParameterLength(parameters.length).replyDataLength(data.length);
        System.arraycopy(parameters, 0, reply, Type86Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return reply;
    }

    private static byte[] error(int code) {
        return Type6Request.error(ErrorReply.TYPE88, code);
    }
}
