// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What is printed arrives, or the program says that it did not. */
class OutputTest {
    private static final String MACHINE = "../examples/two-guests.yaml";

    @TempDir
    private Path directory;

    /** Every command that prints without a mount, a guest or another machine; and the help of each. */
    static Stream<List<String>> commandsThatPrint() {
        List<List<String>> commands = new ArrayList<>(List.of(List.of("demo"), List.of("check", MACHINE),
                List.of("check", "--json", MACHINE), List.of("lszcrypt", "--machine", MACHINE),
                List.of("qemu-check", "--json", "--host-cpu", "z14", "--", "qemu-system-s390x"),
                List.of("crycb", "DUMP"), List.of("crycb", "--json", "DUMP"), List.of("replay", "SCENARIO"),
                List.of("replay", "--json", "SCENARIO"), List.of("--help"), List.of("--version"),
                List.of("generate-completion")));
        Apvirt.commandLine().getSubcommands().forEach((name, line) -> {
            if (!line.getCommandSpec().usageMessage().hidden()) {
                commands.add(List.of(name, "--help"));
            }
        });
        return commands.stream();
    }

    private String[] arguments(List<String> command) throws IOException {
        Path dump = Files.writeString(directory.resolve("dump"), "06".repeat(32));
        Path scenario = Files.writeString(directory.resolve("scenario.yaml"),
                "level: seed\nhardware: {}\nsteps:\n"
                        + "- {op: read, path: /sys/bus/ap/config_time, result: {data: \"30\\n\"}}\n");
        return command.stream().map(word -> word.replace("DUMP", dump.toString()).replace("SCENARIO",
                scenario.toString())).toArray(String[]::new);
    }

    @ParameterizedTest
    @MethodSource("commandsThatPrint")
    void aFullDiskIsAnErrorAndOneLine(List<String> command) throws IOException {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (OutputStream full = new FileOutputStream("/dev/full")) {
            assertEquals(1, Apvirt.run(full, err, arguments(command)));
        }
        assertEquals("apvirt: standard output: No space left on device\n", err.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("commandsThatPrint")
    void aReaderThatHasGoneEndsItQuietly(List<String> command) throws IOException {
        Pipe pipe = Pipe.open();
        pipe.source().close();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (OutputStream out = Channels.newOutputStream(pipe.sink())) {
            assertEquals(141, Apvirt.run(out, err, arguments(command)));
        }
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void lostErrorsDoNotChangeTheAnswer() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream full = new FileOutputStream("/dev/full")) {
            assertEquals(2, Apvirt.run(out, full, "check", "nosuch.yaml"));
        }
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }
}
