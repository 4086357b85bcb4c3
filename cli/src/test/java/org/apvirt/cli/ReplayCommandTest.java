// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** {@code apvirt replay} on a scenario whose second answer is wrong and whose third needs a program. */
class ReplayCommandTest {
    @TempDir
    Path directory;
    private Path scenario;

    @BeforeEach
    void writeScenario() throws IOException {
        scenario = Files.createDirectory(directory.resolve("mine")).resolve("wrong.yaml");
        Files.writeString(scenario, """
                name: an answer is wrong
                level: linux-6.12
                hardware: {adapters: {5: {type: 11, mode: C}}, domains: [4]}
                steps:
                  - {op: read, path: /sys/bus/ap/ap_max_adapter_id, result: {data: "255\\n"}}
                  - {op: read, path: /sys/bus/ap/config_time, result: {data: "31\\n"}}
                  - {op: sh, cmd: lszcrypt -b, result: {status: 0, killed: 0, out: ""}}
                """);
    }

    private CommandLineRun replay(String... words) {
        String[] all = new String[words.length + 2];
        all[0] = "replay";
        System.arraycopy(words, 0, all, 1, words.length);
        all[all.length - 1] = scenario.toString();
        return CommandLineRun.of(all);
    }

    @Test
    void aDifferenceIsShownWithStepAndLine() {
        CommandLineRun run = replay();

        assertEquals(scenario + """
                : 1 of 2 agree, 1 not run
                  step 1 (line 6) Read[path=/sys/bus/ap/config_time]
                    result.data
                      recorded "31\\n"
                      answered "30\\n"
                1 of 2 answers agree, 1 not run
                """, run.out());
        assertEquals(1, run.status());
    }

    @Test
    void aScenarioWithoutAnswersIsToBeRecorded() {
        CommandLineRun run = CommandLineRun.of("replay", "--level", "linux-6.12", "../examples/record.yaml");

        assertEquals("apvirt replay: ../examples/record.yaml: no answer is recorded in it, so nothing was compared"
                + " (apvirt record --kernel KERNEL ../examples/record.yaml asks a real kernel)\n", run.err());
        assertEquals(0, run.status());
    }

    @Test
    void aKnownDisagreementIsLeftOut() throws IOException {
        Path known = Files.writeString(directory.resolve("known"), "# why\n\nmine/wrong.yaml 1\nmine/other.yaml 0\n");

        CommandLineRun run = replay("--known", known.toString());

        assertEquals(scenario + ": 1 of 1 agree, 1 not run, 1 known to disagree\n"
                + "1 of 1 answers agree, 1 not run, 1 known to disagree\n", run.out());
        assertEquals(0, run.status());
        assertEquals(1, replay("--strict", "--known", known.toString()).status());
    }

    @Test
    void theListBesideTheRecordingsIsUsedByItself() throws IOException {
        for (Path where : List.of(directory, directory.resolve("mine"))) {
            Path known = Files.writeString(where.resolve("known-disagreements.txt"), "mine/wrong.yaml 1\n");

            assertEquals(0, replay().status());
            assertEquals(1, replay("--known", "/dev/null").status());
            Files.delete(known);
        }
        assertEquals(1, replay().status());
    }

    @Test
    void aLineThatNamesNoStepIsRefused() throws IOException {
        Path known = Files.writeString(directory.resolve("known"), "mine/wrong.yaml\n");

        CommandLineRun run = replay("--known", known.toString());

        assertEquals("apvirt replay: " + known + ":1: 'mine/wrong.yaml' is no recording and step (write for example:"
                + " linux-6.12/h01_lszcrypt.json 49)\n", run.err());
        assertEquals(2, run.status());
    }

    @Test
    void aMissingProgramIsNamed() {
        CommandLineRun run = replay("--programs", directory.toString());

        assertEquals("apvirt replay: " + directory + "/usr/sbin/lszcrypt is no program; give the directory that holds"
                + " usr/sbin/lszcrypt\n", run.err());
        assertEquals(1, run.status());
    }
}
