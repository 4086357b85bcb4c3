// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Sender;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.CcaRsaBlock;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.RsaKeyToken;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

class CcaEngineTest {
    private static final Apqn QUEUE = new Apqn(5, 4);
    private static final CcaIdentity.MasterKey AES = new CcaIdentity.MasterKey(CcaIdentity.Register.EMPTY,
            new CcaIdentity.Register('2', "c4d5a6b7c8d9eafb"), new CcaIdentity.Register('2', "0102030405060708"));
    private static final CcaIdentity.MasterKey APKA = new CcaIdentity.MasterKey(
            new CcaIdentity.Register('3', "1111111122222222"), new CcaIdentity.Register('2', "3333333344444444"),
            CcaIdentity.Register.EMPTY);
    private static final CcaIdentity.MasterKey ASYM = new CcaIdentity.MasterKey(new CcaIdentity.Register('2', ""),
            new CcaIdentity.Register('2', "00112233445566778899aabbccddeeff"),
            new CcaIdentity.Register('2', "ffeeddccbbaa99887766554433221100"));

    private static SimulatedMachineBuilder machine() {
        return SimulatedMachine.builder(new VirtualTime()).random(new Random(1)).usageDomains(ApMask.of(4, 6))
                .controlDomains(ApMask.of(4, 9)).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)
                        .cca(new CcaIdentity("93AADFK9", AES, APKA, ASYM)));
    }

    private static byte[] exchange(SimulatedMachine machine, byte[] request) {
        ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
        assertEquals(0, ap.nqap(QUEUE, 1, request, request.length, false) & 0x00ff_0000);
        byte[] buffer = new byte[12288];
        ap.dqap(QUEUE, buffer, 0);
        return Arrays.copyOf(buffer, ap.replyLength(buffer));
    }

    private static byte[] request(int function, byte[] parameters) {
        byte[] message = new byte[Type6Header.LENGTH + Cprbx.LENGTH + parameters.length];
        Type6Header.init(message, FunctionCode.AGENT_CCA, function).toCardLength(1, Cprbx.LENGTH + parameters.length)
                .fromCardLength(2, 4096);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(4)
                .requestParameterLength(parameters.length).replyDataRoom(4096);
        System.arraycopy(parameters, 0, message, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return message;
    }

    private static Cprbx control(byte[] reply) {
        return Cprbx.at(reply, Type86Header.LENGTH);
    }

    @Nested
    class Rsa {
        private final RSAPrivateCrtKey key = key();
        private final byte[] data = Arrays.copyOf(new byte[]{0, 1, 2, 3}, 128);
        private final BigInteger expected = new BigInteger(1, data).modPow(key.getPrivateExponent(), key.getModulus());

        private static RSAPrivateCrtKey key() {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
                generator.initialize(1024);
                return (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
            } catch (GeneralSecurityException e) {
                throw new AssertionError(e);
            }
        }

        private static byte[] bytes(BigInteger number, int length) {
            return RsaNumbers.bytes(number, length);
        }

        private void requireResult(byte[] reply) {
            assertEquals(274 + 130, reply.length);
            assertEquals(0, control(reply).returnCode());
            assertEquals(130, (reply[272] & 0xff) << 8 | reply[273] & 0xff);
            assertEquals(expected, new BigInteger(1, Arrays.copyOfRange(reply, 274, 402)));
            assertEquals(2, reply[403]);
        }

        @Test
        void withModulusAndExponentMatchesTheJdk() {
            byte[] token = RsaKeyToken.modulusExponent(bytes(key.getPrivateExponent(), 128),
                    bytes(key.getModulus(), 128));
            byte[] reply = exchange(machine().build(), request(FunctionCode.PUBLIC_KEY,
                    CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, data, token)));
            requireResult(reply);
        }

        @Test
        void withPrimesMatchesTheJdk() {
            byte[] token = RsaKeyToken.crt(bytes(key.getPrimeP(), 72), bytes(key.getPrimeQ(), 64),
                    bytes(key.getPrimeExponentP(), 72), bytes(key.getPrimeExponentQ(), 64),
                    bytes(key.getCrtCoefficient(), 72), 128);
            byte[] reply = exchange(machine().build(), request(FunctionCode.PRIVATE_KEY,
                    CcaRsaBlock.request(FunctionCode.PRIVATE_KEY, data, token)));
            requireResult(reply);
        }

        @Test
        void withAnEvenModulusFailsWithEightAndSixtySix() {
            byte[] token = RsaKeyToken.modulusExponent(new byte[]{3}, new byte[]{100});
            byte[] reply = exchange(machine().build(), request(FunctionCode.PUBLIC_KEY,
                    CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, new byte[]{5}, token)));
            assertEquals(8, control(reply).returnCode());
            assertEquals(66, control(reply).reasonCode());
        }

        @Test
        void withMoreThan4096BitsFailsWithEightAndSeventyTwo() {
            for (int length : new int[]{513, 1000}) {
                byte[] ones = new byte[length];
                Arrays.fill(ones, (byte) -1);
                byte[] tooLong = CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, new byte[]{5},
                        RsaKeyToken.modulusExponent(new byte[]{3}, ones));
                byte[] tooMuch = CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, ones,
                        RsaKeyToken.modulusExponent(new byte[]{3}, new byte[]{101}));
                for (byte[] block : new byte[][]{tooLong, tooMuch}) {
                    byte[] reply = exchange(machine().build(), request(FunctionCode.PUBLIC_KEY, block));
                    assertEquals(8, control(reply).returnCode());
                    assertEquals(72, control(reply).reasonCode());
                }
            }
        }

        @Test
        void withADataBlockThatIsNoKeyFailsWithTwelveAnd769() {
            byte[] reply = exchange(machine().build(), request(FunctionCode.PUBLIC_KEY,
                    CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, new byte[]{5}, new byte[40])));
            assertEquals(12, control(reply).returnCode());
            assertEquals(769, control(reply).reasonCode());
        }
    }

    @Test
    void randomNumbersFillTheRoomAndDifferFromCallToCall() {
        SimulatedMachine machine = machine().build();
        byte[] request = request(FunctionCode.RANDOM, "RL\0\nRANDOM  \0\2\0\2".getBytes(StandardCharsets.US_ASCII));
        byte[] first = exchange(machine, request);
        byte[] second = exchange(machine, request);
        Type86Header header = Type86Header.at(first);
        assertEquals(4096, header.count2());
        assertEquals(first.length, header.offset2() + header.count2());
        assertFalse(Arrays.equals(first, second));
        assertArrayEquals(first, exchange(machine().build(), request), "the same seed gives the same numbers");
    }

    @Nested
    class TheFacilityQuery {
        private byte[] variables;
        private byte[] rules;

        private void query(String keyword) {
            byte[] reply = exchange(machine().build(),
                    request(FunctionCode.FACILITY_QUERY, CcaFacilityQuery.request(keyword)));
            assertEquals(0, control(reply).returnCode());
            assertEquals(reply.length, 48 + Type86Header.at(reply).count1());
            int parameters = 48 + 220;
            int ruleLength = reply[parameters + 3] & 0xff;
            rules = Arrays.copyOfRange(reply, parameters + 4, parameters + 2 + ruleLength);
            int variablesAt = parameters + 2 + ruleLength;
            variables = Arrays.copyOfRange(reply, variablesAt + 2, reply.length);
            assertEquals(variables.length + 2, (reply[variablesAt] & 0xff) << 8 | reply[variablesAt + 1] & 0xff);
        }

        private String hex(int offset, int length) {
            return HexFormat.of().formatHex(variables, offset, offset + length);
        }

        @Test
        void forStaticsaTellsSerialNumberAsymAndAes() {
            query("STATICSA");
            assertEquals(128, rules.length);
            assertEquals(256, variables.length);
            assertEquals("93AADFK9", new String(rules, 0, 8, StandardCharsets.US_ASCII));
            assertEquals("2       2       2       1       2       2       ",
                    new String(rules, 32, 48, StandardCharsets.US_ASCII));
            assertEquals("ffeeddccbbaa99887766554433221100", hex(64, 16));
            assertEquals("00112233445566778899aabbccddeeff", hex(84, 16));
            assertEquals("00".repeat(16), hex(104, 16));
            assertEquals("0102030405060708", hex(172, 8));
            assertEquals("c4d5a6b7c8d9eafb", hex(184, 8));
            assertEquals("00".repeat(8), hex(196, 8));
        }

        @Test
        void forStaticsbTellsApka() {
            query("STATICSB");
            assertEquals(128, rules.length);
            assertEquals(256, variables.length);
            assertEquals("3       2       1       ", new String(rules, 80, 24, StandardCharsets.US_ASCII));
            assertEquals("00".repeat(8), hex(208, 8));
            assertEquals("3333333344444444", hex(220, 8));
            assertEquals("1111111122222222", hex(232, 8));
        }

        @Test
        void forAnythingElseFails() {
            byte[] reply = exchange(machine().build(),
                    request(FunctionCode.FACILITY_QUERY, CcaFacilityQuery.request("STATXXXX")));
            assertEquals(8, control(reply).returnCode());
        }

        @Test
        void padsAShortSerialNumberWithBlanks() {
            byte[] reply = exchange(
                    SimulatedMachine.builder(new VirtualTime()).usageDomains(ApMask.of(4))
                            .adapter(AdapterSpec.of(5, 14, AdapterMode.CCA).cca(CcaIdentity.of("ABC")))
                            .build(),
                    request(FunctionCode.FACILITY_QUERY, CcaFacilityQuery.request("STATICSA")));
            assertEquals("ABC     ", new String(reply, 272, 8, StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aCardWithoutIdentityCallsEveryRequestMalformed() {
        SimulatedMachine machine = machine().build();
        machine.adapter(5).change(AdapterSpec::withoutIdentity);
        for (byte[] request : new byte[][]{new byte[1], new byte[400],
                request(FunctionCode.FACILITY_QUERY, CcaFacilityQuery.request("STATICSA"))}) {
            assertEquals("0082000022000000", HexFormat.of().formatHex(exchange(machine, request)));
        }
    }

    @Test
    void anUnknownFunctionIsAMalformedMessage() {
        assertEquals("0082000022000000",
                HexFormat.of().formatHex(exchange(machine().build(), request(0x4141, new byte[]{0x41, 0x41}))));
    }

    @ParameterizedTest(name = "byte {0} = {1}: {2}")
    @CsvSource({"1, 0x50, 0088000020000000", "33, 0x58, 0088000022000000", "19, 0x57, 0088000022000000",
            "56, 0x7f, 0082000023000000", "59, 4, 0082000023000000", "90, 4, 0088000022000000",
            "100, 0x7f, 0082000023000000"})
    void aHeaderThatIsWrongIsRefused(int offset, String value, String expected) {
        byte[] request = request(FunctionCode.FACILITY_QUERY, CcaFacilityQuery.request("STATICSA"));
        request[offset] = (byte) (int) Integer.decode(value);
        assertEquals(expected, HexFormat.of().formatHex(exchange(machine().build(), request)));
    }

    @Test
    void everyPrefixOfARequestGetsAnErrorReply() {
        SimulatedMachine machine = machine().build();
        byte[] request = request(FunctionCode.RANDOM, "RL\0\nRANDOM  \0\2\0\2".getBytes(StandardCharsets.US_ASCII));
        for (int length = 1; length < request.length; length++) {
            assertEquals("0082000023000000",
                    HexFormat.of().formatHex(exchange(machine, Arrays.copyOf(request, length))));
        }
    }

    @Nested
    class ADomainInTheMessage {
        private static byte[] forDomain(int domain) {
            byte[] request = request(FunctionCode.FACILITY_QUERY, CcaFacilityQuery.request("STATICSA"));
            Cprbx.at(request, Type6Header.LENGTH).domain(domain);
            return request;
        }

        @ParameterizedTest(name = "{0}: {1}")
        @CsvSource({"4, 86", "0xffff, 86", "9, 86", "6, 82"})
        void isAllowedIfItIsTheQueuesOrAControlDomain(String domain, String type) {
            byte[] reply = exchange(machine().build(), forDomain(Integer.decode(domain)));
            assertEquals(type, HexFormat.of().toHexDigits(reply[1]));
            assertEquals(type.equals("82") ? 0x8b : 0, reply[4] & 0xff);
        }

        @ParameterizedTest(name = "{0}: {1}")
        @CsvSource({"4, 86", "9, 82", "6, 82"})
        void ofAGuestMustBeOneThatTheGuestControls(int domain, String type) {
            SimulatedMachine machine = machine().build();
            byte[] request = forDomain(domain);
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x4000_0504);
            regs.gr(5, request.length);
            assertEquals(0,
                    machine.instructions().nqap(regs, new ArrayStorage(request), 2, 4,
                            new Sender(ApMask.of(6, 200), new byte[Sender.MASK_LENGTH])));
            ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
            byte[] reply = new byte[4096];
            ap.dqap(QUEUE, reply, 0);
            assertEquals(type, HexFormat.of().toHexDigits(reply[1]));
            assertEquals(type.equals("82") ? 0x8b : 0, reply[4] & 0xff);
        }

        @Test
        void thatIsNotConfiguredIsResponseCode42OrReplyCode8a() {
            SimulatedMachine machine = machine().build();
            ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
            byte[] request = forDomain(7);
            assertEquals(0x8042_0000, ap.nqap(QUEUE, 1, request, request.length, false));
            assertEquals("008200008a000000",
                    HexFormat.of().formatHex(exchange(machine().qciFlags(0xd000_0000).build(), request)));
        }
    }

    /** Linux 6.1 takes offset2 + count2 for the length of a reply, data or not; with zeros it would see its own request. */
    @Test
    void aReplyWithoutDataEndsWhereItsDataWouldBegin() {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).build();
        for (byte[] parameters : new byte[][]{CcaFacilityQuery.request("STATICSA"),
                org.apvirt.arch.cca.AesKeyVerb.generate(256)}) {
            byte[] reply = new CcaExchange(machine).send(parameters).message();
            Type86Header header = Type86Header.at(reply);
            assertEquals(reply.length, header.offset2() + header.count2());
            assertEquals(reply.length, header.offset1() + header.count1());
        }
    }
}
