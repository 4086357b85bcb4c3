// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

import org.apvirt.cli.Apvirt;
import org.apvirt.it.Programs;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * {@code apvirt lszcrypt} against the real program, with all options, on copies of the trees that the recordings lead to:
 * after boot and at the end. A sample of trees and options by default; {@code -Dlszcrypt.all=true} takes every one. With
 * {@code -Dclients.required=true} a missing program fails the test.
 */
class SameLszcryptIT {
    private static final boolean ALL = Boolean.getBoolean("lszcrypt.all");

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
        for (Map.Entry<String, Path> tree : trees.entrySet()) {
            List<String> lines = LszcryptOptions.of(tree.getValue(), ALL, turn++);
            if (ALL) { // takes many minutes
                System.out.printf("lszcrypt %s, %d of %d: %s, so far %d characters of differences%n", layout, turn,
                        trees.size(), tree.getKey(), differences.length());
            }
            List<Printed> real = real(program, tree.getValue(), lines);
            for (int i = 0; i < lines.size(); i++) {
                Printed ours = ours(layout, tree.getValue(), lines.get(i));
                if (!ours.equals(real.get(i))) {
                    differences.append(tree.getKey()).append(": lszcrypt ").append(lines.get(i)).append("\n  real: ")
                            .append(real.get(i)).append("\n  ours: ").append(ours).append('\n');
                }
            }
        }
        assertEquals("", differences.toString());
    }

    private static List<Printed> real(Path program, Path tree, List<String> lines) throws Exception {
        Path output = Files.createDirectories(work.resolve("output"));
        StringBuilder script = new StringBuilder("export LC_ALL=C SYSFS_ROOT=" + tree + "\n");
        for (int i = 0; i < lines.size(); i++) {
            script.append(program);
            LszcryptOptions.words(lines.get(i)).forEach(word -> script.append(" '").append(word).append('\''));
            script.append(String.format(" >%1$s/out.%2$d 2>%1$s/err.%2$d; echo $? >%1$s/status.%2$d%n", output, i));
        }
        Path file = Files.writeString(work.resolve("script"), script);
        assertEquals("", Programs.run(List.of("sh", file.toString())).text());
        List<Printed> printed = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String status = Files.readString(output.resolve("status." + i)).strip();
            printed.add(new Printed(Integer.parseInt(status), text(output.resolve("out." + i), tree),
                    text(output.resolve("err." + i), tree)));
        }
        return printed;
    }

    /** The program prints the directory that it was told to look into. */
    private static String text(Path file, Path tree) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).replace(tree.toString(), "/sys");
    }

    private static Printed ours(String layout, Path tree, String line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine apvirt = Apvirt.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        List<String> words = new ArrayList<>(List.of("lszcrypt", "--sys", tree.toString(), "--layout", layout));
        words.addAll(LszcryptOptions.words(line));
        int status = apvirt.execute(words.toArray(String[]::new));
        return new Printed(status, out.toString(), err.toString());
    }
}
