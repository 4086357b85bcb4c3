// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** {@code apvirt mount} beside others who mount and unmount. */
@Timeout(60)
class MountIT {
    @TempDir
    private Path directory;
    private Path machine;
    private Path point;
    private Process mount;

    @BeforeAll
    static void needsRoot() {
        ExecutedProgram.requireFuse();
        assumeTrue("root".equals(System.getProperty("user.name")), "mounting for everybody needs root");
    }

    @BeforeEach
    void mounted() throws Exception {
        machine = Files.writeString(directory.resolve("machine.yaml"), "adapters: {5: CEX5C}\nusage-domains: [4]\n");
        point = Files.createDirectory(directory.resolve("a mount point"));
        mount = new ProcessBuilder(ExecutedProgram.apvirt("mount", machine.toString(), point.toString())).start();
        assertTrue(mount.inputReader().readLine().startsWith("mounted on " + point));
    }

    @AfterEach
    void unmounted() throws Exception {
        mount.destroy();
        assertTrue(mount.waitFor(20, TimeUnit.SECONDS));
        assertFalse(isMounted("fuse.apvirt"));
    }

    private boolean isMounted(String type) throws Exception {
        return Files.readAllLines(Path.of("/proc/mounts")).stream()
                .anyMatch(line -> line.contains(point.toString().replace(" ", "\\040") + " " + type));
    }

    @Test
    void aSecondMachineOnTheDirectoryIsRefusedAndTheFirstStays() throws Exception {
        Said second = ExecutedProgram.run(Map.of(), "mount", machine.toString(), point.toString());
        assertEquals(new Said(1, "", "apvirt mount: " + point + " shows a machine already; unmount it first, or take"
                + " another directory\n"), second);
        assertEquals("CEX5C\n", Files.readString(point.resolve("sys/devices/ap/card05/type")));
    }

    @Test
    void anUnmountFromOutsideEndsItWithALine() throws Exception {
        assertEquals(0, Programs.run(List.of("umount", point.toString())).status());
        assertTrue(mount.waitFor(20, TimeUnit.SECONDS));
        assertEquals("apvirt mount: " + point + " was unmounted by somebody else; the machine ends\n",
                new String(mount.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(0, mount.exitValue());
    }

    @Test
    void onlyItsOwnMountIsTakenAway() throws Exception {
        assertEquals(0, Programs.run(List.of("mount", "-t", "tmpfs", "over", point.toString())).status());
        mount.destroy();
        assertTrue(mount.waitFor(20, TimeUnit.SECONDS));
        assertTrue(isMounted("tmpfs"));
        assertEquals(0, Programs.run(List.of("umount", point.toString())).status());
        // What lay under it is dead now, as after a kill; the next start takes it away.
        mount = new ProcessBuilder(ExecutedProgram.apvirt("mount", machine.toString(), point.toString())).start();
        assertTrue(mount.inputReader().readLine().startsWith("mounted on " + point));
    }

    @Test
    void endsQuietlyOnASignal() throws Exception {
        mount.toHandle().destroy();
        assertTrue(mount.waitFor(20, TimeUnit.SECONDS));
        assertEquals("", new String(mount.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }
}
