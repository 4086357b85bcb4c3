// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Sender;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.AesKeyVerb.Part;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.EcVerb;
import org.apvirt.arch.cca.MasterKeyCommand;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Each field of each request for keys is made wrong, through NQAP: the card answers with a well-formed reply, and
 * the queue takes the next request.
 */
class KeyMessageFuzzTest {
    private static final Apqn CCA = new Apqn(5, 4);
    private static final Apqn EP11 = new Apqn(9, 4);
    private static final int CCA_START = Type6Header.LENGTH + Cprbx.LENGTH;
    private static final int EP11_START = Type6Header.LENGTH + Ep11Cprb.LENGTH;
    /** How often each request is made wrong at random; {@code -Drounds=300} takes minutes and sees little more. */
    private static final int RANDOM_ROUNDS = Integer.getInteger("rounds", 30);
    private static final boolean THOROUGH = RANDOM_ROUNDS > 100;
    private static final byte[] NOTHING = {};
    private static final int INVALID_DOMAIN = 0x0042_0000; // a changed field named another domain
    private static final byte[] REFUSED = {0, (byte) 0x82, 0, 0, 0, 0, 0, 0};

    private static final SimulatedMachine MACHINE = machine();
    private static final ApCommands AP = new ApCommands(MACHINE.instructions(), MACHINE.facilities());

    private static SimulatedMachine machine() {
        byte[] key = CcaMasterKeysTest.counting(0, 32);
        DomainKeys keys = DomainKeys.NONE.with(MasterKeySet.AES, key).with(MasterKeySet.APKA, key)
                .with(new WrappingKey(true, WrappingKey.register(key), KeyRegister.EMPTY, false));
        return SimulatedMachine.builder(new VirtualTime()).random(new Random(1)).administration(true)
                .usageDomains(ApMask.of(4)).adapter(AdapterSpec.of(5, 13, AdapterMode.CCA).keys(4, keys))
                .adapter(AdapterSpec.of(9, 13, AdapterMode.EP11).keys(4, keys)).build();
    }

    private static final Map<String, byte[]> REQUESTS = requests();

    private static byte[] exchange(Apqn queue, byte[] message) {
        int word = AP.nqap(queue, 1, message, message.length, false);
        if ((word & 0x00ff_0000) == INVALID_DOMAIN) {
            return REFUSED;
        }
        assertEquals(0, word & 0x00ff_0000, "NQAP of " + HexFormat.of().formatHex(message));
        byte[] buffer = new byte[12288];
        AP.dqap(queue, buffer, 0);
        return Arrays.copyOf(buffer, AP.replyLength(buffer));
    }

    private static byte[] cca(byte[] parameters) {
        return CcaExchange.message(FunctionCode.CPRB_CCA_USAGE, 4, parameters);
    }

    private static byte[] ep11(Ep11Payload payload, int flags) {
        byte[] bytes = payload.toBytes();
        byte[] message = new byte[EP11_START + bytes.length];
        Type6Header.init(message, FunctionCode.AGENT_EP11, 0).requestId(1).toCardLength(1,
                Ep11Cprb.LENGTH + bytes.length);
        Ep11Cprb.init(message, Type6Header.LENGTH).flags(flags).target(4).payloadLength(bytes.length);
        System.arraycopy(bytes, 0, message, EP11_START, bytes.length);
        return message;
    }

    private static byte[] token(byte[] parameters, int function) {
        byte[] reply = exchange(CCA, cca(parameters));
        return AesKeyVerb.token(Arrays.copyOfRange(reply, 268, reply.length), function);
    }

