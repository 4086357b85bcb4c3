// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;
import java.util.HexFormat;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ArrayStorage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** "o" is guest 2's block for guest 3, "h" the host's for guest 2, "s" the shadow. */
class ShadowCrycbTest {
    private static final int ORIGINAL = 0x3800;
    private static final int SHADOW = 0x7ffe_f000;

    private final byte[] memory = new byte[0x5000];
    private final SieBlock s = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final SieBlock o = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final SieBlock h = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final Crycb crycbO = Crycb.at(memory, ORIGINAL);
    private final Crycb crycbH = Crycb.at(new byte[Crycb.LENGTH], 0);
    private final ShadowCrycb shadow = new ShadowCrycb(SHADOW);

    @BeforeEach
    void bothLevelsInterpret() {
        o.eca(SieBlock.ECA_APIE);
        h.eca(SieBlock.ECA_APIE);
    }

    private int build(CrycbFormat formatO, CrycbFormat formatH, boolean msa3) {
        o.crycbd(ORIGINAL | formatO.bits());
        h.crycbd(0x0010_0800 | formatH.bits());
        return shadow.build(s, o, h, crycbH, msa3, new ArrayStorage(memory));
    }

    private int build(CrycbFormat formatO, CrycbFormat formatH) {
        return build(formatO, formatH, true);
    }

    private void everyBit() {
        Arrays.fill(memory, ORIGINAL, ORIGINAL + Crycb.LENGTH, (byte) 0xff);
    }

    @Nested
    class OfTwoWideBlocks {
        @Test
        void grantsTheAndOfAllThreeMasks() {
            crycbO.apcb(CrycbFormat.FORMAT_2).masks(ApMask.of(1, 2, 200), ApMask.of(5, 6, 0xab), ApMask.of(5, 0xff));
            crycbH.apcb(CrycbFormat.FORMAT_2).masks(ApMask.of(2, 3, 200), ApMask.of(6, 7, 0xab), ApMask.of(4, 0xff));
            assertEquals(0, build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2));
            assertEquals(ApMask.of(2, 200), shadow.crycb().apcb(CrycbFormat.FORMAT_2).apm());
            assertEquals(ApMask.of(6, 0xab), shadow.crycb().apcb(CrycbFormat.FORMAT_2).aqm());
            assertEquals(ApMask.of(0xff), shadow.crycb().apcb(CrycbFormat.FORMAT_2).adm());
            assertArrayEquals(new byte[Apcb0.LENGTH], shadow.crycb().apcb0().bytes());
        }

