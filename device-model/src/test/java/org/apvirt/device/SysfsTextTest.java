// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class SysfsTextTest {
    @Nested
    class ParsingANumber {
        @ParameterizedTest
        @CsvSource({"4,4", "0x4,4", "0X4,4", "04,4", "+4,4", "020,16", "0107,71", "0,0", "00,0", "0xaB,171",
                "18446744073709551615,-1", "0xffffffffffffffff,-1", "+0x10,16"})
        void takesCNotation(String text, long value) throws ErrnoException {
            assertEquals(value, SysfsText.parseNumber(text));
        }

        @Test
        void oneNewlineMayFollow() throws ErrnoException {
            assertEquals(4, SysfsText.parseNumber("4\n"));
        }

        @Test
        void aNulEndsTheText() throws ErrnoException {
            assertEquals(4, SysfsText.parseNumber("4\0xyz"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"08", "0x", "0xg", "x4", "-1", " 4", "4 ", "4,5", "", "\n", "4\n\n", "+", "++4", "+-4",
                "4x", "0x4g", "\0", "0b1", "\u0664"})
        void anythingElseIsEinval(String text) {
            ErrnoException e = assertThrows(ErrnoException.class, () -> SysfsText.parseNumber(text));
            assertEquals(Errno.EINVAL, e.errno());
        }

        @ParameterizedTest
        @ValueSource(strings = {"18446744073709551616", "0x10000000000000000", "02000000000000000000000",
                "99999999999999999999999999", "18446744073709551616x"})
        void sixtyFiveBitsAreErange(String text) {
            ErrnoException e = assertThrows(ErrnoException.class, () -> SysfsText.parseNumber(text));
            assertEquals(Errno.ERANGE, e.errno());
        }
    }
}
