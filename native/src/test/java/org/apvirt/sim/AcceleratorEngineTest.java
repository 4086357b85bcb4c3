// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Sender;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AcceleratorEngineTest {
    private static final AdapterSpec CARD = AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR);

    private KeyPair keys;

    @BeforeAll
    void makeKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        keys = generator.generateKeyPair();
    }

    private static byte[] reply(byte[] message) {
        return reply(message, CARD);
    }

    private static byte[] reply(byte[] message, AdapterSpec card) {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).adapter(card).usageDomains(ApMask.of(4))
                .build();
        return AcceleratorEngine.INSTANCE.reply(message,
                new MessageEngine.Addressee(machine.adapter(card.apid()), card, 4, Sender.MACHINE));
    }

    private static void put(Type50Message message, Format format, Operand operand, BigInteger number) {
        byte[] bytes = RsaNumbers.bytes(number, operand.lengthBytes(format));
        message.put(format, operand, bytes, 0, bytes.length);
    }

    private byte[] request(Format format, BigInteger operand) {
        RSAPrivateCrtKey key = (RSAPrivateCrtKey) keys.getPrivate();
        Type50Message message = Type50Message.create(format);
        if (format.crt()) {
            put(message, format, Operand.P, key.getPrimeP());
            put(message, format, Operand.Q, key.getPrimeQ());
            put(message, format, Operand.DP, key.getPrimeExponentP());
            put(message, format, Operand.DQ, key.getPrimeExponentQ());
            put(message, format, Operand.U, key.getCrtCoefficient());
        } else {
            put(message, format, Operand.EXPONENT, key.getPrivateExponent());
            put(message, format, Operand.MODULUS, key.getModulus());
        }
        put(message, format, Operand.MESSAGE, operand);
        return message.storage();
    }

    private static byte[] small(int exponent, int modulus, int operand) {
        Type50Message message = Type50Message.create(Format.MEB1);
        put(message, Format.MEB1, Operand.EXPONENT, BigInteger.valueOf(exponent));
        put(message, Format.MEB1, Operand.MODULUS, BigInteger.valueOf(modulus));
        put(message, Format.MEB1, Operand.MESSAGE, BigInteger.valueOf(operand));
        return message.storage();
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void decryptsWhatTheJdkEncrypts(Format format) throws GeneralSecurityException {
        byte[] clear = Arrays.copyOf(new byte[]{0, 2, 3, 4, 5}, 128);
        Cipher cipher = Cipher.getInstance("RSA/ECB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, keys.getPublic());
        byte[] reply = reply(request(format, new BigInteger(1, cipher.doFinal(clear))));
        assertEquals(16 + format.modulusBytes(), reply.length);
        assertArrayEquals(clear, Arrays.copyOfRange(reply, reply.length - 128, reply.length));
        assertArrayEquals(new byte[format.modulusBytes() - 128], Arrays.copyOfRange(reply, 16, reply.length - 128));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"MEB1, 190, 90", "MEB2, 310, 110", "MEB3, 610, 210", "CRB1, 1d0, 90", "CRB2, 390, 110",
            "CRB3, 710, 210"})
    void requestsAndRepliesHaveTheLengthsOfTheirFormat(Format format, String request, String reply) {
        byte[] message = request(format, BigInteger.TWO);
        assertEquals(HexFormat.fromHexDigits(request), message.length);
        assertEquals("00800" + "0".repeat(3 - reply.length()) + reply + "00".repeat(12),
                HexFormat.of().formatHex(reply(message), 0, 16));
    }

    @ParameterizedTest(name = "{2} to the power of {0} modulo {1} is refused with {3}")
    @CsvSource({"3, 390, 5, 85", "3, 0, 5, 82", "3, 391, 391, 84", "3, 391, 400, 84"})
    void operandsThatRsaCannotTakeAreRefused(int exponent, int modulus, int operand, String code) {
        assertEquals("00820000" + code + "000000",
                HexFormat.of().formatHex(reply(small(exponent, modulus, operand))));
    }

    @Test
    void anEvenPrimeIsRefused() {
        Type50Message message = Type50Message.create(Format.CRB1);
        put(message, Format.CRB1, Operand.P, BigInteger.valueOf(17));
        put(message, Format.CRB1, Operand.Q, BigInteger.valueOf(22));
        assertEquals("0082000085000000", HexFormat.of().formatHex(reply(message.storage())));
    }

    @ParameterizedTest(name = "byte {0} = {1}: {2}")
    @CsvSource({"1, 6, 0088000020000000", "9, 9, 0082000029000000", "9, 2, 0082000080000000", "3, 0, 0082000080000000",
            "0, 1, 0082000024000000", "4, 1, 0082000024000000", "15, 1, 0082000024000000"})
    void aHeaderThatIsWrongIsRefused(int offset, int value, String expected) {
        byte[] message = small(3, 391, 5);
        message[offset] = (byte) value;
        assertEquals(expected, HexFormat.of().formatHex(reply(message)));
    }

    @Test
    void theFifthByteIsIgnored() {
        byte[] message = small(3, 391, 5);
        message[5] = 1;
        assertEquals(0x7d, reply(message)[143]);
    }

    @Test
    void everyPrefixOfARequestIsRefusedForItsLength() {
        byte[] message = small(3, 391, 5);
        for (int length = 0; length < message.length; length++) {
            assertEquals("0082000080000000", HexFormat.of().formatHex(reply(Arrays.copyOf(message, length))));
        }
    }

    @ParameterizedTest(name = "{0} with functions {1}")
    @CsvSource({"MEB3, aa000000", "CRB3, ca000000"})
    void numbersOf4096BitsNeedTheirFunctionBit(Format format, String functions) {
        byte[] message = request(format, BigInteger.TWO);
        assertEquals("0082000084000000", HexFormat.of()
                .formatHex(reply(message, CARD.functions(HexFormat.fromHexDigits(functions)))));
        assertEquals(0x210, reply(message).length);
    }
}
