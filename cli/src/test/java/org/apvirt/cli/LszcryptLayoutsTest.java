// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * What the releases of lszcrypt print otherwise: the depth is what the kernel shows from 2.41 on; a bus without cards is no
 * error and the default domain is looked at from 2.42 on.
 */
class LszcryptLayoutsTest {
    private static final String HEADER = "CARD.DOM TYPE  MODE        STATUS     REQUESTS\n" + "-".repeat(46) + '\n';

    @TempDir
    Path directory;

    private CommandLineRun lszcrypt(String machine, String layout, String... options) throws IOException {
        Path file = Files.writeString(directory.resolve("m.yaml"), "level: linux-6.12\n" + machine);
        String[] words = {"lszcrypt", "--layout", layout, "--machine", file.toString()};
        String[] all = new String[words.length + options.length];
        System.arraycopy(words, 0, all, 0, words.length);
        System.arraycopy(options, 0, all, words.length, options.length);
        return CommandLineRun.of(all);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"2.35, 09", "2.40, 09", "2.41, 08", "2.42, 08", "2.43, 08"})
    void theDepthIsTheKernelsAndOneMoreUpTo240(String layout, String depth) throws IOException {
        CommandLineRun run = lszcrypt("adapters: {5: {type: CEX5C, depth: 8}}\nusage-domains: [4]\n", layout, "-V",
                "05");
        assertEquals(depth, run.out().lines().skip(2).findFirst().orElse("").split(" +")[7], run.out());
        assertEquals("", run.err());
    }

    @ParameterizedTest(name = "{0}: status {1}")
    @CsvSource({"2.35, 1", "2.40, 1", "2.41, 1", "2.42, 0", "2.43, 0"})
    void aBusWithoutCardsIsAnErrorUpTo241AndThenAnEmptyTable(String layout, int status) throws IOException {
        CommandLineRun run = lszcrypt("", layout);
        assertEquals(status, run.status());
        assertEquals(status == 1 ? "" : HEADER, run.out());
        assertEquals(status == 1
                ? "lszcrypt: No crypto card devices found.\n"
                : "Warning: Default domain 0xffffffffffffffff is not available.\n", run.err());
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource(delimiter = '|', textBlock = """
            2.41 | usage-domains: [4]                   | 0x4               | 0xff
            2.42 | usage-domains: [4]                   | 0x04              | 0xff
            2.43 | usage-domains: [0x47]                | 0x47              | 0xff
            2.41 |                                      | 0xffffffffffffffff | 0xff
            2.42 |                                      | -1 (not set)      | 0xff
            """)
    void theDefaultDomainHasTwoDigitsFrom242OnAndARemarkIfThereIsNone(String layout, String domains, String domain,
            String highest) throws IOException {
        CommandLineRun run = lszcrypt("adapters: {5: CEX5C}\n" + (domains == null ? "" : domains + '\n'), layout, "-b");
        assertEquals("features: APSC APXA\nap_domain=" + domain + "\nap_max_domain_id=" + highest + '\n',
                run.out().replaceAll("(?s)ap_interrupts.*", ""));
    }
}
