// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.msg.CcaFacilityQuery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What cards answer about themselves, byte by byte, and what sysfs says of it. */
class CardInfoTest {
    private static final String EMPTY = "0".repeat(64);

    private static byte[] domain(int flags) {
        ByteBuffer data = ByteBuffer.allocate(80);
        data.put(4, (byte) 0xc1).put(35, (byte) 0xc2).put(36, (byte) 0xa1).put(67, (byte) 0xa2);
        return data.putInt(68, flags).putLong(72, 0x0000_0001_8000_0005L).array();
    }

    /** The key counts once the domain has left imprint mode, the next one if it is there, committed if it is. */
    @ParameterizedTest
    @CsvSource({"0x00, invalid -, empty -", "0x02, invalid -, empty -", "0x04, invalid -, empty -",
            "0x10, invalid -, empty -",
            "0x12, valid C, empty -", "0x14, invalid -, uncommitted N", "0x18, invalid -, committed N",
            "0x1c, invalid -, committed N", "0x16, valid C, uncommitted N", "0x1e, valid C, committed N",
            "0x0e, invalid -, empty -", "0x01, invalid -, empty -"})
    void wrappingKeysOfAnEp11Domain(String flags, String current, String next) {
        Ep11DomainInfo info = Ep11DomainInfo.of(domain(Integer.decode(flags)));
        assertEquals(current.replace("C", "0xc1" + EMPTY.substring(4) + "c2"), info.current());
        assertEquals(next.replace("N", "0xa1" + EMPTY.substring(4) + "a2"), info.next());
        assertEquals(0x0000_0001_8000_0005L, info.operationModes());
        assertEquals("WK CUR: " + info.current() + "\nWK NEW: " + info.next() + "\n", info.mkvps());
    }

    @Test
    void anAnswerThatIsTooShortSaysNothing() {
        assertEquals("WK CUR: - -\nWK NEW: - -\n", Ep11DomainInfo.of(new byte[79]).mkvps());
        assertEquals("\n", Ep11CardInfo.of(new byte[147]).showApiOrdinal());
    }

    @Test
    void anEp11CardTellsVersionsSerialAndModes() {
        byte[] data = new byte[148];
        ByteBuffer.wrap(data).putInt(0, 4).putShort(8, (short) 0x8307).putLong(140, 0x1ff);
        System.arraycopy("93AADHZU42082261".getBytes(StandardCharsets.ISO_8859_1), 0, data, 108, 16);
        Ep11CardInfo info = Ep11CardInfo.of(data);
        assertEquals("4\n", info.showApiOrdinal());
        assertEquals("131.7\n", info.showFirmware());
        assertEquals("93AADHZU42082261\n", info.showSerial());
        assertEquals("FIPS2009 BSI2009 FIPS2011 BSI2011 SIGG-IMPORT SIGG BSICC2017 FIPS2021 FIPS2024\n",
                Ep11CardInfo.modes(info.operationModes()));
        assertEquals("BSI2009 FIPS2024\n", Ep11CardInfo.modes(0x102));
        assertEquals("\n", Ep11CardInfo.modes(0x200));
        Ep11CardInfo nothing = Ep11CardInfo.of(new byte[148]);
        assertEquals("\n\n\n", nothing.showApiOrdinal() + nothing.showFirmware() + nothing.showSerial());
    }

    /** Two arrays, each behind its length: states, one in each element of eight bytes, and patterns. */
    private static byte[] facilities(int rules, String states, int from, int variables) {
        ByteBuffer block = ByteBuffer.allocate(2 + 2 + rules + 2 + variables);
        block.putShort((short) block.capacity()).putShort((short) (rules + 2));
        byte[] elements = new byte[rules];
        elements[0] = 'S';
        for (int i = 0; i < states.length(); i++) {
            if ((from + i) * CcaFacilityQuery.ELEMENT < rules) {
                elements[(from + i) * CcaFacilityQuery.ELEMENT] = (byte) states.charAt(i);
            }
        }
        block.put(elements).putShort((short) (variables + 2));
        byte[] patterns = new byte[variables];
        for (int i = 0; i < variables; i++) {
            patterns[i] = (byte) i;
        }
        return block.put(patterns).array();
    }

