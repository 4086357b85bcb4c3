// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CrycbCommandTest {
    private static final String FORMAT_0 = "0600000000000000" + "0800000000000000" + "00".repeat(16);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private int run(String dump, String... options) throws IOException {
        Path file = Files.writeString(directory.resolve("dump"), dump);
        CommandLine line = Apvirt.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        String[] arguments = new String[options.length + 2];
        arguments[0] = "crycb";
        System.arraycopy(options, 0, arguments, 1, options.length);
        arguments[options.length + 1] = file.toString();
        return line.execute(arguments);
    }

    @Test
    void printsTheBlockInWords() throws IOException {
        assertEquals(0, run(FORMAT_0));
        assertEquals("""
                format          0, masks in the APCB of format 0 at 0x00
                adapters        5, 6
                domains         4
                control domains none
                key masks       none in this format
                APQNs           2
                                05.0004
                                06.0004
                """, out.toString());
    }

    @Test
    void printsJson() throws IOException {
        assertEquals(0, run(FORMAT_0, "--json"));
        assertEquals("{\"format\": 0, \"adapters\": [5, 6], \"domains\": [4], \"control_domains\": [], "
                + "\"apqns\": [\"05.0004\", \"06.0004\"], \"aes_key_mask\": false, \"dea_key_mask\": false, "
                + "\"remarks\": []}\n", out.toString());
    }

    @Test
    void saysWhatIsWrongWithADumpInOneLine() throws IOException {
        assertEquals(2, run("00 0g"));
        String file = directory.resolve("dump").toString();
        assertEquals("apvirt crycb: " + file + ": line 1: 'g' is not a hex digit\n", err.toString());
    }

    @Test
    void knowsThreeFormats() throws IOException {
        assertEquals(2, run(FORMAT_0, "--format", "3"));
        assertTrue(err.toString().contains("'3' is no CRYCB format: 0, 1 or 2"), err.toString());
    }

    @Test
    void takesTheNamesThatPeopleGiveFormats() throws IOException {
        assertEquals(0, run(FORMAT_0, "--format", "format0"));
        assertEquals(0, run(FORMAT_0, "--format", "FORMAT_0"));
        assertEquals("", err.toString());
    }

    @Test
    void refusesAFormatThatDoesNotFit() throws IOException {
        assertEquals(2, run(FORMAT_0, "--format", "2"));
        assertTrue(err.toString().contains("cannot be a CRYCB of format 2, which has 256"), err.toString());
    }
}
