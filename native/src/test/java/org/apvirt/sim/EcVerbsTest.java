// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.EcVerb;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.apvirt.arch.cca.CcaResult.BAD_CLEAR_KEY;
import static org.apvirt.arch.cca.CcaResult.BAD_NUMBERS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EcVerbsTest {
    private static final byte[] HASH = CcaMasterKeysTest.counting(1, 32);
    private static final byte[] NOTHING = {};

    static Stream<Arguments> everyCurve() {
        return Stream.of(EcArithmetic.installed(), new JdkEc("asked for"))
                .flatMap(arithmetic -> arithmetic.curves().stream().map(curve -> Arguments.of(arithmetic, curve)));
    }

    private static CcaExchange card(EcArithmetic arithmetic) {
        return new CcaExchange(SimulatedMachine.builder(new VirtualTime()).ecArithmetic(arithmetic)
                .usageDomains(ApMask.of(4)).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).build());
    }

    private static EcClearToken key(CcaExchange card, EcCurve curve) {
        EcClearToken key = EcVerb.generated(card.send(EcVerb.generate(curve)).parameters());
        assertNotNull(key);
        return key;
    }

    @ParameterizedTest
    @MethodSource("everyCurve")
    void aGeneratedKeySignsAndItsPublicKeyVerifies(EcArithmetic arithmetic, EcCurve curve) {
        CcaExchange card = card(arithmetic);
        EcClearToken key = key(card, curve);
        byte[] signature = EcVerb.signed(curve, card.send(EcVerb.sign(key, HASH)).parameters());
        assertNotNull(signature);
        assertEquals(CcaResult.DONE, card.send(EcVerb.verify(key, HASH, signature)).result());
        signature[curve.bytes() / 2] ^= 1;
        assertEquals(CcaResult.BAD_SIGNATURE, card.send(EcVerb.verify(key, HASH, signature)).result());
        Arrays.fill(signature, (byte) -1);
        assertEquals(CcaResult.BAD_SIGNATURE, card.send(EcVerb.verify(key, HASH, signature)).result());
        assertEquals(CcaResult.BAD_SIGNATURE,
                card.send(EcVerb.verify(key, HASH, new byte[2 * curve.bytes()])).result());
    }

    @ParameterizedTest
    @MethodSource("everyCurve")
    void twoSidesDeriveTheSameSecret(EcArithmetic arithmetic, EcCurve curve) {
        CcaExchange card = card(arithmetic);
        EcClearToken a = key(card, curve);
        EcClearToken b = key(card, curve);
        byte[] one = EcVerb.derived(curve, card.send(EcVerb.derive(
                new EcClearToken(curve, EcClearToken.USAGE_DERIVE, a.privateKey(), b.publicKey()))).parameters());
        byte[] other = EcVerb.derived(curve, card.send(EcVerb.derive(
                new EcClearToken(curve, EcClearToken.USAGE_DERIVE, b.privateKey(), a.publicKey()))).parameters());
        assertNotNull(one);
        assertEquals(curve.bytes(), one.length);
        assertArrayEquals(one, other);
    }

    @ParameterizedTest
    @MethodSource("everyCurve")
    void aPointOffTheCurveIsRefused(EcArithmetic arithmetic, EcCurve curve) {
        CcaExchange card = card(arithmetic);
        EcClearToken key = key(card, curve);
        byte[] off = key.publicKey().clone();
        off[off.length - 1] ^= 1;
        byte[] signature = new byte[2 * curve.bytes()];
        signature[0] = 1;
        assertEquals(BAD_CLEAR_KEY,
                card.send(EcVerb.verify(EcClearToken.ofPublic(curve, off), HASH, signature)).result());
        CcaExchange.Reply reply = card.send(EcVerb.derive(
                new EcClearToken(curve, EcClearToken.USAGE_DERIVE, key.privateKey(), off)));
        assertEquals(BAD_NUMBERS, reply.result());
        assertEquals(0, reply.parameters().length);
    }

    @ParameterizedTest
    @MethodSource("everyCurve")
    void zeroAndTheOrderAreNoPrivateKeys(EcArithmetic arithmetic, EcCurve curve) {
        CcaExchange card = card(arithmetic);
        EcClearToken key = key(card, curve);
        byte[] order = RsaNumbers.bytes(curve.order(), curve.bytes());
        for (byte[] number : new byte[][]{new byte[curve.bytes()], order}) {
            EcClearToken wrong = new EcClearToken(curve, EcClearToken.USAGE_SIGN, number, key.publicKey());
            assertEquals(BAD_NUMBERS, card.send(EcVerb.sign(wrong, HASH)).result());
            assertEquals(BAD_NUMBERS, card.send(EcVerb.derive(wrong)).result());
        }
        byte[] greatest = RsaNumbers.bytes(curve.order().subtract(java.math.BigInteger.ONE), curve.bytes());
        assertTrue(curve.isPrivateKey(greatest));
    }

    @Test
    void aSharedSecretIsThePublishedOne() { // RFC 5903, section 8.1
        byte[] d = HexFormat.of().parseHex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
        byte[] other = HexFormat.of().parseHex("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                + "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
        byte[] secret = EcVerb.derived(EcCurve.P256, card(EcArithmetic.installed()).send(EcVerb.derive(
                new EcClearToken(EcCurve.P256, EcClearToken.USAGE_DERIVE, d, other))).parameters());
        assertEquals("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
                HexFormat.of().formatHex(secret));
    }

    @Test
    void aPublishedSignatureIsGood() { // RFC 6979, A.2.5: SHA-256 of "sample"
        byte[] point = HexFormat.of().parseHex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
        byte[] hash = HexFormat.of().parseHex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
        byte[] signature = HexFormat.of().parseHex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
        for (EcArithmetic arithmetic : new EcArithmetic[]{EcArithmetic.installed(), new JdkEc("asked for")}) {
            assertEquals(CcaResult.DONE, card(arithmetic)
                    .send(EcVerb.verify(EcClearToken.ofPublic(EcCurve.P256, point), hash, signature)).result());
        }
    }

    @Test
    void lengthsAreThoseThatLibicaSends() {
        EcClearToken key = new EcClearToken(EcCurve.P521, EcClearToken.USAGE_SIGN, new byte[66], new byte[132]);
        assertEquals(544 + 6 * 66, EcVerb.derive(key).length);
        assertEquals(16 + 64 + 2 + 119 + 3 * 66, EcVerb.sign(key, new byte[64]).length);
        assertEquals(18 + 20 + 2 * 66 + 2 + 27 + 2 * 66, EcVerb.verify(key, new byte[20], new byte[132]).length);
        assertEquals(139, EcVerb.generate(EcCurve.P521).length);
    }

    @Test
    void aReplyHasItsFieldsWhereLibicaLooksForThem() {
        CcaExchange card = card(EcArithmetic.installed());
        byte[] made = card.send(EcVerb.generate(EcCurve.P256)).parameters();
        assertEquals(92 + 32, (made[22] & 0xff) << 8 | made[23] & 0xff);
        assertEquals(32, (made[94] & 0xff) << 8 | made[95] & 0xff);
        assertEquals(0x21, made[112 + 32]);
        assertEquals(4, made[112 + 32 + 14]);
        EcClearToken key = key(card, EcCurve.P256);
        byte[] signed = card.send(EcVerb.sign(key, HASH)).parameters();
        assertEquals(2 * 32 + 8, (signed[4] & 0xff) << 8 | signed[5] & 0xff);
        assertEquals(12 + 64 + 2, signed.length);
        byte[] derived = card.send(EcVerb.derive(key)).parameters();
        assertEquals(32 + 4, (derived[20] & 0xff) << 8 | derived[21] & 0xff);
        assertEquals(24 + 32, derived.length);
    }

    @Test
    void withoutLibcryptoOtherCurvesAreRefused() {
        CcaExchange card = card(new JdkEc("asked for"));
        assertEquals(BAD_CLEAR_KEY, card.send(EcVerb.generate(EcCurve.BRAINPOOL256)).result());
        assertEquals(3, new JdkEc("asked for").curves().size());
    }

    @Test
    void anotherKeywordIsRefused() {
        CcaExchange card = card(EcArithmetic.installed());
        byte[] request = EcVerb.generate(EcCurve.P256);
        request[4] = 'X';
        assertEquals(CcaResult.BAD_KEYWORD, card.send(request).result());
        CcaParameters two = new CcaParameters(EcVerb.GENERATE, java.util.List.of("CLEAR", "CLEAR"), NOTHING,
                java.util.List.of(new CcaParameters.Item(0, NOTHING)));
        assertEquals(CcaResult.KEYWORD_COUNT, card.send(two.toBytes()).result());
    }

    @Test
    void libcryptoKnowsAllTwelveCurves() {
        if (EcArithmetic.installed() instanceof LibcryptoEc libcrypto) {
            assertEquals(12, libcrypto.curves().size());
            assertNull(libcrypto.sign(EcCurve.P256, new byte[32], HASH));
        }
    }
}
