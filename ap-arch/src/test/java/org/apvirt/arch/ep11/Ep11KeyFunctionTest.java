// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.ep11;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.msg.Ep11Payload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a kernel asks EP11 cards for keys, byte by byte, and the forms that keys have outside of them. */
class Ep11KeyFunctionTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final String DOMAIN = "0404" + "00000047";
    private static final String CBC_PAD = "0414" + "00001085" + "00112233445566778899aabbccddeeff";
    private static final String NONE = "0400";

    private static byte[] counting(int first, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    private static void assertSent(String fields, Ep11Payload payload) {
        assertEquals(String.format("3082%04x", fields.length() / 2) + fields, HEX.formatHex(payload.toBytes()));
    }

    @ParameterizedTest(name = "{0} bits with attributes {1}: API {2}")
    @CsvSource({"256, 200c00, 0004, 00000020", "192, 000c00, 0001, 00000018", "128, 000000, 0004, 00000010"})
    void aNewKeyIsAskedForWithItsLengthAndItsAttributesTwice(int bits, String attributes, String api, String bytes) {
        String word = "00" + attributes;
        assertSent("0404" + api + "0015" + DOMAIN + "0404" + "00000000" + "0404" + bytes + "0404" + "00001080" + "0414"
                + "10010000" + word + word + "00000161" + bytes + NONE,
                Ep11KeyFunction.generate(bits, HexFormat.fromHexDigits(attributes), 0x47));
    }

    @Test
    void dataAreEncipheredAndDecipheredByCbcWithPadding() {
        byte[] blob = counting(0, 256);
        String rest = DOMAIN + "0404" + "00000000" + CBC_PAD + "04820100" + HEX.formatHex(blob) + "0403" + "010203";
        assertSent("0404" + "00010013" + rest,
                Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, blob, new byte[]{1, 2, 3}, 0x47));
        assertSent("0404" + "00010014" + rest,
                Ep11KeyFunction.crypt(Ep11KeyFunction.DECRYPT, blob, new byte[]{1, 2, 3}, 0x47));
    }

    @Test
    void anImportedKeyIsDescribedAndComesEncipheredByAnother() {
        byte[] by = counting(0, 256);
        byte[] enciphered = counting(1, 48);
        assertSent(
                "0404" + "00040022" + DOMAIN + "041c" + "10020000" + "00200c00" + "00200c00" + "00000100" + "0000001f"
                        + "00000161" + "00000018" + CBC_PAD + "04820100" + HEX.formatHex(by) + NONE + NONE + "0430"
                        + HEX.formatHex(enciphered),
                Ep11KeyFunction.unwrap(192, 0x200c00, by, enciphered, 0x47));
    }

    @Test
    void aKeyIsWrappedForTheCpu() {
        byte[] blob = counting(0, 256);
        assertSent("0404" + "00040021" + DOMAIN + "0404" + "00000000" + "0414" + "80060001"
                + "00112233445566778899aabbccddeeff" + "04820100" + HEX.formatHex(blob) + NONE + NONE,
                Ep11KeyFunction.wrap(blob, 0x47));
    }

    @Test
    void aWrappingKeyIsChangedByAnAdministrativeCommand() {
        assertSent("0404" + "00010029" + DOMAIN + "0404" + "00000007" + "0404" + "00000000",
                Ep11KeyFunction.administration(7, 0x47));
    }

    @ParameterizedTest(name = "{0}: attributes {1}, {2} bytes")
    @CsvSource({"10010000 00200c00 00200c00 00000161 00000020, 00200c00, 32",
            "10010000 00000c00 00002800 00000161 00000010, 00000800, 16", // only what the mask has counts
            "10010000 00200c00 00000000 00000161 00000018, 00200c00, 24", // none: those of every key
            "10020000 00200c00 00200c00 00000100 0000001f 00000161 00000018, 00200c00, 24",
            "10020000 00200c00 00200c00, 00200c00, 0"})
    void anAttributeListNamesAttributesAndLengthOfTheNewKey(String list, String attributes, int bytes) {
        assertEquals(new Ep11KeyFunction.Template(HexFormat.fromHexDigits(attributes), bytes),
                Ep11KeyFunction.Template.parse(HEX.parseHex(list.replace(" ", ""))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10020000 00200c00", "10020000 00200c00 00200c00 00", "10010000 00200c00 00200c00",
            "10020000 00200c00 00200c00 00000161 00000020", "10020000 00200c00 00200c00 00000161",
            "10020000 00200c00 00200c00 00000100 0000001e 00000161 00000018",
            "10020000 00200c00 00200c00 00000101 0000001f 00000161 00000018"})
    void anyOtherListIsNone(String list) {
        assertNull(Ep11KeyFunction.Template.parse(HEX.parseHex(list.replace(" ", ""))));
    }

    @Test
    void aProtectedKeyHasItsLengthBeforeIt() {
        Ep11KeyFunction.Wrapped wrapped = new Ep11KeyFunction.Wrapped(256, counting(1, 64));
        byte[] bytes = wrapped.toBytes();
        assertEquals("0001" + "00".repeat(16) + "00000001" + "00000100" + "0000000000000040" + "00".repeat(8)
                + HEX.formatHex(counting(1, 64)), HEX.formatHex(bytes));
        Ep11KeyFunction.Wrapped read = Ep11KeyFunction.Wrapped.parse(bytes);
        assertNotNull(read);
        assertEquals(256, read.bits());
        assertArrayEquals(counting(1, 64), read.key());
        Ep11KeyFunction.Wrapped empty = Ep11KeyFunction.Wrapped.parse(new Ep11KeyFunction.Wrapped(0, new byte[0])
                .toBytes());
        assertNotNull(empty);
        assertEquals(0, empty.key().length);
    }

    @Test
    void aProtectedKeyIsNotPrinted() {
        assertEquals("protected key of 256 bits", new Ep11KeyFunction.Wrapped(256, counting(1, 64)).toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 21, 33}) // version, type, length
    void aProtectedKeyOfAnotherFormIsNone(int at) {
        byte[] bytes = new Ep11KeyFunction.Wrapped(256, counting(1, 64)).toBytes();
        bytes[at]++;
        assertNull(Ep11KeyFunction.Wrapped.parse(bytes));
        assertNull(Ep11KeyFunction.Wrapped.parse(new byte[41]));
    }

    @Test
    void aBlobIsWrittenAndReadAsItIsDrawn() {
        Ep11Blob blob = new Ep11Blob(counting(0x10, 16), 0x0000_0000_0020_0c00L, counting(0x30, 14),
                counting(0x40, 144));
        byte[] bytes = blob.toBytesWithoutMac();
        assertEquals("00".repeat(32) + HEX.formatHex(counting(0x10, 16)) + "0000000000200c00" + "00".repeat(8) + "1234"
                + HEX.formatHex(counting(0x30, 14)) + HEX.formatHex(counting(0x40, 144)), HEX.formatHex(bytes));
        Ep11Blob read = Ep11Blob.parse(ByteBuffer.allocate(256).put(bytes).array());
        assertNotNull(read);
        assertArrayEquals(bytes, read.toBytesWithoutMac());
    }

    @Test
    void aBlobOfAnotherLengthOrWithoutItsMarkIsNone() {
        byte[] bytes = ByteBuffer.allocate(256).putShort(64, (short) 0x1234).array();
        assertNotNull(Ep11Blob.parse(bytes));
        bytes[65]++;
        assertNull(Ep11Blob.parse(bytes));
        assertNull(Ep11Blob.parse(new byte[255]));
        assertNull(Ep11Blob.parse(ByteBuffer.allocate(257).putShort(64, (short) 0x1234).array()));
    }

    @Test
    void aKeyMayWhatItsAttributesSay() {
        Ep11Blob blob = new Ep11Blob(new byte[16], Ep11Blob.ENCRYPT | Ep11Blob.WRAP, new byte[14], new byte[144]);
        List<Long> may = List.of(Ep11Blob.ENCRYPT, Ep11Blob.WRAP);
        List<Long> mayNot = List.of(Ep11Blob.DECRYPT, Ep11Blob.UNWRAP, Ep11Blob.PROTECTED_EXTRACTABLE);
        may.forEach(attribute -> assertTrue(blob.may(attribute), () -> Long.toHexString(attribute)));
        mayNot.forEach(attribute -> assertFalse(blob.may(attribute), () -> Long.toHexString(attribute)));
    }
}
