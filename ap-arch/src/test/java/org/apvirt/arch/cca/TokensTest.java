// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Key tokens and parameter blocks, byte by byte: what is written, and which bytes a reader looks at. */
class TokensTest {
    private static final HexFormat HEX = HexFormat.of();

    static byte[] counting(int first, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    /** Returns the runs of bytes, {@code first-last}, of which a change makes a reader refuse. */
    static String refused(byte[] bytes, Predicate<byte[]> reads) {
        List<String> runs = new ArrayList<>();
        int first = -1;
        for (int i = 0; i <= bytes.length; i++) {
            boolean refuses = false;
            if (i < bytes.length) {
                byte[] changed = bytes.clone();
                changed[i] ^= 0x41;
                refuses = !reads.test(changed);
            }
            if (refuses && first < 0) {
                first = i;
            } else if (!refuses && first >= 0) {
                runs.add(first == i - 1 ? "" + first : first + "-" + (i - 1));
                first = -1;
            }
        }
        return String.join(" ", runs);
    }

    @Test
    void aClearEcKeyIsWrittenAsItIsDrawn() {
        EcClearToken key = new EcClearToken(EcCurve.BRAINPOOL160, EcClearToken.USAGE_SIGN, counting(1, 20),
                counting(0x41, 40));
        assertEquals("1e00" + "00af" + "00000000" // header
                + "2000" + "0070" + "00000000" + "80" + "01" + "4000" + "00a0" + "0010" + "00".repeat(56) + "0010"
                + "0014"
                + "0000" + "0010" + "000000" + "01" + "00a0" + "80" + "40" + "00000000" // associated data
                + HEX.formatHex(counting(1, 20))
                + "2100" + "0037" + "00000000" + "0100" + "00a0" + "0029" + "04" + HEX.formatHex(counting(0x41, 40)),
                HEX.formatHex(key.toBytes()));
    }

    @ParameterizedTest
    @EnumSource(EcCurve.class)
    void aClearEcKeyIsReadAsItWasWritten(EcCurve curve) {
        int n = curve.bytes();
        EcClearToken whole = new EcClearToken(curve, EcClearToken.USAGE_DERIVE, counting(1, n), counting(7, 2 * n));
        EcClearToken read = EcClearToken.parse(whole.toBytes());
        assertNotNull(read);
        assertEquals(List.of(curve, EcClearToken.USAGE_DERIVE), List.of(read.curve(), read.usage()));
        assertArrayEquals(counting(1, n), read.privateKey());
        assertArrayEquals(counting(7, 2 * n), read.publicKey());
        EcClearToken skeleton = EcClearToken.parse(
                new EcClearToken(curve, EcClearToken.USAGE_SIGN, new byte[0], new byte[0]).toBytes());
        assertNotNull(skeleton);
        assertEquals(0, skeleton.privateKey().length + skeleton.publicKey().length);
        EcClearToken publicKey = EcClearToken.parse(whole.toPublicBytes());
        assertNotNull(publicKey);
        assertEquals(0, publicKey.privateKey().length);
        assertArrayEquals(counting(7, 2 * n), publicKey.publicKey());
    }

    @Test
    void ofAClearEcKeyTheseBytesMustBeRight() {
        EcClearToken key = new EcClearToken(EcCurve.P256, EcClearToken.USAGE_SIGN, counting(1, 32), counting(7, 64));
        assertEquals("0 2-3 8 10-11 17-18 20-21 80-83 132 134-135 140 142-146",
                refused(key.toBytes(), bytes -> EcClearToken.parse(bytes) != null));
        assertEquals("0 2-3 8 10-11 16 18-22",
                refused(key.toPublicBytes(), bytes -> EcClearToken.parse(bytes) != null));
        byte[] token = key.toBytes();
        for (int length = 0; length < token.length; length++) {
            assertNull(EcClearToken.parse(Arrays.copyOf(token, length)), "cut to " + length);
        }
    }

    @Test
    void ofAParameterBlockTheLengthsMustBeRight() {
        byte[] block = new CcaParameters(0x4b47, List.of("AES", "OP"), counting(1, 5),
                List.of(new CcaParameters.Item(0x0030, counting(9, 3)), new CcaParameters.Item(0x10, new byte[0])))
                .toBytes();
        assertEquals("4b47" + "0012" + "4145532020202020" + "4f50202020202020" + "0007" + "0102030405" + "000d"
                + "00070030090a0b"
                + "00040010", HEX.formatHex(block));
        assertEquals("2-3 20-21 27-30 36-37",
                refused(block, bytes -> CcaParameters.parse(bytes, 0, bytes.length) != null));
        CcaParameters read = CcaParameters.parse(block, 0, block.length);
        assertNotNull(read);
        assertEquals(List.of("AES", "OP"), read.rules());
        assertArrayEquals(counting(1, 5), read.variable());
        assertEquals(List.of(0x30, 0x10), read.keys().stream().map(CcaParameters.Item::attributes).toList());
        assertArrayEquals(counting(9, 3), read.keys().get(0).bytes());
        assertEquals("[2, 20, 27]",
                IntStream.range(0, block.length).filter(it -> CcaParameters.parse(block, 0, it) != null)
                        .boxed().toList().toString());
        read.erase();
        assertArrayEquals(new byte[5], read.variable());
        assertArrayEquals(new byte[3], read.keys().get(0).bytes());
        byte[] shifted = new byte[block.length + 3];
        System.arraycopy(block, 0, shifted, 2, block.length);
        assertNotNull(CcaParameters.parse(shifted, 2, block.length));
        assertEquals("4b47" + "000a" + "4b45590000000000".replace("0000000000", "2020202020") + "0002",
                HEX.formatHex(new CcaParameters(0x4b47, List.of("KEY"), new byte[0], List.of()).toBytesWithoutKeys()));
    }

    @Test
    void ofACipherKeyTheseBytesMustBeRight() {
        byte[] skeleton = AesCipherToken.skeleton(0);
        assertEquals("0100003805" + "00".repeat(25) + "01" + "00" + "001a" + "00".repeat(7) + "02" + "0001" + "02"
                + "c000" + "ff00"
                + "03" + "08c8" + "00000000", HEX.formatHex(skeleton));
        assertEquals("0 2-4 28 34-36 38-39 41", refused(skeleton, bytes -> AesCipherToken.parse(bytes) != null));
        assertTrue(AesCipherToken.isKind(skeleton));
        assertFalse(AesCipherToken.isKind(new byte[]{1, 0, 0, 0}));
        for (int payload : new int[]{8, 63, 64, 72, 80, 88}) {
            for (int version = 0; version < 3; version++) {
                byte[] token = Arrays.copyOf(skeleton, 56 + payload);
                token[3] = (byte) token.length;
                token[28] = (byte) version;
                token[38] = (byte) (8 * payload >> 8);
                token[39] = (byte) (8 * payload);
                boolean known = version == 0 && (payload == 64 || payload == 72 || payload == 80)
                        || version == 1 && payload == 80;
                assertEquals(known, AesCipherToken.parse(token) != null, payload + " bytes, version " + version);
            }
        }
    }

    @Test
    void aCipherKeyGetsStatePatternAndPayload() {
        AesCipherToken skeleton = AesCipherToken.parse(AesCipherToken.skeleton(0));
        assertNotNull(skeleton);
        assertEquals(0, skeleton.payload().length);
        assertEquals(List.of(64, 72, 80), IntStream.of(128, 192, 256).map(skeleton::payloadLength).boxed().toList());
        AesCipherToken key = skeleton.with(AesCipherToken.COMPLETE, counting(0x21, 8), 64).payload(counting(1, 64));
        assertEquals(
                "01000078050000000301" + HEX.formatHex(counting(0x21, 8)) + "00".repeat(8) + "02020000" + "0100001a"
                        + "0000000002000002" + "000102c000ff000308c800000000" + HEX.formatHex(counting(1, 64)),
                HEX.formatHex(key.toBytes()));
        assertEquals(AesCipherToken.COMPLETE, key.state());
        assertArrayEquals(counting(0x21, 8), key.pattern());
        assertArrayEquals(counting(1, 64), key.payload());
        assertArrayEquals(Arrays.copyOf(key.toBytes(), 56), key.header());
        assertTrue(key.mayBeExported());
        AesCipherToken kept = AesCipherToken.parse(AesCipherToken.skeleton(0x0008));
        assertNotNull(kept);
        assertTrue(kept.mayBeExported());
        assertEquals("0800", HEX.formatHex(AesCipherToken.skeleton(0x00c8), 50, 52));
        assertEquals("f8c8", HEX.formatHex(AesCipherToken.skeleton(0xf000), 50, 52));
        byte[] notForExport = key.toBytes();
        notForExport[50] &= ~0x08;
        AesCipherToken other = AesCipherToken.parse(notForExport);
        assertNotNull(other);
        assertFalse(other.mayBeExported());
        byte[] ofVersion1 = skeleton.with(AesCipherToken.COMPLETE, new byte[8], 80).toBytes();
        ofVersion1[28] = 1;
        AesCipherToken version1 = AesCipherToken.parse(ofVersion1);
        assertNotNull(version1);
        assertEquals(80, version1.payloadLength(128));
    }

    @Test
    void aDataKeyHasItsValidationValue() {
        byte[] token = new AesDataToken(0x5a, counting(0x21, 8), counting(1, 32), 192).toBytes();
        assertEquals(
                "010000000400c05a" + HEX.formatHex(counting(0x21, 8)) + HEX.formatHex(counting(1, 32)) + "00".repeat(8)
                        + "00c00020" + "c4899356",
                HEX.formatHex(token));
        assertTrue(AesDataToken.isValid(token));
        assertEquals("0 4 56-59", refused(token, bytes -> AesDataToken.parse(bytes) != null));
        AesDataToken read = AesDataToken.parse(token);
        assertNotNull(read);
        assertEquals(List.of(0x5a, 192), List.of(read.checksum(), read.bits()));
        assertArrayEquals(counting(0x21, 8), read.pattern());
        assertArrayEquals(counting(1, 32), read.enciphered());
        assertNull(AesDataToken.parse(Arrays.copyOf(token, 63)));
        assertNull(AesDataToken.parse(Arrays.copyOf(token, 65)));
        assertFalse(AesDataToken.isValid(Arrays.copyOf(token, 65)));
        token[30] ^= 1;
        assertFalse(AesDataToken.isValid(token));
        assertEquals(List.of(128, 192, 256), IntStream.range(0, 600).filter(AesDataToken::isKeySize).boxed().toList());
        assertFalse(AesDataToken.isKind(new byte[]{1, 0, 0, 0}));
        assertTrue(AesDataToken.isKind(new byte[]{1, 0, 0, 0, 4}));
    }

    @Test
    void verbsOfEllipticCurvesAreReadAsTheyWereWritten() {
        EcClearToken key = new EcClearToken(EcCurve.P192, EcClearToken.USAGE_SIGN, counting(1, 24), counting(0x51, 48));
        byte[] hash = counting(0x31, 20);
        String token = HEX.formatHex(key.toBytes());
        assertEquals(
                "5347" + "000a" + "4543445341202020" + "0018" + "0016" + HEX.formatHex(hash) + "00c1" + "00bf0020"
                        + token,
                HEX.formatHex(EcVerb.sign(key, hash)));
        assertEquals("5356" + "000a" + "4543445341202020" + "004a" + "0016" + HEX.formatHex(hash) + "0032"
                + HEX.formatHex(counting(7, 48)) + "004d" + "004b0000" + HEX.formatHex(key.toPublicBytes()),
                HEX.formatHex(EcVerb.verify(key, hash, counting(7, 48))));
        assertEquals("5347" + "0002" + "0038" + "0036" + "0000" + "00c0" + HEX.formatHex(counting(7, 48)) + "0002",
                HEX.formatHex(EcVerb.signReply(EcCurve.P192, counting(7, 48))));
        assertArrayEquals(counting(7, 48),
                EcVerb.signed(EcCurve.P192, EcVerb.signReply(EcCurve.P192, counting(7, 48))));
        assertNull(EcVerb.signed(EcCurve.P224, EcVerb.signReply(EcCurve.P192, counting(7, 48))));
        assertNull(EcVerb.signed(EcCurve.P192, EcVerb.verifyReply()));
        assertEquals("5356" + "0002" + "0002" + "0002", HEX.formatHex(EcVerb.verifyReply()));
        EcClearToken made = EcVerb.generated(EcVerb.generateReply(key));
        assertNotNull(made);
        assertArrayEquals(key.privateKey(), made.privateKey());
        assertNull(EcVerb.generated(EcVerb.verifyReply()));
        assertNull(EcVerb.generated(HEX.parseHex("5047000200020002")));
        assertArrayEquals(counting(9, 24), EcVerb.derived(EcCurve.P192, EcVerb.deriveReply(counting(9, 24))));
        assertNull(EcVerb.derived(EcCurve.P224, EcVerb.deriveReply(counting(9, 24))));
        assertNull(EcVerb.derived(EcCurve.P192, HEX.parseHex("4448000200020002")));
        CcaParameters skeleton = CcaParameters.parse(EcVerb.generate(EcCurve.P521), 0,
                EcVerb.generate(EcCurve.P521).length);
        assertNotNull(skeleton);
        assertEquals(List.of("CLEAR"), skeleton.rules());
        List<byte[]> fields = EcVerb.fields(HEX.parseHex("0003aa" + "0004bbcc"));
        assertNotNull(fields);
        assertEquals(List.of("aa", "bbcc"), fields.stream().map(HEX::formatHex).toList());
        assertNull(EcVerb.fields(HEX.parseHex("0003aa" + "0005bbcc")));
        assertNull(EcVerb.fields(HEX.parseHex("0003aa" + "0001bbcc")));
        assertNull(EcVerb.fields(HEX.parseHex("0003aa" + "00")));
    }

    @ParameterizedTest
    @EnumSource(EcCurve.class)
    void aPrivateKeyIsAboveZeroAndBelowTheOrder(EcCurve curve) {
        byte[] order = new byte[curve.bytes()];
        byte[] digits = curve.order().toByteArray();
        int used = Math.min(digits.length, order.length);
        System.arraycopy(digits, digits.length - used, order, order.length - used, used);
        assertFalse(curve.isPrivateKey(order));
        assertFalse(curve.isPrivateKey(new byte[curve.bytes()]));
        assertFalse(curve.isPrivateKey(new byte[curve.bytes() + 1]));
        byte[] greatest = order.clone();
        greatest[greatest.length - 1]--; // an order is odd
        assertTrue(curve.isPrivateKey(greatest));
        byte[] above = order.clone();
        above[above.length - 1]++;
        assertFalse(curve.isPrivateKey(above));
        byte[] one = new byte[curve.bytes()];
        one[one.length - 1] = 1;
        assertTrue(curve.isPrivateKey(one));
        one[one.length - 1] = 0;
        one[curve.bytes() / 2] = 1;
        assertTrue(curve.isPrivateKey(one));
        assertEquals(curve, EcCurve.of(curve.type(), curve.bits()));
        assertNull(EcCurve.of(2, curve.bits()));
    }
}