    private static CcaInfo cca(String statesA, String statesB, int variablesA) {
        return CcaInfo.of(facilities(CcaFacilityQuery.STATICSA_RULES, statesA, 4, variablesA),
                facilities(CcaFacilityQuery.STATICSB_RULES, statesB, 10, 240));
    }

    /** The pattern of the byte numbers from one on. */
    private static String pattern(int from, int length) {
        StringBuilder text = new StringBuilder("0x");
        for (int i = from; i < from + length; i++) {
            text.append(String.format("%02x", i));
        }
        return text.toString();
    }

    @Test
    void eachMasterKeyRegisterHasItsStateAndItsPattern() {
        CcaInfo full = cca("322322", "322", 204);
        assertEquals("AES NEW: full " + pattern(196, 8) + "\nAES CUR: valid " + pattern(184, 8) + "\nAES OLD: valid "
                + pattern(172, 8) + "\nAPKA NEW: full " + pattern(232, 8) + "\nAPKA CUR: valid " + pattern(220, 8)
                + "\nAPKA OLD: valid " + pattern(208, 8) + "\n", full.mkvpsWithoutAsymmetric());
        assertEquals(full.mkvpsWithoutAsymmetric() + "ASYM NEW: full " + pattern(104, 16) + "\nASYM CUR: valid "
                + pattern(84, 16) + "\nASYM OLD: valid " + pattern(64, 16) + "\n", full.mkvps());
        assertEquals("S" + "\0".repeat(7), full.serial());
    }

    @Test
    void aPatternCountsInTheStateOfAPresentKeyOnlyAndIfItIsWhole() {
        List<String> other = cca("211211", "211", 204).mkvps().lines().toList();
        for (String line : other) {
            assertEquals("0x", line.replaceAll(".* ", "").replaceAll("(00)+$", ""), line);
        }
        assertEquals("AES NEW: partial 0x0000000000000000", other.get(0));
        assertEquals("AES CUR: invalid 0x0000000000000000", other.get(1));
        List<String> odd = cca("044440", "03\0", 204).mkvps().lines().toList();
        for (int i : new int[]{0, 1, 2, 3, 4, 5, 6, 7, 8}) {
            assertEquals("- -", odd.get(i).replaceAll(".*: ", ""), odd.get(i));
        }
        assertEquals("AES NEW: full 0x0000000000000000", cca("322322", "322", 203).mkvps().lines().toList().get(0));
        assertEquals("AES CUR: valid " + pattern(184, 8), cca("322322", "322", 203).mkvps().lines().toList().get(1));
    }

    @Test
    void anAnswerWithoutAllStatesTellsTheSerialAtMost() {
        byte[] whole = facilities(CcaFacilityQuery.STATICSA_RULES, "322322", 4, 204);
        byte[] shortB = facilities(CcaFacilityQuery.STATICSB_RULES - CcaFacilityQuery.ELEMENT, "322", 10, 240);
        assertEquals("S" + "\0".repeat(7), CcaInfo.of(whole, shortB).serial());
        assertEquals(CcaInfo.UNKNOWN.mkvps(), CcaInfo.of(whole, shortB).mkvps());
        byte[] shortA = facilities(CcaFacilityQuery.STATICSA_RULES - CcaFacilityQuery.ELEMENT, "322", 4, 204);
        assertEquals("", CcaInfo.of(shortA, whole).serial());
        for (int length : new int[]{0, 3, 4, 5}) {
            assertEquals(CcaInfo.UNKNOWN, CcaInfo.of(Arrays.copyOf(whole, length), whole));
        }
        assertEquals(9, CcaInfo.UNKNOWN.mkvps().lines().filter(line -> line.endsWith(": - -")).count());
    }
}
