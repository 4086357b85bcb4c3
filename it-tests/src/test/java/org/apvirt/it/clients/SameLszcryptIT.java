// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.apvirt.arch.VirtualTime;
import org.apvirt.cli.Apvirt;
import org.apvirt.host.Host;
import org.apvirt.it.Programs;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.replay.Action;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.apvirt.sysfs.SysfsFileSystem;
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
    private static final Path RECORDINGS = Path.of("recordings");
    private static final int SAMPLE = 8;
    private static final String PROFILES = """
            level: linux-6.1
            adapters: {0: z16-cex8c, 1: z15-cex7c-restricted, 2: z13-cex5c, 3: z16-cex8p}
            usage-domains: [0x11]
            """;
    private static final boolean ALL = Boolean.getBoolean("lszcrypt.all");
    /** Of the sample, one tree sees each option in turn: every option on several trees, in seconds. */
    private static final int TURNS = 12;
    /** The machines below are few. */
    private static final int TURNS_OF_MACHINES = 4;

    /** What no recording has: the level, and the rest of a machine file. */
    private static final Map<String, String> MACHINES = Map.of("machine-empty", "level: linux-6.12",
            "machine-profiles", PROFILES,
            "machine-without-function-bits", """
                    level: linux-7.2
                    adapters: {5: {type: CEX8C, functions: 0}, 6: {type: CEX8A, functions: 0x62000000}, 7: CEX8P}
                    usage-domains: [4, 0x47]
                    """,
            "machine-without-qci", """
                    level: linux-6.12
                    facilities: [apft, apqi]
                    adapters: {5: CEX7A, 6: {type: CEX6P, depth: 32}}
                    usage-domains: [4]
                    """,
            "machine-of-a-secure-guest", """
                    level: linux-6.12
                    secure-guest: true
                    adapters: {5: CEX8P, 6: {type: CEX8C, class: 0x40}, 7: CEX8A}
                    usage-domains: [4]
                    """,
            "machine-in-trouble", """
                    level: linux-6.1
                    adapters: {5: {type: CEX8P, config: false}, 6: {type: CEX8C, checkstop: true}, 7: CEX3A, 8: CEX2C}
                    usage-domains: [4]
                    modules: [zcrypt, zcrypt_cex4]
                    """);

    /** A row each; {@code CARD} and {@code QUEUE} stand for the first card and the last queue of the tree. */
    private static final List<String> OPTIONS = """
            ~
            -V
            -VV
            -b
            -d
            -s
            -c 0xCARD
            -c QUEUE
            -c 0x7f
            -c 7f.0004
            -c 5x
            -c x
            -c 256
            -c -1
            -c 5.
            -c .4
            CARD
            -V CARD
            QUEUE
            -V QUEUE
            CARD QUEUE
            QUEUE CARD -V
            0xCARD
            0xQUEUE
            .4
            .0x47 -V
            .fffe
            .
            7f
            7f.0004
            -V 7f.fffe
            CARD.fffe
            CARD.
            CARDx
            CARD.4x
            CARD.x
            x
            ~~
            300
            100000005
            CARD 7f
            7f CARD
            x CARD
            CARD x
            .fffe CARD
            --accelonly
            --ccaonly
            --ep11only
            -V --accelonly
            -V --ccaonly
            -V --ep11only
            --cardonly
            --queueonly
            -V --cardonly
            -V --queueonly
            --cardonly --accelonly
            --queueonly --ccaonly -V
            --ep11only CARD
            --queueonly CARD
            --cardonly QUEUE -V
            --ccaonly .4
            --accelonly --ccaonly
            --ccaonly --ep11only -V
            --accelonly --ccaonly --ep11only
            --cardonly --queueonly
            --cardonly --queueonly --ccaonly --ep11only
            -b -V
            -V -b
            -b CARD
            -d -V
            -d CARD
            -s -V
            -s CARD
            -s --ccaonly
            -s --ccaonly --accelonly
            -b --cardonly --queueonly
            -c CARD -V
            -c CARD CARD
            -c CARD --accelonly --ccaonly
            -bd
            -db
            -sb
            -b -d
            -d -s
            -s -b
            -c 0xCARD -b
            -b -c 0xCARD
            -bV
            -Vd
            --bus
            --domains
            --serial
            --capability 0xCARD
            --capability=0xCARD
            --verbose
            -c0xCARD
            CARD --queueonly --verbose
            -- CARD
            """.lines().toList();

    private static Path clients;
    private static SortedMap<String, Path> trees;

    @TempDir
    static Path work;

    @BeforeAll
    static void fetchBothReleases() throws Exception {
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString()));
        Programs.require("clients.required", fetched.status() == 0, fetched.lastLine());
        clients = Path.of(fetched.lastLine());
        trees = makeTrees();
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
        assertTrue(trees.size() >= SAMPLE, () -> trees.keySet().toString());
        StringBuilder differences = new StringBuilder();
        int turn = 0;
        for (Map.Entry<String, Path> tree : trees.entrySet()) {
            List<String> lines = options(tree.getValue(), turn++);
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

    /** Returns copies of the trees, each different from all others, by the name of the recording. */
    private static SortedMap<String, Path> makeTrees() throws IOException, FileFormatException {
        List<Path> recordings;
        try (Stream<Path> files = Files.walk(RECORDINGS)) {
            recordings = files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        SortedMap<String, Path> trees = new TreeMap<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < recordings.size(); i += ALL ? 1 : recordings.size() / SAMPLE) {
            Path recording = recordings.get(i);
            String name = recording.getParent().getFileName() + "-" + recording.getFileName();
            Scenario scenario = Scenario.read(recording);
            List<Scenario.Step> steps = new ArrayList<>(scenario.steps());
            Scenario.Step look = new Scenario.Step(0, 0, new Action.Shell("lszcrypt"), Map.of(), List.of());
            steps.add(0, look);
            steps.add(look);
            int[] looks = new int[1];
            Replay.run(new Scenario(scenario.file(), scenario.name(), scenario.level(), scenario.machine(),
                    scenario.kernelParameters(), scenario.modules(), steps), null, (host, command) -> {
                        Path copy = work.resolve(name + "-" + looks[0]++);
                        try {
                            if (seen.add(copy(host, copy))) {
                                trees.put(copy.getFileName().toString(), copy);
                            }
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        return null;
                    });
        }
        for (Map.Entry<String, String> machine : MACHINES.entrySet()) {
            Path copy = work.resolve(machine.getKey());
            copy(MachineFile.parse(machine.getValue(), machine.getKey()).boot(new VirtualTime()), copy);
            trees.put(machine.getKey(), copy);
        }
        return trees;
    }

    /** Copies the files that lszcrypt reads; returns their names and contents. */
    private static String copy(Host host, Path to) throws IOException {
        Path sys = SysfsFileSystem.of(host.root()).getPath("/sys");
        StringBuilder text = new StringBuilder();
        Files.createDirectories(to);
        for (String directory : List.of("bus/ap", "devices/ap")) {
            if (Files.isDirectory(sys.resolve(directory))) {
                copyDirectory(sys.resolve(directory), to.resolve(directory), text);
            }
        }
        return text.toString();
    }

    private static void copyDirectory(Path from, Path to, StringBuilder text) throws IOException {
        Files.createDirectories(to);
        List<Path> entries;
        try (Stream<Path> files = Files.list(from)) {
            entries = files.sorted(Comparator.comparing(Path::toString)).toList();
        }
        for (Path entry : entries) {
            Path copy = to.resolve(entry.getFileName().toString());
            text.append(entry).append('\n');
            if (Files.isSymbolicLink(entry)) {
                if (entry.endsWith("driver")) {
                    Files.createSymbolicLink(copy, Path.of(Files.readSymbolicLink(entry).toString()));
                    text.append(Files.readSymbolicLink(entry)).append('\n');
                }
            } else if (Files.isDirectory(entry)) {
                copyDirectory(entry, copy, text);
            } else {
                try {
                    String content = Files.readString(entry, StandardCharsets.ISO_8859_1);
                    Files.writeString(copy, content, StandardCharsets.ISO_8859_1);
                    text.append(content);
                } catch (IOException e) {
                    text.append("unreadable\n"); // to both programs a file that cannot be read is not there
                }
            }
        }
    }

    private static List<String> options(Path tree, int turn) throws IOException {
        List<String> cards = names(tree.resolve("devices/ap"), "card");
        String card = cards.isEmpty() ? "05" : cards.get(0).substring(4);
        List<String> queues = cards.isEmpty() ? List.of() : names(tree.resolve("devices/ap/" + cards.get(0)), card);
        String queue = queues.isEmpty() ? "05.0004" : queues.get(queues.size() - 1);
        int turns = MACHINES.containsKey(tree.getFileName().toString()) ? TURNS_OF_MACHINES : TURNS;
        return IntStream.range(0, OPTIONS.size()).filter(i -> ALL || i % turns == turn % turns).mapToObj(OPTIONS::get)
                .map(line -> line.replace("CARD", card).replace("QUEUE", queue)).toList();
    }

    private static List<String> names(Path directory, String prefix) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith(prefix)).sorted()
                    .toList();
        }
    }

    private static List<String> words(String line) {
        return line.equals("~") ? List.of() : Arrays.stream(line.split(" ")).map(w -> w.equals("~~") ? "" : w).toList();
    }

    private static List<Printed> real(Path program, Path tree, List<String> lines) throws Exception {
        Path output = Files.createDirectories(work.resolve("output"));
        StringBuilder script = new StringBuilder("export LC_ALL=C SYSFS_ROOT=" + tree + "\n");
        for (int i = 0; i < lines.size(); i++) {
            script.append(program);
            words(lines.get(i)).forEach(word -> script.append(" '").append(word).append('\''));
            script.append(" >").append(output).append("/out 2>").append(output).append("/err; echo $? >")
                    .append(output).append("/status; for f in status out err; do mv ").append(output)
                    .append("/$f ").append(output).append("/$f.").append(i).append("; done\n");
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
        words.addAll(words(line));
        int status = apvirt.execute(words.toArray(String[]::new));
        return new Printed(status, out.toString(), err.toString());
    }
}
