// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class TerminalWriterTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private String printed(String text) {
        try (PrintWriter out = new PrintWriter(TerminalWriter.output(bytes, StandardCharsets.UTF_8))) {
            out.print(text);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void textNewlinesAndTabsStayAsTheyAre() {
        assertEquals("05.0004\tCEX5C \u00e4\u20ac \ud83d\udd11\n",
                printed("05.0004\tCEX5C \u00e4\u20ac \ud83d\udd11\n"));
    }

    @Test
    void whatATerminalObeysIsShown() {
        assertEquals("\\u001b[2J \\u009b1m \\u0007 \\r \\u007f \\u0000", printed("\033[2J \u009b1m \007 \r \177 \0"));
    }

    @Test
    void whatHidesOrTurnsTextAroundIsShown() {
        assertEquals("\\u202e \\u200b \\u2028 \\ufeff \\udb40\\udc41",
                printed("\u202e \u200b \u2028 \ufeff \udb40\udc41"));
    }

    @Test
    void halfACharacterIsShownAsWhatItIs() {
        assertEquals("\\ud83dx\\udd11", printed("\ud83dx\udd11"));
    }

    @Test
    void aCharacterMayComeInTwoWrites() {
        try (PrintWriter out = new PrintWriter(TerminalWriter.output(bytes, StandardCharsets.UTF_8))) {
            out.write('\ud83d');
            out.write('\udd11');
        }
        assertEquals("\ud83d\udd11", bytes.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatTheTerminalCannotWriteIsNotAQuestionMark() {
        try (PrintWriter out = new PrintWriter(TerminalWriter.output(bytes, StandardCharsets.US_ASCII))) {
            out.print("{\"guest\": \"k\u00e4se\"}");
        }
        assertEquals("{\"guest\": \"k\\u00e4se\"}", bytes.toString(StandardCharsets.US_ASCII));
    }

    @Test
    void theStreamForOthersIsNoWayAround() {
        PrintStream stream = TerminalWriter.errors(bytes, StandardCharsets.UTF_8).stream();
        stream.println("WARNING: \033]0;title\007 \u00e4");
        assertEquals("WARNING: \\u001b]0;title\\u0007 \u00e4\n", bytes.toString(StandardCharsets.UTF_8));
    }
}
