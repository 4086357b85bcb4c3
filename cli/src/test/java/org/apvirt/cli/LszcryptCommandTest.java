// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What lszcrypt 2.35 and 2.40 printed on such trees, under qemu-user. */
class LszcryptCommandTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''         | false | No crypto card devices found.
            -V         | false | No crypto card devices found.
            --ccaonly  | false | No crypto card devices found.
            05         | true  | Error - cryptographic device card05 does not exist.
            7f.4       | true  | Error - cryptographic device /sys/devices/ap/card7f/7f.0004 does not exist.
            .4         | true  | No crypto card devices found.
            -V .0x47   | true  | No crypto card devices found.
            .fffe 05   | true  | No crypto card devices found.
            x 05       | true  | Error - cryptographic device card05 does not exist.
            -c 5       | false | Error - cryptographic device card05 does not exist.
            """)
    void onAnEmptyBusWhoNamesACardIsToldAboutThatOne(String options, boolean withHeader, String error)
            throws IOException {
        Path machine = Files.writeString(directory.resolve("m.yaml"), "level: linux-6.12\n");
        String[] words = ("lszcrypt --layout 2.35 --machine " + machine + " " + options).strip().split(" ");

        CommandLineRun run = CommandLineRun.of(words);

        assertEquals(1, run.status());
        assertEquals("lszcrypt: " + error + "\n", run.err());
        assertEquals(withHeader, run.out().startsWith("CARD.DOM TYPE "), run.out());
    }
}
