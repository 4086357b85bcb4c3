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

    private static byte[] counting(int first, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    /** Returns the runs of bytes, {@code first-last}, of which a change makes a reader refuse. */
    private static String refused(byte[] bytes, Predicate<byte[]> reads) {
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
        EcClearToken key = new EcClearToken(EcCurve.BRAINPOOL160, EcClearToken.USAGE_SIGN, counting(1, 20), counting(0x41, 40));
        assertEquals("1e00" + "00af" + "00000000" // header
                + "2000" + "0070" + "00000000" + "80" + "01" + "4000" + "00a0" + "0010" + "00".repeat(56) + "0010" + "0014"
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
        assertEquals("0 2-3 8 10-11 17-18 20-21 80-83 132 134-135 140 142-146", refused(key.toBytes(), bytes -> EcClearToken.parse(bytes) != null));
        assertEquals("0 2-3 8 10-11 16 18-22", refused(key.toPublicBytes(), bytes -> EcClearToken.parse(bytes) != null));
        byte[] token = key.toBytes();
        for (int length = 0; length < token.length; length++) {
            assertNull(EcClearToken.parse(Arrays.copyOf(token, length)), "cut to " + length);
        }
    }

    @Test
    void ofAParameterBlockTheLengthsMustBeRight() {
        byte[] block = new CcaParameters(0x4b47, List.of("AES", "OP"), counting(1, 5),
                List.of(new CcaParameters.Item(0x0030, counting(9, 3)), new CcaParameters.Item(0x10, new byte[0]))).toBytes();
        assertEquals("4b47" + "0012" + "4145532020202020" + "4f50202020202020" + "0007" + "0102030405" + "000d" + "00070030090a0b"
                + "00040010", HEX.formatHex(block));
        assertEquals("2-3 20-21 27-30 36-37", refused(block, bytes -> CcaParameters.parse(bytes, 0, bytes.length) != null));
        CcaParameters read = CcaParameters.parse(block, 0, block.length);
        assertNotNull(read);
        assertEquals(List.of("AES", "OP"), read.rules());
        assertArrayEquals(counting(1, 5), read.variable());
        assertEquals(List.of(0x30, 0x10), read.keys().stream().map(CcaParameters.Item::attributes).toList());
        assertArrayEquals(counting(9, 3), read.keys().get(0).bytes());
        assertEquals("[2, 20, 27]", IntStream.range(0, block.length).filter(it -> CcaParameters.parse(block, 0, it) != null)
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
        assertEquals("0100003805" + "00".repeat(25) + "01" + "00" + "001a" + "00".repeat(7) + "02" + "0001" + "02" + "c000" + "ff00"
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
}
