// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.util.HexFormat;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

class Ep11PayloadTest {
    private static final HexFormat HEX = HexFormat.of();

    private static Ep11Payload parse(String hex) {
        return Ep11Payload.parse(HEX.parseHex(hex));
    }

    @Test
    void functionAndDomainComeFirstThenParametersWithTwoLengthBytes() {
        Ep11Payload payload = new Ep11Payload(4, 0x26, 0x47).add(7).add(new byte[]{1, 2}).add(new byte[300]);
        assertEquals("30820148" + "0404" + "00040026" + "0404" + "00000047" + "0404" + "00000007" + "04820002" + "0102"
                + "0482012c" + "00".repeat(300), HEX.formatHex(payload.toBytes()));
        assertEquals(List.of(5, 4, 0x26), List.of(payload.size(), payload.api(), payload.function()));
        assertEquals("3082000c" + "0404" + "00010026" + "0404" + "00000003",
                HEX.formatHex(new Ep11Payload(0x26, 3).toBytes()), "Linux asks with API 1");
    }

    @ParameterizedTest(name = "{0} bytes: {1}")
    @CsvSource({"0, 0400", "3, 0403", "4, 0404", "127, 047f", "128, 048180", "255, 0481ff", "256, 04820100"})
    void aShortFieldTakesAsFewLengthBytesAsItCan(int length, String header) {
        byte[] bytes = new Ep11Payload(1, 2).addShort(new byte[length]).toBytes();
        assertEquals(header, HEX.formatHex(bytes, 16, bytes.length - length));
    }

    @ParameterizedTest(name = "{0} bytes: {1}")
    @CsvSource({"0, 04820000", "3, 04820003", "4, 0404", "5, 04820005", "127, 0482007f"})
    void anotherFieldTakesTwoUnlessItIsAWord(int length, String header) {
        byte[] bytes = new Ep11Payload(1, 2).add(new byte[length]).toBytes();
        assertEquals(header, HEX.formatHex(bytes, 16, bytes.length - length));
    }

    @Test
    void wordsAreReadFromUpToFourBytesAndAreZeroBeyondTheEnd() {
        Ep11Payload payload = new Ep11Payload(0x8001, 0x8002, 0).add(new byte[]{(byte) 0x81, (byte) 0x92})
                .add(new byte[0]);
        assertEquals(List.of(0x8001, 0x8002), List.of(payload.api(), payload.function()));
        assertEquals(List.of(0x8192, 0, 0), List.of(payload.word(2), payload.word(3), payload.word(4)));
    }

    @Test
    void fieldsAreCopiesUntilTheyAreErased() {
        byte[] secret = {1, 2, 3};
        Ep11Payload payload = new Ep11Payload(1, 2).add(secret);
        payload.field(2)[0] = 9;
        secret[1] = 9;
        assertArrayEquals(new byte[]{1, 2, 3}, payload.field(2));
        payload.erase();
        assertArrayEquals(new byte[3], payload.field(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"300a0404000100260402abcd", "30810a0404000100260402abcd", "3082000a0404000100260402abcd",
            "30840000000a0404000100260402abcd", "300b040400010026048102abcd", "300c04040001002604820002abcd",
            "300e0404000100260484" + "00000002abcd"})
    void aLengthTakesOneByteOrIsAnnounced(String hex) {
        Ep11Payload payload = parse(hex);
        assertNotNull(payload);
        assertEquals(List.of(0x26, 0xabcd), List.of(payload.function(), payload.word(1)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x7f, 0x80, 0xff, 0x100, 0x8000})
    void aLongFieldIsReadWhole(int length) {
        byte[] bytes = new Ep11Payload(1, 2).add(new byte[length]).toBytes();
        Ep11Payload read = Ep11Payload.parse(bytes);
        assertNotNull(read);
        assertEquals(length, read.field(2).length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "3000", "31060400040004", "3006040404040404", "300404000400ff", "300504000400",
            "3003040004", "300504000483" + "00", "3004040004ff", "300604000484ffff", "300704000484ffffff",
            "30080400" + "0484ffffffff", "30020400", "300705000400", "30040400" + "0481",
            "3005040004" + "8200", "308000", "3006040004020000ff"})
    void whatIsNoSequenceOfOctetStringsThatEndsWhereItSaysIsNone(String hex) {
        assertNull(parse(hex));
    }

    @Test
    void twoEmptyStringsAreTheLeast() {
        Ep11Payload payload = parse("300404000400");
        assertNotNull(payload);
        assertEquals(2, payload.size());
    }
}