        /** The kernel once passed a number of bytes where bits are meant, and most of the masks went unchecked. */
        @Test
        void grantsNothingThatTheHostDoesNotInAnyOfThe256Bits() {
            everyBit();
            build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2);
            assertArrayEquals(new byte[Apcb1.LENGTH], shadow.crycb().apcb1().bytes());
        }

        @Test
        void designatesItselfWithFormat2AndSwitchesInterpretationOn() {
            build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2);
            assertEquals(0x7ffe_f003, s.crycbd());
            assertTrue(s.apie());
        }
    }

    @Nested
    class OfANarrowAndAWideBlock {
        @ParameterizedTest(name = "{0}")
        @CsvSource({"FORMAT_0", "FORMAT_1"})
        void putsTheFirst64AdaptersAnd16DomainsIntoTheWideBlock(CrycbFormat formatO) {
            everyBit();
            crycbH.apcb(CrycbFormat.FORMAT_2).masks(ApMask.of(0, 63, 64), ApMask.of(0, 15, 16), ApMask.of(1, 15, 200));
            assertEquals(0, build(formatO, CrycbFormat.FORMAT_2));
            assertEquals(ApMask.of(0, 63), shadow.crycb().apcb1().apm());
            assertEquals(ApMask.of(0, 15), shadow.crycb().apcb1().aqm());
            assertEquals(ApMask.of(1, 15), shadow.crycb().apcb1().adm());
            assertEquals(0x7ffe_f003, s.crycbd());
        }
    }

    @Nested
    class OfTwoNarrowBlocks {
        @ParameterizedTest(name = "o {0}, h {1}")
        @CsvSource({"FORMAT_1,FORMAT_1", "FORMAT_0,FORMAT_1", "FORMAT_0,FORMAT_0"})
        void grantsTheAndInTheNarrowBlock(CrycbFormat formatO, CrycbFormat formatH) {
            crycbO.apcb(formatO).masks(ApMask.of(1, 2), ApMask.of(5, 6), ApMask.of(5));
            crycbH.apcb(formatH).masks(ApMask.of(2, 3), ApMask.of(6, 7), ApMask.of(4, 5));
            assertEquals(0, build(formatO, formatH));
            String and = "2000000000000000" + "0200000000000000" + "0400000000000000" + "0000000000000000";
            assertArrayEquals(HexFormat.of().parseHex(and), shadow.crycb().apcb0().bytes());
            assertArrayEquals(new byte[Apcb1.LENGTH], shadow.crycb().apcb1().bytes());
            assertEquals(0x7ffe_f003, s.crycbd());
        }
    }

    @Nested
    class EndsInAValidityInterception {
        @ParameterizedTest(name = "o {0}, h {1}")
        @CsvSource({"FORMAT_2,FORMAT_1", "FORMAT_2,FORMAT_0", "FORMAT_1,FORMAT_0", "INVALID,FORMAT_0",
                "INVALID,FORMAT_1", "INVALID,FORMAT_2"})
        void x0022IfTheFormatsDoNotGoTogether(CrycbFormat formatO, CrycbFormat formatH) {
            assertEquals(0x0022, build(formatO, formatH));
            assertEquals(0x20, s.icptcode());
            assertEquals(0x1000, s.ipa());
            assertEquals(0x0022_0000, s.ipb());
            assertEquals(0, s.crycbd());
        }

        @Test
        void x0039IfTheAddressIsZero() {
            o.crycbd(3);
            h.crycbd(0x0010_0803);
            assertEquals(0x0039, shadow.build(s, o, h, crycbH, true, new ArrayStorage(memory)));
            assertEquals(0x0039_0000, s.ipb());
        }

        /** The byte after the block decides, so a block that just fits into its page crosses as well. */
        @ParameterizedTest(name = "format {0} at {1}: {2}")
        @CsvSource({"3,0x3ef8,0", "3,0x3f00,0x3c", "3,0x3f08,0x3c", "1,0x3f78,0", "1,0x3f80,0x3c", "0,0x3fd8,0",
                "0,0x3fe0,0x3c"})
        void x003cIfTheBlockCrossesAPage(int bits, String address, String reason) {
            o.crycbd(Integer.decode(address) | bits);
            h.crycbd(0x0010_0803);
            assertEquals(Integer.decode(reason), shadow.build(s, o, h, crycbH, true, new ArrayStorage(memory)));
        }

        @ParameterizedTest(name = "format {0}")
        @CsvSource({"0", "1", "3"})
        void x0035IfTheMasksAreNotInStorage(int bits) {
            o.crycbd(0x0010_0000 | bits);
            h.crycbd(0x0010_0803);
            assertEquals(0x0035, shadow.build(s, o, h, crycbH, true, new ArrayStorage(memory)));
        }

        @Test
        void x0035IfTheKeyMasksAreNotInStorage() {
            o.eca(0);
            o.ecb3(SieBlock.ECB3_AES);
            h.ecb3(SieBlock.ECB3_AES);
            o.crycbd(0x0010_0003);
            h.crycbd(0x0010_0803);
            assertEquals(0x0035, shadow.build(s, o, h, crycbH, true, new ArrayStorage(memory)));
        }
    }

    @Nested
    class WithoutInterpretation {
        @ParameterizedTest(name = "facility 76 {0}, o {1}")
        @CsvSource({"false,FORMAT_2", "false,FORMAT_0", "true,FORMAT_0"})
        void andWithoutKeyMasksThereIsNoCrycb(boolean msa3, CrycbFormat formatO) {
            o.eca(0);
            assertEquals(0, build(formatO, CrycbFormat.FORMAT_2, msa3));
            assertEquals(0, s.crycbd());
            assertFalse(s.apie());
        }

        @Test
        void ofTheHostThereIsNoneForTheNestedGuestEither() {
            everyBit();
            h.eca(0);
            crycbH.apcb(CrycbFormat.FORMAT_2).masks(ApMask.ALL, ApMask.ALL, ApMask.ALL);
            assertEquals(0, build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2));
            assertFalse(s.apie());
            assertArrayEquals(new byte[Apcb1.LENGTH], shadow.crycb().apcb1().bytes());
            assertEquals(0x7ffe_f003, s.crycbd());
        }
    }

    @Nested
    class KeyMasks {
        @Test
        void areXoredSoThatKeysAreWrappedTwice() {
            Arrays.fill(memory, ORIGINAL + 0x48, ORIGINAL + 0x60, (byte) 0x0f);
            Arrays.fill(memory, ORIGINAL + 0x60, ORIGINAL + 0x80, (byte) 0x33);
            crycbH.deaMask(HexFormat.of().parseHex("ff".repeat(24)));
            crycbH.aesMask(HexFormat.of().parseHex("55".repeat(32)));
            o.ecb3(SieBlock.ECB3_AES | SieBlock.ECB3_DEA);
            h.ecb3(SieBlock.ECB3_AES | SieBlock.ECB3_DEA);
            build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2);
            assertArrayEquals(HexFormat.of().parseHex("f0".repeat(24)), shadow.crycb().deaMask());
            assertArrayEquals(HexFormat.of().parseHex("66".repeat(32)), shadow.crycb().aesMask());
            assertEquals(0x0c, s.ecb3());
        }

        @Test
        void areUsedOnlyAsFarAsBothLevelsEnableThem() {
            o.ecb3(SieBlock.ECB3_AES | SieBlock.ECB3_DEA);
            o.ecd(SieBlock.ECD_ECC);
            h.ecb3(SieBlock.ECB3_DEA);
            h.ecd(SieBlock.ECD_ECC | SieBlock.ECD_HMAC);
            build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2);
            assertEquals(0x08, s.ecb3());
            assertEquals(0x0020_0000, s.ecd());
        }

        @Test
        void areNotReadIfNeitherLevelNeedsThem() {
            Arrays.fill(memory, ORIGINAL + 0x48, ORIGINAL + 0x80, (byte) 0x33);
            build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2);
            assertArrayEquals(new byte[32], shadow.crycb().aesMask());
            assertEquals(0, s.ecb3());
        }
    }

    @Test
    void ofAnotherFormatLeavesNothingOfTheOneBefore() {
        everyBit();
        crycbH.apcb(CrycbFormat.FORMAT_2).masks(ApMask.ALL, ApMask.ALL, ApMask.ALL);
        build(CrycbFormat.FORMAT_2, CrycbFormat.FORMAT_2);
        assertEquals(ApMask.ALL, shadow.crycb().apcb1().apm());
        crycbO.clearMasks();
        build(CrycbFormat.FORMAT_0, CrycbFormat.FORMAT_2);
        assertArrayEquals(new byte[Apcb1.LENGTH], shadow.crycb().apcb1().bytes());
    }
}
