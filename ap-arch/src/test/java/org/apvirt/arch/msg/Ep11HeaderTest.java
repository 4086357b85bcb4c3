// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.util.Arrays;
import java.util.HexFormat;

import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Function and domain of EP11 payloads in every form of ASN.1 lengths, strictly read and guessed. */
class Ep11HeaderTest {
    private static @Nullable Ep11Header parse(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return Ep11Header.parse(bytes, 0, bytes.length);
    }

    private static String withDomain(String hex, int domain) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        Ep11Header header = Ep11Header.parse(bytes, 0, bytes.length);
        assertNotNull(header);
        assertTrue(header.storeDomain(bytes, domain));
        return HexFormat.of().formatHex(bytes);
    }

    @ParameterizedTest
    @CsvSource({"300c0404000100260404000000ff, 0x26", "3003040126, 0x26", "300404021234, 0x1234",
            "3081060404aaaa1234, 0x1234", "308200060404aaaa1234, 0x1234", "3084000000060404aaaa1234, 0x1234",
            "3007048104aaaa1234, 0x1234", "300804820004aaaa1234, 0x1234", "300a048400000004aaaa1234, 0x1234"})
    void aFunctionIsReadInEveryFormOfLength(String hex, String function) {
        Ep11Header header = parse(hex);
        assertNotNull(header);
        assertEquals((int) Integer.decode(function), header.function());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "3000", "310c040400010026", "300d0404000100260404000000", "3007040400010026",
            "30050503000126", "3005040300012600", "3002040a", "3083000006040400010026", "3080040400010026",
            "30850000000006040400010026", "308400", "3081", "30060404000126", "3003040226",
            "30880000000000000006040400010026"})
    void anythingElseIsNone(String hex) {
        assertNull(parse(hex));
    }

    @Test
    void whateverIsCutOffIsNotRead() {
        byte[] whole = HexFormat.of().parseHex("3081060404aaaa1234");
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertNull(Ep11Header.parse(cut, 0, length), "cut to " + length);
        }
        byte[] shifted = HexFormat.of().parseHex("ffff30060404aaaa1234ff");
        assertNotNull(Ep11Header.parse(shifted, 2, 10));
        assertNull(Ep11Header.parse(shifted, 2, 9));
    }

    @Test
    void aDomainIsStoredInAsManyBytesAsItHas() {
        assertEquals("300c04040001002604040000" + "0147", withDomain("300c0404000100260404000000ff", 0x147));
        assertEquals("3009040400010026040147", withDomain("30090404000100260401ff", 0x147));
        assertEquals("300a04040001002604020147", withDomain("300a0404000100260402ffff", 0x147));
        assertEquals("300d0404000100260481040000" + "0147", withDomain("300d040400010026048104ffffffff", 0x147));
        assertEquals("3006040400010026", withDomain("3006040400010026", 5), "there is none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"300b040400010026050300ffff", "300b040400010026040300ffff", "300b0404000100260405ffffff"})
    void somethingElseWhereTheDomainShouldBeIsRefused(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        Ep11Header header = Ep11Header.parse(bytes, 0, bytes.length);
        assertNotNull(header);
        assertFalse(header.storeDomain(bytes, 5));
    }

    @ParameterizedTest
    @CsvSource({"30, 0", "3081, 1", "3082, 2", "30c1, 1"})
    void olderKernelsGuessWhereBothAre(String start, int form) {
        byte[] bytes = HexFormat.of().parseHex(start + (start.length() == 2 ? "0c" : "00".repeat(form)) + "ffffffff1234"
                + "ffff" + "ffffffff" + "ee");
        Ep11Header header = Ep11Header.guess(bytes, 0);
        assertNotNull(header);
        assertEquals(0x1234, header.function());
        assertTrue(header.storeDomain(bytes, 0x147));
        assertEquals("ffff" + "00000147" + "ee",
                HexFormat.of().formatHex(bytes).substring(2 * (bytes.length - 7)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "83", "84", "88"})
    void theyKnowNoOtherForm(String length) {
        assertNull(Ep11Header.guess(HexFormat.of().parseHex("30" + length + "00".repeat(20)), 0));
    }
}
