// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apvirt.cli.Apvirt;
import org.apvirt.it.Programs;
import org.apvirt.it.guest.StockGuest;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * {@code apvirt lszcrypt} against the real program, with all options, on copies of the trees that the recordings lead to:
 * after boot and at the end. A sample of trees and options by default; {@code -Dlszcrypt.all=true} takes every one, in a few
 * minutes. With {@code -Dclients.required=true} a missing program fails the test.
 */
class SameLszcryptIT {
    private static final boolean ALL = Boolean.getBoolean("lszcrypt.all");

    /** Each such tree of all is looked at in processes of their own too; no divisor of the turns, so that all lines come. */
    private static final int SOME = 7;

    private static Path clients;
    private static SortedMap<String, Path> trees;

    @TempDir
    static Path work;

    @BeforeAll
    static void fetchBothReleases() throws Exception {
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString()));
        Programs.require("clients.required", fetched.status() == 0, fetched.lastLine());
        clients = Path.of(fetched.lastLine());
        trees = LszcryptTrees.make(work, ALL);
    }

    /** What a program printed. */
    private record Printed(int status, String out, String err) {}

    @Test
    void printsWhatLszcrypt235PrintsOnEveryTree() throws Exception {
        compare(clients.resolve("bin/lszcrypt"), "2.35");
    }

    /** The newest that Debian has. One that has no layout here is nothing to compare with. */
    @Test
    void printsWhatTheNewestLszcryptPrintsOnEveryTree() throws Exception {
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString(), "-n"));
        Programs.require("clients.required", fetched.status() == 0, fetched.lastLine());
        Path program = Path.of(fetched.lastLine(), "newest/lszcrypt");
        String version = Programs.run(List.of(program.toString(), "-v")).text();
        String layout = version.replaceAll("(?s).*?version ([0-9]+\\.[0-9]+).*", "$1");
        Assumptions.assumeTrue(List.of("2.40", "2.41", "2.42", "2.43").contains(layout), "no layout of " + version);
        compare(program, layout);
    }

    /** The rows that people published; REQUESTS are what that machine had done. */
    @Test
    void aProfileLooksLikeThePublishedCard() throws Exception {
        List<Printed> printed = real(clients.resolve("bin/lszcrypt"), trees.get("machine-profiles"),
                List.of("-V --cardonly", "-c 0", "-c 3"));

        assertEquals("""
                00       CEX8C CCA-Coproc  online     -        0     14     08 S--D--N-F- cex4card
                01       CEX7C CCA-Coproc  online     -        0     13     08 ---D--N--R cex4card
                02       CEX5C CCA-Coproc  online     -        0     11     08 S--D--N--- cex4card
                03       CEX8P EP11-Coproc online     -        0     14     08 -----XN-F- cex4card
                """, printed.get(0).out().replaceAll("(?s)^.*?----\n", "").replaceAll("(online) +[0-9]+ ", "$1     - ")
                .replaceAll(" +\n", "\n"));
        assertEquals("""
                card00 provides capability for:
                RSA 4K Clear Key
                CCA Secure Key (full function set)
                Long RNG
                AP bus max message size limit 12 Kb
                """, printed.get(1).out());
        assertEquals("""
                card03 provides capability for:
                EP11 Secure Key
                AP bus max message size limit 12 Kb
                """, printed.get(2).out());
    }

    private static void compare(Path program, String layout) throws Exception {
        assertTrue(trees.size() >= LszcryptTrees.SAMPLE, () -> trees.keySet().toString());
        StringBuilder differences = new StringBuilder();
        int turn = 0;
        int lines = 0;
        for (Map.Entry<String, Path> tree : trees.entrySet()) {
            if (!ALL || turn % SOME == 0) {
                List<String> some = LszcryptOptions.of(tree.getValue(), false, turn);
                differences.append(compare(layout, tree, some, real(program, tree.getValue(), some)));
                lines += some.size();
            }
            turn++;
        }
        if (ALL) {
            lines += compareAll(program, layout, differences);
        }
        System.out.printf("lszcrypt %s: %d trees, %d command lines%n", layout, turn, lines);
        assertEquals("", differences.toString());
    }

    /** Compares all lines on all trees; while one is asked here, the next is with the program. */
    private static int compareAll(Path program, String layout, StringBuilder differences) throws Exception {
        Path preload = StockGuest.preload("again", work);
        int lines = 0;
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Map<String, Future<List<Printed>>> answers = new TreeMap<>();
            for (Map.Entry<String, Path> tree : trees.entrySet()) {
                List<String> all = LszcryptOptions.of(tree.getValue(), true, 0);
                answers.put(tree.getKey(), thread.submit(() -> again(program, preload, tree.getValue(), all)));
            }
            for (Map.Entry<String, Path> tree : trees.entrySet()) {
                List<String> all = LszcryptOptions.of(tree.getValue(), true, 0);
                differences.append(compare(layout, tree, all, answers.get(tree.getKey()).get()));
                lines += all.size();
            }
        }
        return lines;
    }

    private static String compare(String layout, Map.Entry<String, Path> tree, List<String> lines, List<Printed> real) {
        StringBuilder differences = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            Printed ours = ours(layout, tree.getValue(), lines.get(i));
            if (!ours.equals(real.get(i))) {
                differences.append(tree.getKey()).append(": lszcrypt ").append(lines.get(i)).append("\n  real: ")
                        .append(real.get(i)).append("\n  ours: ").append(ours).append('\n');
            }
        }
        return differences.toString();
    }

    /** Each line in a process of its own. */
    private static List<Printed> real(Path program, Path tree, List<String> lines) throws Exception {
        Path output = Files.createDirectories(work.resolve("output"));
        StringBuilder script = new StringBuilder("cd " + output + "\nexport LC_ALL=C SYSFS_ROOT=" + tree + "\n");
        for (int i = 0; i < lines.size(); i++) {
            script.append(program);
            LszcryptOptions.words(lines.get(i)).forEach(word -> script.append(" '").append(word).append('\''));
            script.append(String.format(" >out.%1$d 2>err.%1$d; echo $?%n", i));
        }
        Path file = Files.writeString(work.resolve("script"), script);
        return printed(output, tree, lines.size(), Programs.run(List.of("sh", file.toString())).text());
    }

    /** All lines in one process, in a fifteenth of the time; those of the sample are compared with {@link #real} too. */
    private static List<Printed> again(Path program, Path preload, Path tree, List<String> lines) throws Exception {
        Path output = Files.createDirectories(work.resolve("again"));
        String input = lines.stream().map(line -> Stream.concat(Stream.of(tree.toString()),
                LszcryptOptions.words(line).stream()).collect(Collectors.joining("\t", "", "\n")))
                .collect(Collectors.joining());
        Files.writeString(output.resolve("lines"), input);
        String command = "cd " + output + " && LC_ALL=C QEMU_SET_ENV=LD_PRELOAD=" + preload + " " + program + " <lines";
        return printed(output, tree, lines.size(), Programs.run(List.of("sh", "-c", command)).text());
    }

    private static List<Printed> printed(Path output, Path tree, int lines, String statuses) throws IOException {
        List<String> each = statuses.lines().toList();
        assertEquals(lines, each.size(), () -> tree + ": " + statuses);
        List<Printed> printed = new ArrayList<>();
        for (int i = 0; i < lines; i++) {
            printed.add(new Printed(Integer.parseInt(each.get(i)), text(output.resolve("out." + i), tree),
                    text(output.resolve("err." + i), tree)));
        }
        return printed;
    }

    /** The program prints the directory that it was told to look into. */
    private static String text(Path file, Path tree) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).replace(tree.toString(), "/sys");
    }

    private static Printed ours(String layout, Path tree, String line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        List<String> words = new ArrayList<>(List.of("lszcrypt", "--sys", tree.toString(), "--layout", layout));
        words.addAll(LszcryptOptions.words(line));
        int status = Apvirt.run(out, err, words.toArray(String[]::new));
        return new Printed(status, out.toString(Charset.defaultCharset()), err.toString(Charset.defaultCharset()));
    }
}