    private static Map<String, byte[]> requests() {
        byte[] data = token(AesKeyVerb.generate(256), AesKeyVerb.GENERATE);
        byte[] cipher = token(AesKeyVerb.generateCipher(192, 0), AesKeyVerb.GENERATE_CIPHER);
        byte[] first = AesKeyVerb.importPart(Part.FIRST, 128, new byte[16], AesCipherToken.skeleton(0));
        byte[] token = token(first, AesKeyVerb.IMPORT_PART);
        byte[] curve = MACHINE.adapter(5).cryptoDomain(4).ecToken(EcCurve.P256, CcaMasterKeysTest.counting(1, 32),
                true);
        EcArithmetic.Key pair = EcArithmetic.installed().generate(EcCurve.P256);
        EcClearToken key = new EcClearToken(EcCurve.P256, EcClearToken.USAGE_SIGN, pair.privateKey(),
                pair.publicKey());
        byte[] hash = new byte[32];
        byte[] blobReply = exchange(EP11, ep11(Ep11KeyFunction.generate(256, 0x6c00, 4), 0));
        byte[] blob = Ep11Payload.parse(Arrays.copyOfRange(blobReply, 80, blobReply.length)).field(3);
        Map<String, byte[]> requests = new LinkedHashMap<>();
        requests.put("KG", cca(AesKeyVerb.generate(128)));
        requests.put("CM", cca(AesKeyVerb.importKey(new byte[24])));
        requests.put("US", cca(AesKeyVerb.protect(data)));
        requests.put("GK", cca(AesKeyVerb.generateCipher(128, 0)));
        requests.put("IP FIRST", cca(first));
        requests.put("IP ADD-PART", cca(AesKeyVerb.importPart(Part.ADD, 128, new byte[16], token)));
        requests.put("AU", cca(AesKeyVerb.protectCipher(cipher)));
        requests.put("AU with a curve", cca(AesKeyVerb.protectCipher(curve)));
        requests.put("PG", cca(EcVerb.generate(EcCurve.P256)));
        requests.put("SG", cca(EcVerb.sign(key, hash)));
        requests.put("SV", cca(EcVerb.verify(key, hash, new byte[64])));
        requests.put("DH", cca(EcVerb.derive(key)));
        requests.put("AV", CcaExchange.message(MasterKeyCommand.CPRB, 4,
                new MasterKeyCommand("CLR-OLD", "AES", 4, NOTHING).toBytes()));
        requests.put("21", ep11(Ep11KeyFunction.generate(256, 0, 4), 0));
        requests.put("19", ep11(Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, blob, new byte[20], 4), 0));
        requests.put("34", ep11(Ep11KeyFunction.unwrap(128, 0, blob, new byte[32], 4), 0));
        requests.put("33", ep11(Ep11KeyFunction.wrap(blob, 4), Ep11Cprb.SPECIAL));
        requests.put("41", ep11(Ep11KeyFunction.administration(28, 4), Ep11Cprb.ADMIN));
        return requests;
    }

    static Stream<String> everyRequest() {
        return REQUESTS.keySet().stream();
    }

    /** EP11 functions have numbers, CCA verbs letters. */
    private static boolean isCca(String name) {
        return Character.isLetter(name.charAt(0));
    }

    private static byte[] right(String name) {
        return Objects.requireNonNull(REQUESTS.get(name));
    }

    private static void requireAnswer(String name, byte[] message, String what) {
        boolean cca = isCca(name);
        byte[] reply;
        try {
            reply = exchange(cca ? CCA : EP11, message);
        } catch (RuntimeException e) {
            throw new AssertionError(name + ", " + what + ": " + HexFormat.of().formatHex(message), e);
        }
        int type = reply[1] & 0xff;
        assertTrue(List.of(0x86, 0x82, cca ? 0x88 : 0x87).contains(type), what);
        if (type == 0x86) {
            Type86Header header = Type86Header.at(reply);
            int end = header.count2() == 0
                    ? header.offset1() + header.count1()
                    : header.offset2() + header.count2();
            assertEquals(reply.length, end, what);
        }
    }

    @ParameterizedTest
    @MethodSource("everyRequest")
    void everyTwoBytesAreMadeWrong(String name) {
        byte[] right = right(name);
        boolean cca = isCca(name);
        for (int at = cca ? CCA_START : EP11_START; at < right.length - 1; at++) {
            int value = ByteBuffer.wrap(right).getShort(at);
            int[] values = {0, value - 1, value + 1, 0x7fff, 0xffff};
            // Two of them at each place: what takes one kind amiss does so at the next places too.
            int[] some = {values[at % 5], values[(at + 2) % 5]};
            for (int wrong : THOROUGH ? values : some) {
                byte[] message = right.clone();
                ByteBuffer.wrap(message).putShort(at, (short) wrong);
                requireAnswer(name, message, "bytes " + at + " are " + Integer.toHexString(wrong & 0xffff));
            }
        }
        requireAnswer(name, right, "right again");
    }

    @ParameterizedTest
    @MethodSource("everyRequest")
    void everyShorterBlockIsAnswered(String name) {
        byte[] right = right(name);
        boolean cca = isCca(name);
        int start = cca ? CCA_START : EP11_START;
        for (int length = start; length < right.length; length++) {
            byte[] message = Arrays.copyOf(right, length);
            Type6Header.at(message).toCardLength(1, length - Type6Header.LENGTH);
            if (cca) {
                Cprbx.at(message, Type6Header.LENGTH).requestParameterLength(length - start);
            } else {
                Ep11Cprb.at(message, Type6Header.LENGTH).payloadLength(length - start);
            }
            requireAnswer(name, message, "cut to " + length);
        }
    }

    @ParameterizedTest
    @MethodSource("everyRequest")
    void randomBytesAreAnswered(String name) {
        Random random = new Random(11);
        for (int round = 0; round < RANDOM_ROUNDS; round++) {
            byte[] message = right(name).clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                message[Type6Header.LENGTH + random.nextInt(message.length - Type6Header.LENGTH)] = (byte) random
                        .nextInt();
            }
            requireAnswer(name, message, "round " + round);
        }
    }

    /** Queues use the room of a message again as soon as the card has answered. */
    @ParameterizedTest
    @MethodSource("everyRequest")
    void theAnswerIsNoPartOfTheMessage(String name) {
        SimulatedAdapter card = Objects.requireNonNull(MACHINE.adapter(isCca(name) ? 5 : 9));
        byte[] message = right(name).clone();
        byte[] reply = Objects.requireNonNull(
                new MessageEngine.Addressee(card, card.spec(), 4, Sender.MACHINE).answer(message));
        byte[] before = reply.clone();
        Arrays.fill(message, (byte) 0xff);
        assertArrayEquals(before, reply);
    }
}
