// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What docs/faults.md prints is what happens. */
@Timeout(60)
class FaultsDocumentTest {
    private static final Path PAGE = Path.of("..").resolve("docs/faults.md");

    private static String block(String test, String language) throws Exception {
        Matcher block = Pattern
                .compile("<!-- run by FaultsDocumentTest#" + test + " -->\n```" + language + "\n(.*?)```",
                        Pattern.DOTALL)
                .matcher(Files.readString(PAGE));
        assertTrue(block.find(), test);
        return block.group(1);
    }

    /** Takes a line apart as a shell does, as far as the page needs it. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("'([^']*)'|(\\S+)").matcher(line);
        while (word.find()) {
            words.add(word.group(1) != null ? word.group(1) : word.group(2));
        }
        return words;
    }

    @Test
    void theSessionPrintsWhatThePagePrints(@TempDir Path directory) throws Exception {
        RunningMachine running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4]
                """, "test"), "test.yaml");
        StringBuilder session = new StringBuilder();
        String page = block("theSessionPrintsWhatThePagePrints", "");
        try (ControlServer server = ControlServer.open(directory.resolve("control.sock"), running, "test")) {
            for (String line : page.lines().filter(line -> line.startsWith("$ apvirt ctl ")).toList()) {
                List<String> words = new ArrayList<>(List.of("ctl", "--socket", server.path().toString()));
                words.addAll(words(line.substring("$ apvirt ctl ".length())));
                CommandLineRun run = CommandLineRun.of(words.toArray(String[]::new));
                session.append(line).append('\n').append(run.out()).append(run.err());
            }
        }
        assertEquals(page, session.toString());
        assertEquals(List.of(), running.faults().list());
    }

    @Test
    void theMachineFileIsTakenAndWrittenBack() throws Exception {
        String file = block("theMachineFileIsTakenAndWrittenBack", "yaml");
        String dump = RunningMachine.boot(MachineFile.parse(file, "page"), "page").control().describe();
        assertEquals(file.substring(file.indexOf("faults:")), dump.substring(dump.indexOf("faults:")));
    }
}
