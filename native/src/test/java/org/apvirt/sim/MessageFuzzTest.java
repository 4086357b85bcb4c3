// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Sender;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.CcaRsaBlock;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.RsaKeyToken;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whatever is sent to a card, it answers with a reply that is well-formed and of a kind that Linux knows from it. */
class MessageFuzzTest {
    private static final int ROUNDS = Integer.getInteger("rounds", 400); // for each kind of message
    private static final int DOMAIN = 4;

    private final Random random = new Random(7);

    private static byte[] number(int value, int length) {
        return RsaNumbers.bytes(BigInteger.valueOf(value), length);
    }

    private static byte[] accelerator(Format format) {
        Type50Message message = Type50Message.create(format);
        Operand[] operands = format.crt()
                ? new Operand[]{Operand.P, Operand.Q, Operand.DP, Operand.DQ, Operand.U, Operand.MESSAGE}
                : new Operand[]{Operand.MODULUS, Operand.EXPONENT, Operand.MESSAGE};
        int[] values = format.crt() ? new int[]{17, 23, 3, 5, 15, 42} : new int[]{391, 3, 42};
        for (int i = 0; i < operands.length; i++) {
            message.put(format, operands[i], number(values[i], 2), 0, 2);
        }
        return message.storage();
    }

    private static byte[] cca(int function, byte[] parameters, int dataRoom) {
        int length = Cprbx.LENGTH + parameters.length;
        byte[] message = new byte[Type6Header.LENGTH + length];
        Type6Header.init(message, FunctionCode.AGENT_CCA, function).toCardLength(1, length).fromCardLength(1, 4000)
                .fromCardLength(2, dataRoom);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(DOMAIN)
                .requestParameterLength(parameters.length).replyRoom(4000).replyDataRoom(dataRoom);
        System.arraycopy(parameters, 0, message, message.length - parameters.length, parameters.length);
        return message;
    }

    private static byte[] ep11(int queryType) {
        byte[] payload = new Ep11Payload(Ep11Payload.GET_INFO, DOMAIN).add(queryType).add(0).toBytes();
        int length = Ep11Cprb.LENGTH + payload.length;
        byte[] message = new byte[Type6Header.LENGTH + length];
        Type6Header.init(message, FunctionCode.AGENT_EP11, 0).requestId(1).toCardLength(1, length);
        Ep11Cprb.init(message, Type6Header.LENGTH).target(DOMAIN).returnCode(-1).payloadLength(payload.length);
        System.arraycopy(payload, 0, message, message.length - payload.length, payload.length);
        return message;
    }

    private static List<byte[]> requests(AdapterMode mode) {
        byte[] publicKey = RsaKeyToken.modulusExponent(number(3, 2), number(391, 2));
        byte[] privateKey = RsaKeyToken.crt(number(17, 9), number(23, 1), number(3, 9), number(5, 1), number(15, 9), 2);
        return switch (mode) {
            case ACCELERATOR -> List.of(accelerator(Format.MEB1), accelerator(Format.CRB1), accelerator(Format.MEB2));
            case CCA -> List.of(
                    cca(FunctionCode.PUBLIC_KEY,
                            CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, number(42, 2), publicKey), 0),
                    cca(FunctionCode.PRIVATE_KEY,
                            CcaRsaBlock.request(FunctionCode.PRIVATE_KEY, number(42, 2), privateKey), 0),
                    cca(FunctionCode.RANDOM, "RL\0\nRANDOM  \0\2\0\2".getBytes(StandardCharsets.US_ASCII), 32),
                    cca(FunctionCode.FACILITY_QUERY,
                            Arrays.copyOf(CcaFacilityQuery.request(CcaFacilityQuery.STATICSA), 40), 0));
            case EP11 -> List.of(ep11(Ep11Payload.QUERY_MODULE), ep11(Ep11Payload.QUERY_DOMAIN));
        };
    }

    private static List<Integer> replyTypes(AdapterMode mode) {
        return switch (mode) {
            case ACCELERATOR -> List.of(0x80, 0x82, 0x88);
            case CCA -> List.of(0x86, 0x82, 0x88);
            case EP11 -> List.of(0x86, 0x82, 0x87);
        };
    }

    private byte[] mutated(byte[] message) {
        byte[] changed = message.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> changed[random.nextInt(changed.length)] = (byte) random.nextInt();
                case 1 -> changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> changed = Arrays.copyOf(changed, 1 + random.nextInt(changed.length + 8));
                default -> {
                    int at = random.nextInt(changed.length);
                    Arrays.fill(changed, at, Math.min(at + 1 + random.nextInt(8), changed.length),
                            (byte) (random.nextBoolean() ? 0xff : 0));
                }
            }
        }
        return changed;
    }

    @ParameterizedTest
    @EnumSource(AdapterMode.class)
    void everyMessageGetsAReplyThatLinuxUnderstands(AdapterMode mode) {
        AdapterSpec card = AdapterSpec.of(5, 14, mode).cca(CcaIdentity.of("SERIAL"))
                .ep11(Ep11Identity.of("SERIAL"));
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).adapter(card)
                .qciFlags(0xf000_0000).usageDomains(ApMask.of(DOMAIN)).build();
        MessageEngine.Addressee addressee = new MessageEngine.Addressee(machine.adapter(card.apid()), card, DOMAIN,
                Sender.MACHINE);
        List<byte[]> requests = requests(mode);
        int answers = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] message;
            if (i % 8 == 0) {
                random.nextBytes(message = new byte[random.nextInt(600)]);
            } else {
                message = mutated(requests.get(i % requests.size()));
            }
            byte[] reply = addressee.answer(message);
            requireWellFormed(reply, mode, message);
            answers += reply[1] == (byte) 0x80 || reply[1] == (byte) 0x86 ? 1 : 0;
        }
        assertTrue(answers > ROUNDS / 100, "too few survive to test what comes after the header: " + answers);
    }

    private static void requireWellFormed(byte[] reply, AdapterMode mode, byte[] message) {
        String text = HexFormat.of().formatHex(message);
        int type = reply[1] & 0xff;
        assertTrue(replyTypes(mode).contains(type), text);
        assertEquals(0, reply[0], text);
        if (type == 0x80) {
            assertEquals(reply.length, (reply[2] & 0xff) << 8 | reply[3] & 0xff, text);
        } else if (type == 0x86) {
            Type86Header header = Type86Header.at(reply);
            int end = header.count2() == 0
                    ? header.offset1() + header.count1()
                    : header.offset2() + header.count2();
            assertEquals(reply.length, end, text);
            assertEquals(mode == AdapterMode.CCA ? 2 : 4, reply[48 + 2], text);
        } else {
            assertEquals(8, reply.length, text);
            assertTrue(reply[4] != 0, text);
        }
    }
}
