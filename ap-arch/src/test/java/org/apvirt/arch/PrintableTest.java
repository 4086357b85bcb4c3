// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

/** Text of unknown origin on a terminal. Backslashes are doubled in this source only. */
class PrintableTest {
    @Test
    void plainTextIsItself() {
        String text = " 05.0004 ~";
        assertSame(text, Printable.line(text));
        assertEquals("", Printable.line(null));
        assertEquals("", Printable.line(""));
    }

    @ParameterizedTest(name = "U+{0}")
    @CsvSource({"000a, \\n", "0009, \\t", "000d, \\r", "0000, \\u0000", "001b, \\u001b", "001f, \\u001f",
            "007f, \\u007f", "0085, \\u0085", "00ad, \\u00ad", "202e, \\u202e", "2028, \\u2028", "2029, \\u2029",
            "d800, \\ud800", "0378, \\u0378", "e0001, \\udb40\\udc01"})
    void whatATerminalObeysIsWrittenAsJsonWritesIt(String codePoint, String escape) {
        String character = Character.toString(Integer.parseInt(codePoint, 16));
        assertEquals("a" + escape + "b", Printable.line("a" + character + "b"));
    }

    @ParameterizedTest
    @CsvSource({"e9", "20ac", "4e2d", "1f511"})
    void whatATerminalShowsIsShownBesideWhatItObeys(String codePoint) {
        String character = Character.toString(Integer.parseInt(codePoint, 16));
        assertEquals("a" + character + "\\n", Printable.line("a" + character + "\n"));
    }

    @Test
    void ofALongMessageBothEndsAreShown() {
        String most = "x".repeat(1000) + "y".repeat(1000);
        assertEquals(most, Printable.message(" \n" + most + '\n'));
        assertEquals("x".repeat(1000) + " ... " + "z" + "y".repeat(999), Printable.message("x".repeat(1000) + "1z"
                + "y".repeat(999)));
        assertEquals("", Printable.message(null));
    }
}
