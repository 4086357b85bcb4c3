// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ApqnTest {
    /** S18: the pair of adapter and domain names the queue; adapter in the high byte. */
    @Test
    void s18_theAdapterIsTheHighByte() {
        assertEquals(0x05ab, new Apqn(5, 0xab).qid());
        assertEquals(new Apqn(5, 0xab), Apqn.ofQid(0x05ab));
    }

    @Test
    void bitsLeftOfTheApqnAreIgnored() {
        assertEquals(new Apqn(255, 254), Apqn.ofQid(0x0480_fffe));
    }

    /** S37, S38: two hexadecimal digits for the adapter, four for the domain, lower case. */
    @Test
    void s38_theNameHasTwoAndFourHexDigits() {
        assertEquals("05.00ab", new Apqn(5, 0xab).toString());
        assertEquals("ff.0004", new Apqn(255, 4).toString());
    }

    @Test
    void everyApqnSurvivesItsNumberAndItsName() {
        for (int qid = 0; qid < 0x10000; qid++) {
            Apqn apqn = Apqn.ofQid(qid);
            assertEquals(qid, apqn.qid());
            assertEquals(apqn, Apqn.parse(apqn.toString()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5.4", "05.004", "05.00044", "05,0004", "05.0100", "0x5.0004", "05.-004", "+5.0004",
            "05.000g", "05.00D4", "0A.0004"})
    void anotherFormOfNameIsRefusedWithTheText(String name) {
        String message = assertThrows(IllegalArgumentException.class, () -> Apqn.parse(name)).getMessage();
        assertTrue(message != null && message.contains("'" + name + "'"), message);
    }

    /** S4, S5: both numbers are 0 to 255. */
    @Test
    void s4_numbersOutsideAreRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> new Apqn(256, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> new Apqn(0, 256));
        assertThrows(IndexOutOfBoundsException.class, () -> new Apqn(-1, 0));
    }

    @Test
    void sortingIsByAdapterThenDomain() {
        assertTrue(new Apqn(1, 255).compareTo(new Apqn(2, 0)) < 0);
        assertTrue(new Apqn(200, 1).compareTo(new Apqn(100, 255)) > 0);
    }
}
