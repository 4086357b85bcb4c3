// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.apvirt.cli.Apvirt;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Plays every recording. Each answer agrees but those that {@code known-disagreements.txt} lists, step by step and with the
 * reason; one that agrees all of a sudden must leave that list.
 */
class ReplayIT {
    private static final Path RECORDINGS = Path.of("recordings");

    /** Fewer than are compared today would mean that something is left out. */
    private static final Map<String, Integer> ANSWERS = Map.of("linux-6.1", 951, "linux-6.12", 8737, "linux-7.2", 7640,
            "linux-7.3", 267);
    private static final int ANSWERS_WITH_PROGRAMS = 850;

    private static final List<String> LEVELS = List.of("linux-6.1", "linux-6.12", "linux-7.2", "linux-7.3");

    private static final Path KNOWN = RECORDINGS.resolve("known-disagreements.txt");

    private static List<Path> recordings(String level) throws IOException {
        try (Stream<Path> files = Files.list(RECORDINGS.resolve(level))) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    private static List<String> known(String level) throws IOException {
        try (Stream<String> lines = Files.lines(KNOWN)) {
            return lines.filter(line -> line.startsWith(level + '/')).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"linux-6.1", "linux-6.12", "linux-7.2", "linux-7.3"})
    void everyAnswerAgreesButTheKnownOnes(String level) throws IOException, FileFormatException {
        List<String> found = new ArrayList<>();
        int total = 0;
        for (Path file : recordings(level)) {
            Replay.Result result = Replay.run(Scenario.read(file), null);
            total += result.total();
            result.disagreements().forEach(
                    it -> found.add(level + '/' + file.getFileName() + ' ' + it.step().number()));
        }

        assertEquals(String.join("\n", known(level)), String.join("\n", new TreeSet<>(found)));
        assertEquals(ANSWERS.get(level), total);
        String row = String.format("| `%s` | %d | %d | %d |", level, recordings(level).size(), total, found.size());
        assertEquals(true, Files.readString(Programs.ROOT.resolve("docs/replay.md")).contains(row),
                () -> "docs/replay.md has not " + row);
    }

    /** Groups h and k and the serial numbers of a19: whatever the recorder had lszcrypt and chzcrypt 2.35 do. */
    @Test
    void theRealProgramsPrintWhatTheyPrintedOnTheRealKernels() throws Exception {
        ExecutedProgram.requireFuse();
        Programs.Output clients = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString()));
        Programs.require("clients.required", clients.status() == 0, clients.lastLine());
        List<String> words = new ArrayList<>(
                List.of("replay", "--strict", "--quiet", "--programs", clients.lastLine() + "/s390-tools-trixie"));
        for (String level : List.of("linux-6.12", "linux-7.2")) {
            recordings(level).stream().filter(file -> file.getFileName().toString().matches("(?:h0|k0|a19).*"))
                    .forEach(file -> words.add(file.toString()));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        int status = Apvirt.run(out, out, words.toArray(String[]::new));

        assertEquals(ANSWERS_WITH_PROGRAMS + " of " + ANSWERS_WITH_PROGRAMS
                + " answers agree, 0 not run, 4 known to disagree\n", out.toString(StandardCharsets.UTF_8));
        assertEquals(0, status);
    }

    /** Time is virtual: fifty runs are one, writers that block while the scenario goes on included. */
    @Test
    void fiftyRunsGiveOneResult() throws IOException, FileFormatException {
        for (String level : LEVELS) {
            for (Path file : recordings(level)) {
                if (file.getFileName().toString().matches("d03_blocked.*|rand2.*")) {
                    requireSameAnswers(file, 50);
                }
            }
        }
    }

    /** The others once more; with {@code -Dreplay.again=9} as often as that. */
    @ParameterizedTest
    @ValueSource(strings = {"linux-6.1", "linux-6.12", "linux-7.2", "linux-7.3", "keys/linux-6.12", "keys/linux-7.2"})
    void eachRecordingGivesTheSameAnswersAgain(String level) throws IOException, FileFormatException {
        for (Path file : recordings(level)) {
            requireSameAnswers(file, 1 + Integer.getInteger("replay.again", 1));
        }
    }

    private static void requireSameAnswers(Path file, int runs) throws FileFormatException {
        Scenario scenario = Scenario.read(file);
        Level level = Objects.requireNonNull(scenario.level());
        List<String> first = answers(scenario, level);
        for (int run = 1; run < runs; run++) {
            List<String> again = answers(scenario, level);
            for (int step = 0; step < first.size(); step++) {
                int number = step;
                assertEquals(first.get(step), again.get(step), () -> file + " step " + number);
            }
        }
    }

    /** All but the number of the thread that a blocked removal names. */
    private static List<String> answers(Scenario scenario, Level level) throws FileFormatException {
        return Replay.answers(scenario, level).stream()
                .map(answer -> answer.toString().replaceAll("(task \"[^\"]*\") \\(\\d+\\)", "$1")).toList();
    }

    /** The answers of one kernel are not those of another: the level makes a difference that the replay sees. */
    @Test
    void atAnotherLevelTheAnswersDiffer() throws IOException, FileFormatException {
        Scenario scenario = Scenario.read(RECORDINGS.resolve("linux-7.2/j01_driver_override.json"));

        Replay.Result result = Replay.run(scenario, Level.LINUX_6_12);

        assertEquals(result.total() - result.agree(), result.disagreements().size());
        assertEquals(true, result.disagreements().size() > 10, result::toString);
    }
}
