// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.cli.lszcrypt.CardTree;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Replay.Disagreement;
import org.apvirt.replay.Scenario;
import org.apvirt.sysfs.SysfsFileSystem;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Prints what lszcrypt 2.35 printed inside a real kernel, in each recorded state of each recorded machine. */
class LszcryptRecordingsTest {
    private static final Path RECORDINGS = Path.of("../it-tests/recordings");

    static Stream<Path> recordings() throws IOException {
        try (Stream<Path> files = Files.walk(RECORDINGS)) {
            return files.filter(file -> file.getFileName().toString().startsWith("h0")
                    && !file.getFileName().toString().startsWith("h03")).sorted().toList().stream();
        }
    }

    /** Commands in which this program differs: its own version, its own words about a wrong option. */
    private static final List<String> OWN_WORDS = List.of("lszcrypt -v", "lszcrypt -q");

    private static @Nullable Map<String, Object> lszcrypt(Host host, String command) {
        if (OWN_WORDS.contains(command) || !command.startsWith("lszcrypt")) {
            return null;
        }
        CardTree tree = new CardTree(SysfsFileSystem.of(host.root()).getPath("/sys"));
        StringWriter text = new StringWriter();
        CommandLine line = new CommandLine(new LszcryptCommand(tree));
        line.setOut(new PrintWriter(text));
        line.setErr(new PrintWriter(text));
        String[] words = (command + " --layout 2.35").split(" ");
        int status = line.execute(Arrays.copyOfRange(words, 1, words.length));
        return Map.of("status", status, "killed", 0, "out", text.toString());
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void eachListingIsLetterByLetterTheRecordedOne(Path file) throws FileFormatException {
        Replay.Result result = Replay.run(Scenario.read(file), null, LszcryptRecordingsTest::lszcrypt);

        List<Disagreement> listings = result.disagreements().stream()
                .filter(it -> it.step().action().toString().startsWith("Shell")).toList();
        assertEquals(List.of(), listings, () -> listings.get(0).difference().toString());
        assertEquals(file.toString().contains("h01") ? OWN_WORDS.size() : 0, result.notRun(), "listings left out");
    }
}
