// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

import org.apvirt.arch.ApMask;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CrycbTest {
    private static final int ORIGIN = 0x800; // as in KVM's page: a wrong base shows
    private static final ApMask ADAPTERS = ApMask.of(1, 2);
    private static final ApMask DOMAINS = ApMask.of(5, 6);

    private final byte[] page = new byte[0x1000];
    private final Crycb crycb = Crycb.at(page, ORIGIN);

    static IntStream allIds() {
        return IntStream.range(0, 256);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private byte[] stored(int offset, int length) {
        return Arrays.copyOfRange(page, ORIGIN + offset, ORIGIN + offset + length);
    }

    private Set<Integer> granted(CrycbFormat format) {
        Set<Integer> qids = new TreeSet<>();
        IntStream.range(0, 0x1_0000).filter(qid -> crycb.apcb(format).grants(qid)).forEach(qids::add);
        return qids;
    }

    /** Counts the granted queues in the row and in the column of one. */
    private long grantedNextTo(CrycbFormat format, int apid, int apqi) {
        Apcb apcb = crycb.apcb(format);
        return allIds().filter(id -> apcb.grants(id << 8 | apqi) || apcb.grants(apid << 8 | id))
                .count();
    }

    @Nested
    class ClausesOfTheDocument {
        /** S26: from most to least significant bit the APM names the adapters 0 to 255. */
        @Test
        void s26ApmBitZeroIsTheMostSignificantOne() {
            crycb.apcb(CrycbFormat.FORMAT_2).masks(ApMask.of(0, 255), ApMask.NONE, ApMask.NONE);
            assertArrayEquals(bytes("80" + "00".repeat(30) + "01"), stored(0x80, 32));
        }

        /** S27: the AQM is numbered like the APM. */
        @Test
        void s27AqmBitZeroIsTheMostSignificantOne() {
            crycb.apcb(CrycbFormat.FORMAT_2).masks(ApMask.NONE, ApMask.of(0, 8), ApMask.NONE);
            assertArrayEquals(bytes("8080" + "00".repeat(30)), stored(0xa0, 32));
        }

        /** S29 says least to most significant for the ADM; the machine and all later documents number it as the others. */
        @Test
        void s29AdmIsNumberedLikeTheOtherMasks() {
            crycb.apcb(CrycbFormat.FORMAT_2).masks(ApMask.NONE, ApMask.NONE, ApMask.of(0, 1));
            assertArrayEquals(bytes("c0" + "00".repeat(31)), stored(0xc0, 32));
        }

        /** S30: adapters 1 and 2 with domains 5 and 6 make the APQNs (1,5), (1,6), (2,5), (2,6). */
        @ParameterizedTest
        @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INVALID")
        void s30ValidApqnsAreTheCrossProduct(CrycbFormat format) {
            crycb.apcb(format).masks(ADAPTERS, DOMAINS, ApMask.NONE);
            assertEquals(Set.of(0x0105, 0x0106, 0x0205, 0x0206), granted(format));
        }
    }

    @Nested
    class Format2 {
        @ParameterizedTest
        @MethodSource("org.apvirt.sie.CrycbTest#allIds")
        void keepsEachIdInEachMaskAtItsBit(int id) {
            crycb.apcb(CrycbFormat.FORMAT_2).masks(ApMask.of(id), ApMask.of(255 - id), ApMask.of(id ^ 1));
            assertEquals(0x80 >> id % 8, page[ORIGIN + 0x80 + id / 8] & 0xff);
            assertEquals(0x80 >> (255 - id) % 8, page[ORIGIN + 0xa0 + (255 - id) / 8] & 0xff);
            assertEquals(0x80 >> (id ^ 1) % 8, page[ORIGIN + 0xc0 + (id ^ 1) / 8] & 0xff);
            assertEquals(ApMask.of(id), crycb.apcb(CrycbFormat.FORMAT_2).apm());
            assertEquals(ApMask.of(255 - id), crycb.apcb(CrycbFormat.FORMAT_2).aqm());
            assertEquals(ApMask.of(id ^ 1), crycb.apcb(CrycbFormat.FORMAT_2).adm());
            assertTrue(crycb.apcb(CrycbFormat.FORMAT_2).grants(id << 8 | 255 - id));
            assertEquals(2, grantedNextTo(CrycbFormat.FORMAT_2, id, 255 - id)); // itself, found twice
        }

        @Test
        void leavesAllOtherBytesAlone() {
            Arrays.fill(page, (byte) 0x55);
            crycb.apcb(CrycbFormat.FORMAT_2).masks(ApMask.NONE, ApMask.NONE, ApMask.NONE);
            for (int at = 0; at < page.length; at++) {
                boolean isMask = at >= ORIGIN + 0x80 && at < ORIGIN + 0xe0;
                assertEquals(isMask ? 0 : 0x55, page[at], "offset " + at);
            }
        }
    }

    @Nested
    class Formats0And1 {
        @ParameterizedTest
        @MethodSource("org.apvirt.sie.CrycbTest#allIds")
        void keepAdapters0To63AndDomains0To15AndDropTheRest(int id) {
            crycb.apcb(CrycbFormat.FORMAT_1).masks(ApMask.of(id), ApMask.of(id), ApMask.of(id));
            ApMask adapters = id < 64 ? ApMask.of(id) : ApMask.NONE;
            ApMask domains = id < 16 ? ApMask.of(id) : ApMask.NONE;
            assertEquals(adapters, crycb.apcb(CrycbFormat.FORMAT_1).apm());
            assertEquals(domains, crycb.apcb(CrycbFormat.FORMAT_0).aqm());
            assertEquals(domains, crycb.apcb(CrycbFormat.FORMAT_1).adm());
            assertEquals(id < 16 ? 1 : 0, grantedNextTo(CrycbFormat.FORMAT_0, id, id));
            assertEquals(id < 16, crycb.apcb(CrycbFormat.FORMAT_0).grants(id << 8 | id));
        }

        /** Adapter 5, domains 4 and 6, control domain 4, as a machine without APXA has it in storage. */
        @Test
        void putTheDomainsIntoTheFirstTwoBytesOfADoubleword() {
            crycb.apcb(CrycbFormat.FORMAT_1).masks(ApMask.of(5), ApMask.of(4, 6), ApMask.of(4));
            assertArrayEquals(bytes("0400000000000000" + "0a00000000000000" + "0800000000000000" + "0000000000000000"),
                    stored(0, 32));
            assertArrayEquals(new byte[0x80], stored(0x80, 0x80));
        }

        @Test
        void ignoreWhatStandsBehindTheDomainsOfADoubleword() {
            crycb.apcb(CrycbFormat.FORMAT_1).masks(ApMask.ALL, ApMask.NONE, ApMask.NONE);
            Arrays.fill(page, ORIGIN + 0x0a, ORIGIN + 0x10, (byte) 0xff);
            assertEquals(ApMask.NONE, crycb.apcb(CrycbFormat.FORMAT_1).aqm());
            assertEquals(Set.of(), granted(CrycbFormat.FORMAT_1));
        }
    }

    @Nested
    class AnInvalidFormat {
        @Test
        void grantsNothing() {
            Arrays.fill(page, (byte) 0xff);
            assertFalse(crycb.apcb(CrycbFormat.INVALID).grants(0x0000));
            assertEquals(ApMask.NONE, crycb.apcb(CrycbFormat.INVALID).apm());
            assertEquals(ApMask.NONE, crycb.apcb(CrycbFormat.INVALID).aqm());
            assertEquals(ApMask.NONE, crycb.apcb(CrycbFormat.INVALID).adm());
        }

        @Test
        void takesNoMasks() {
            assertThrows(IllegalArgumentException.class,
                    () -> crycb.apcb(CrycbFormat.INVALID).masks(ADAPTERS, DOMAINS, DOMAINS));
        }
    }

    @Nested
    class TheKeyMasks {
        @Test
        void lieAt0x48And0x60() {
            byte[] dea = bytes("d1".repeat(24));
            byte[] aes = bytes("a2".repeat(32));
            crycb.deaMask(dea);
            crycb.aesMask(aes);
            assertArrayEquals(bytes("d1".repeat(24) + "a2".repeat(32)), stored(0x48, 56));
            assertArrayEquals(dea, crycb.deaMask());
            assertArrayEquals(aes, crycb.aesMask());
        }

        @Test
        void surviveClearingTheMasks() {
            Arrays.fill(page, (byte) 0x77);
            crycb.clearMasks();
            assertArrayEquals(bytes("00".repeat(32) + "77".repeat(96) + "00".repeat(128)), stored(0, 256));
        }

        @Test
        void haveOneLengthEach() {
            assertThrows(IllegalArgumentException.class, () -> crycb.deaMask(new byte[32]));
            assertThrows(IllegalArgumentException.class, () -> crycb.aesMask(new byte[24]));
        }
    }

    @Test
    void aViewMustLieInsideStorage() {
        assertThrows(IndexOutOfBoundsException.class, () -> Crycb.at(page, 0xf01));
        assertThrows(IndexOutOfBoundsException.class, () -> Crycb.at(page, -1));
        assertTrue(Crycb.at(page, 0xf00).bytes().length == 256);
    }
}
