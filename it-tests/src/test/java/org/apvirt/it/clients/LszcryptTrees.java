// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.replay.Action;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.apvirt.sysfs.SysfsFileSystem;

/**
 * Copies of what lszcrypt reads of a /sys: of the machines that recordings lead to, after boot and at the end, and of some
 * that no recording has.
 */
final class LszcryptTrees {
    private static final Path RECORDINGS = Path.of("recordings");
    /** At least so many recordings are in a sample. */
    static final int SAMPLE = 8;
    private static final String PROFILES = """
            level: linux-6.1
            adapters: {0: z16-cex8c, 1: z15-cex7c-restricted, 2: z13-cex5c, 3: z16-cex8p}
            usage-domains: [0x11]
            """;

    /** What no recording has: the level, and the rest of a machine file. */
    static final Map<String, String> MACHINES = Map.of("machine-empty", "level: linux-6.12",
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

    private LszcryptTrees() {}

    /** Returns copies of the trees of a sample or of all recordings, each different in more than counts, by recording. */
    static SortedMap<String, Path> make(Path work, boolean all) throws IOException, FileFormatException {
        List<Path> recordings;
        try (Stream<Path> files = Files.walk(RECORDINGS)) {
            recordings = files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        SortedMap<String, Path> trees = new TreeMap<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < recordings.size(); i += all ? 1 : recordings.size() / SAMPLE) {
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

    /** Copies the files that lszcrypt reads; returns their names and contents, whatever counts of requests there are. */
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

    private static boolean isCount(String content) {
        return content.strip().chars().allMatch(Character::isDigit);
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
                    text.append(isCount(content) && entry.toString().contains("count") ? "a count" : content);
                } catch (IOException e) {
                    text.append("unreadable\n"); // to both programs a file that cannot be read is not there
                }
            }
        }
    }
}
