// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class ImportCommandTest {
    @TempDir
    private Path directory;

    @Test
    void whatIsExportedIsImportedAgain() throws Exception {
        Path copy = directory.resolve("copy");
        CommandLineRun exported = CommandLineRun.of("export", "../examples/two-guests.yaml", copy.toString(), "--level",
                "linux-6.12");
        assertEquals(new CommandLineRun(0, "", ""), exported);
        CommandLineRun imported = CommandLineRun.of("import", copy.toString());
        assertEquals("", imported.err());
        assertTrue(imported.out().contains("  5: {type: CEX5C,"), imported.out());
        Path file = directory.resolve("machine.yaml");
        Files.writeString(file, imported.out());
        Path record = directory.resolve("record");
        Files.writeString(record,
                CommandLineRun.of("export", "--umockdev", file.toString(), "-").out());
        CommandLineRun again = CommandLineRun.of("import", record.toString());
        assertTrue(again.out().contains("  5: {type: CEX5C,"), again.toString());
    }

    /** The commands are those of docs/trees.md, with the directory before each name. */
    @Test
    void theSessionOfThePageGoesAsPrinted() throws Exception {
        String page = Files.readString(Path.of("..").resolve("docs/trees.md"));
        Files.copy(Path.of("../examples/two-guests.yaml"), directory.resolve("two-guests.yaml"));
        int commands = 0;
        for (String line : page.lines().filter(line -> line.startsWith("$ apvirt ")).toList()) {
            String[] words = line.substring("$ apvirt ".length()).replaceAll(" > .*", "")
                    .replaceAll("(two-guests.yaml|copy)", directory + "/$1").split(" ");
            if (line.contains("copy.tar")) { // bytes: they go to the standard output of the process
                assertEquals(0, process(null, directory.resolve("copy.tar"), words), line);
            } else {
                assertEquals(0, CommandLineRun.of(words).status(), line);
            }
            commands++;
        }
        assertEquals(4, commands);
        Path machine = directory.resolve("machine.yaml");
        assertEquals(0, process(directory.resolve("copy.tar"), machine, "import", "-"));
        assertEquals(CommandLineRun.of("import", directory.resolve("copy").toString()).out(),
                Files.readString(machine));
    }

    /** Runs the program as a process, and returns its exit status. */
    private static int process(Path in, Path out, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                        "org.apvirt.cli.Apvirt"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectInput(in == null ? Redirect.PIPE : Redirect.from(in.toFile()))
                .redirectOutput(out.toFile()).redirectError(Redirect.INHERIT).start().waitFor();
    }

    @Test
    void whatIsNoTreeIsNamed() throws Exception {
        Path file = directory.resolve("x");
        Files.writeString(file, "nonsense ".repeat(100));
        assertEquals("apvirt: " + file + ": is no tar (no header where one belongs)\n",
                CommandLineRun.of("import", file.toString()).err().replaceFirst("apvirt import", "apvirt"));
        assertEquals(2, CommandLineRun.of("import", directory.toString()).status());
        assertEquals(1, CommandLineRun.of("export", "../examples/two-guests.yaml", directory.toString()).status());
    }
}
