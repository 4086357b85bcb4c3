// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    /** What lszcrypt 2.35 to 2.43 reads, with any option. */
    private static final Set<String> READ = Set.of("ap_control_domain_mask", "ap_domain", "ap_interrupts",
            "ap_max_domain_id",
            "ap_usage_domain_mask", "config_time", "features", "poll_thread", "poll_timeout", "ap_functions", "chkstop",
            "config",
            "depth", "driver", "hwtype", "max_msg_size", "online", "pendingq_count", "request_count", "requestq_count",
            "serialnr",
            "status", "type");

    /**
     * Returns copies of the trees of a sample or of all recordings, by recording. No two are the same to lszcrypt but for how
     * many requests there were.
     */
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
                            if (copy(host, copy, seen)) {
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
            copy(MachineFile.parse(machine.getValue(), machine.getKey()).boot(new VirtualTime()), copy,
                    new HashSet<>());
            trees.put(machine.getKey(), copy);
        }
        return trees;
    }

    /** Copies directories, links to drivers and what lszcrypt reads, unless such a tree was seen; tells whether it did. */
    private static boolean copy(Host host, Path to, Set<String> seen) throws IOException {
        Path sys = SysfsFileSystem.of(host.root()).getPath("/sys");
        SortedMap<String, String> contents = new TreeMap<>();
        for (String directory : List.of("bus/ap", "devices/ap")) {
            if (Files.isDirectory(sys.resolve(directory))) {
                read(sys.resolve(directory), directory, contents);
            }
        }
        StringBuilder text = new StringBuilder();
        contents.forEach((name, content) -> text.append(name).append('\n')
                .append(name.endsWith("_count") && isNumber(content) ? "a count\n" : content));
        if (!seen.add(text.toString())) {
            return false;
        }
        Files.createDirectories(to);
        for (Map.Entry<String, String> file : contents.entrySet()) {
            Path copy = to.resolve(file.getKey());
            if (file.getKey().endsWith("/")) {
                Files.createDirectories(copy);
            } else if (file.getKey().endsWith("/driver")) {
                Files.createSymbolicLink(copy, Path.of(file.getValue()));
            } else {
                Files.writeString(copy, file.getValue(), StandardCharsets.ISO_8859_1);
            }
        }
        return true;
    }

    private static boolean isNumber(String content) {
        return content.strip().chars().allMatch(Character::isDigit);
    }

    /** Reads into a map by path: of a directory, which ends with a slash, nothing; of a link, where it leads. */
    private static void read(Path directory, String name, SortedMap<String, String> contents) throws IOException {
        contents.put(name + "/", "");
        List<Path> entries;
        try (Stream<Path> files = Files.list(directory)) {
            entries = files.toList();
        }
        for (Path entry : entries) {
            String file = entry.getFileName().toString();
            String path = name + "/" + file;
            if (Files.isSymbolicLink(entry)) {
                if (file.equals("driver")) {
                    contents.put(path, Files.readSymbolicLink(entry).toString());
                }
            } else if (Files.isDirectory(entry)) {
                read(entry, path, contents);
            } else if (READ.contains(file)) {
                try {
                    contents.put(path, Files.readString(entry, StandardCharsets.ISO_8859_1));
                } catch (IOException e) {
                    contents.remove(path); // to both programs a file that cannot be read is not there
                }
            }
        }
    }
}
