// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CrycbFormatTest {
    @ParameterizedTest(name = "facility 76 {0}, APXA {1}: {2}")
    @CsvSource({"false,false,FORMAT_0", "false,true,FORMAT_0", "true,false,FORMAT_1", "true,true,FORMAT_2"})
    void isChosenByFacility76AndThenByApxa(boolean msa3, boolean apxa, CrycbFormat chosen) {
        assertEquals(chosen, CrycbFormat.choose(msa3, apxa));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0x7fffe800,FORMAT_0,0,32", "0x7fffe801,FORMAT_1,1,128", "0x7fffe802,INVALID,2,0",
            "0x7fffe803,FORMAT_2,3,256"})
    void isTheLowTwoBitsOfTheDesignationAndFormat2HasTheValue3(String crycbd, CrycbFormat format, int bits,
            int length) {
        assertEquals(format, CrycbFormat.of(Integer.decode(crycbd)));
        assertEquals(bits, format.bits());
        assertEquals(length, format.lengthBytes());
    }

    @Test
    void onlyFormat2UsesTheWideApcb() {
        assertTrue(CrycbFormat.FORMAT_2.usesApcb1());
        assertFalse(CrycbFormat.FORMAT_1.usesApcb1());
        assertFalse(CrycbFormat.FORMAT_0.usesApcb1());
        assertFalse(CrycbFormat.INVALID.usesApcb1());
    }
}
