// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.HexFormat;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SieBlockTest {
    private final byte[] bytes = new byte[0x210];
    private final SieBlock sie = SieBlock.at(bytes, 0x10);

    private String stored(int offset, int length) {
        return HexFormat.of().formatHex(bytes, 0x10 + offset, 0x10 + offset + length);
    }

    @Test
    void eachFieldLiesWhereTheMachineLooksForIt() {
        sie.eca(0x0123_4567);
        sie.icptcode(0x68);
        sie.ipa(0xb2af);
        sie.ipb(0x89ab_cdef);
        sie.ecb3(0x0c);
        sie.gd(0x7fff_e901);
        sie.crycbd(0x7fff_e803);
        sie.fac(0x1111_2222);
        sie.ecd(0x0020_4000);
        assertEquals("01234567", stored(0x4c, 4));
        assertEquals("68", stored(0x50, 1));
        assertEquals("b2af", stored(0x56, 2));
        assertEquals("89abcdef", stored(0x58, 4));
        assertEquals("0c", stored(0x63, 1));
        assertEquals("7fffe901", stored(0x70, 4));
        assertEquals("7fffe803", stored(0xfc, 4));
        assertEquals("11112222", stored(0x1a0, 4));
        assertEquals("00204000", stored(0x1c8, 4));
    }

    @Test
    void eachFieldIsReadBackAsStored() {
        sie.icptcode(0xff);
        sie.ipa(0xb2ae);
        sie.ecb3(0xff);
        sie.fac(-1);
        sie.gd(-2);
        assertEquals(0xff, sie.icptcode());
        assertEquals(0xb2ae, sie.ipa());
        assertEquals(0xff, sie.ecb3());
        assertEquals(-1, sie.fac());
        assertEquals(-2, sie.gd());
    }

    @Test
    void theDesignationHoldsAddressAndFormat() {
        sie.crycbd(0xffff_e807);
        assertEquals(0x7fff_e800, sie.crycbAddress());
        assertEquals(CrycbFormat.FORMAT_2, sie.crycbFormat());
    }

    @Test
    void apieIsBit28AndAivBit10OfEca() {
        sie.eca(0x0000_0008);
        assertTrue(sie.apie());
        assertFalse(sie.aiv());
        sie.eca(0x0020_0000);
        assertFalse(sie.apie());
        assertTrue(sie.aiv());
    }

    @Test
    void aBlockMustLieInsideStorage() {
        assertThrows(IndexOutOfBoundsException.class, () -> SieBlock.at(bytes, 0x11));
    }
}
