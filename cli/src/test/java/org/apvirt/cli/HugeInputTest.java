// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/** Input that is far too long, from a pipe: one line says so, soon, and not much more is read than can be meant. */
class HugeInputTest {
    private static final long HUGE = 300L << 20;
    private static final long MOST = 17L << 20;
    private static final int SECONDS = 60; // takes one or two; slow is what goes on for minutes

    @TempDir
    private Path directory;
    private final AtomicLong taken = new AtomicLong();

    /** A pipe out of which comes a text, and then a part of it again and again. */
    private Path pipe(String begin, String part) throws Exception {
        Path pipe = directory.resolve("huge.yaml");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        byte[] block = part.repeat(1 + (1 << 16) / part.length()).getBytes(StandardCharsets.UTF_8);
        Thread writer = new Thread(() -> {
            try (OutputStream out = Files.newOutputStream(pipe)) {
                out.write(begin.getBytes(StandardCharsets.UTF_8));
                while (taken.get() < HUGE) {
                    out.write(block);
                    taken.addAndGet(block.length);
                }
            } catch (IOException e) {
                return; // nobody reads any more
            }
        });
        writer.setDaemon(true);
        writer.start();
        return pipe;
    }

    private CommandLineRun run(Path file, String command) {
        long start = System.nanoTime();
        CommandLineRun run = CommandLineRun.of(command.replace("FILE", file.toString())
                .replace("DIR", directory.toString()).split(" "));
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        assertTrue(seconds < SECONDS, () -> command + " took " + seconds + " s");
        return run;
    }

    private void assertOneLine(CommandLineRun run, String expected) {
        assertEquals(2, run.status(), run.err());
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().length() < 500 && run.err().contains(expected), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"check FILE", "check --json FILE", "lszcrypt --machine FILE", "replay FILE",
            "replay --known FILE DIR", "crycb FILE", "qemu-check --machine FILE -- kvm", "attach FILE --gdb DIR/none",
            "qemu FILE -- -S", "record --kernel DIR/none FILE"})
    @Timeout(60)
    void aCommentOf300MegabytesIsRefusedByEveryCommand(String command) throws Exception {
        CommandLineRun run = run(pipe("level: linux-6.12\n# ", "x"), command);
        assertTrue(run.status() != 0, run.out());
        String said = run.out() + run.err();
        assertEquals(1, said.lines().count(), said);
        assertTrue(said.contains("is longer than ") && said.contains("huge.yaml"), said);
        assertTrue(taken.get() <= MOST, () -> taken + " bytes were read");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            level:_          | x
            adapters:_{      | 5:_CEX5C,
            adapters:_       | _
            usage-domains:_[ | 4,
            guests:_{        | g:_{}_,
            steps:_          | -
            {"steps":_[      | {"op":"read"},
            "                | \\u0041
            '                | ''
            """)
    @Timeout(60)
    void soAreALineAListAMapAndAString(String begin, String part) throws Exception {
        Path pipe = pipe(begin.replace('_', ' '), part.replace('_', ' '));
        CommandLineRun run = run(pipe, begin.contains("steps") ? "replay FILE" : "check FILE");
        assertOneLine(run, "is longer than 16384 KiB");
        assertTrue(taken.get() <= MOST, () -> taken + " bytes were read");
    }

    private Path file(String begin, String part, int times, String end) throws IOException {
        return Files.writeString(directory.resolve("large.yaml"), begin + part.repeat(times) + end);
    }

    /** What is not too long may still be too much. */
    @Test
    @Timeout(120)
    void shortValuesWithoutEndAreRefused() throws Exception {
        assertOneLine(run(file("usage-domains: [", "4,", 7 << 20, "4]\n"), "check FILE"),
                "has more than 1000000 values, the most that is read");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a: ", "- ", "? ", "{\"steps\": ["})
    @Timeout(120)
    void soIsNesting(String level) throws Exception {
        for (String command : List.of("check FILE", "replay FILE")) {
            assertOneLine(run(file("", level, (1 << 20) / level.length(), ""), command), "large.yaml");
        }
    }

    @Test
    @Timeout(120)
    void soAreAliasesThatGrowByEachOther() throws Exception {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a").append(i).append(": &a").append(i).append(" [")
                    .append(("*a" + (i - 1) + ", ").repeat(10)).append("]\n");
        }
        for (String command : List.of("check FILE", "replay FILE", "lszcrypt --machine FILE")) {
            assertOneLine(run(file(bomb.toString(), "", 0, ""), command), "large.yaml:");
        }
        assertOneLine(run(file("adapters: &a {5: *a}\n", "", 0, ""), "check FILE"), "large.yaml:1:");
    }

    /** A plan in which every guest wants the same queue: valid, and checked in seconds. */
    @Test
    @Timeout(120)
    void aPlanOfTenThousandGuestsIsChecked() throws Exception {
        StringBuilder plan = new StringBuilder("adapters: {5: CEX5C}\nusage-domains: [4]\nguests:\n");
        for (int i = 0; i < 10_000; i++) {
            plan.append("  g").append(i).append(": {adapters: [5], domains: [4]}\n");
        }
        CommandLineRun run = run(file(plan.toString(), "", 0, ""), "check FILE");
        assertEquals(1, run.status(), run.err());
        assertEquals(2, run.out().lines().count());
    }

    /** A scenario of very many steps is played in seconds. */
    @Test
    @Timeout(120)
    void aScenarioOfFiveThousandStepsIsPlayed() throws Exception {
        Path file = file("""
                name: s
                level: linux-6.12
                hardware: {adapters: {5: {type: 11, mode: C}}, domains: [4]}
                steps:
                """, "  - {op: read, path: /sys/bus/ap/ap_domain, result: {data: \"4\\n\"}}\n", 5_000, "");
        CommandLineRun run = run(file, "replay FILE");
        if (run.status() != 0) {
            fail(run.out().substring(0, Math.min(2000, run.out().length())) + run.err());
        }
        assertTrue(run.out().contains("5000 of 5000 agree"), run.out());
    }
}
