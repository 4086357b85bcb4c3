// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** kill -9 at random moments: nothing hangs, and after the next start nothing is left of what was killed. */
@Timeout(180)
class KilledIT {
    private static final int TIMES = 20;
    private static final long SEED = 20; // the moments vary enough with the load; the same tests each time
    /** About what a start takes here; kills fall before, into and after it. */
    private static final int LONGEST_MILLIS = 1500;

    @TempDir
    private Path directory;
    private Path machine;
    private Path runtime;
    private final Random random = new Random(SEED);

    @BeforeAll
    static void needsFuse() {
        ExecutedProgram.requireFuse();
    }

    @BeforeEach
    void writeMachine() throws Exception {
        machine = Files.writeString(directory.resolve("machine.yaml"), "adapters: {5: CEX5C}\nusage-domains: [4]\n");
        runtime = Files.createDirectory(directory.resolve("run"));
    }

    private Process start(String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(ExecutedProgram.apvirt(arguments))
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("XDG_RUNTIME_DIR", runtime.toString());
        return builder.start();
    }

    /** All processes that have anything to do with this test's machine. */
    private List<ProcessHandle> ours() {
        return Programs.processes(machine.toString());
    }

    private void killAtRandomMoments(String... arguments) throws Exception {
        List<String> temporary = temporary();
        for (int i = 0; i < TIMES; i++) {
            Process process = start(arguments);
            Thread.sleep(random.nextInt(LONGEST_MILLIS));
            // As different as it comes: what was started, or any process of it.
            List<ProcessHandle> targets = ours();
            (targets.isEmpty() ? process.toHandle() : targets.get(random.nextInt(targets.size()))).destroyForcibly();
            process.toHandle().destroyForcibly();
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        }
        for (int i = 0; !ours().isEmpty(); i++) {
            assertTrue(i < 400, () -> "still there after 20 s: " + ours().stream().map(ProcessHandle::info).toList());
            Thread.sleep(50);
        }
        List<String> more = new ArrayList<>(temporary());
        more.removeAll(temporary);
        assertEquals(List.of(), more);
    }

    /** What we might have left in the directory of temporary files. */
    private static List<String> temporary() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/tmp"))) {
            return entries.map(path -> path.getFileName().toString())
                    .filter(name -> name.matches("apvirt\\d+|apvirt-\\d+-.*")).sorted()
                    .toList();
        }
    }

    private List<Path> sockets() throws IOException {
        try (Stream<Path> files = Files.walk(runtime)) {
            return files.filter(file -> file.toString().endsWith(".sock")).toList();
        }
    }

    @Test
    void ofExecNothingStays() throws Exception {
        killAtRandomMoments("exec", machine.toString(), "--", "sleep", "60");
        Said said = ExecutedProgram.run(Map.of("XDG_RUNTIME_DIR", runtime.toString()), "exec", machine.toString(), "--",
                "cat", "/sys/devices/ap/card05/type");
        assertEquals(new Said(0, "CEX5C\n", ""), said);
        assertEquals(List.of(), sockets());
    }

    @Test
    void ofMountNothingStays() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "mounting for everybody needs root");
        Path point = Files.createDirectory(directory.resolve("mnt"));
        killAtRandomMoments("mount", machine.toString(), point.toString());
        Process mount = new ProcessBuilder(ExecutedProgram.apvirt("mount", machine.toString(), point.toString()))
                .start();
        try {
            String line = mount.inputReader().readLine();
            assertTrue(line.startsWith("mounted on " + point), line);
            assertEquals("CEX5C\n", Files.readString(point.resolve("sys/devices/ap/card05/type")));
            try (Stream<String> mounts = Files.lines(Path.of("/proc/mounts"))) {
                assertEquals(1, mounts.filter(entry -> entry.contains(point.toString())).count());
            }
        } finally {
            mount.destroy();
            mount.waitFor();
        }
        assertFalse(Files.readString(Path.of("/proc/mounts")).contains(point.toString()));
    }
}
