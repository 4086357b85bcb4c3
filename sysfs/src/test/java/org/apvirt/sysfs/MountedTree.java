// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A real mount, used by other programs. Needs /dev/fuse and the right to mount; -Dfuse.required=true insists. */
abstract class MountedTree {
    @TempDir
    Path directory;
    final TinyTree tree = new TinyTree();
    SysfsMount mount;

    @BeforeAll
    static void needsFuse() {
        if (!Boolean.getBoolean("fuse.required")) {
            assumeTrue(Files.isWritable(Path.of("/dev/fuse")) && LinuxCalls.geteuid() == 0,
                    "needs /dev/fuse and root; run with -Dfuse.required=true to insist");
        }
    }

    @BeforeEach
    void mounted() throws IOException {
        mount = SysfsMount.mount(tree.root, directory);
    }

    @AfterEach
    void unmounted() throws IOException {
        tree.mayFinish.countDown();
        mount.close();
        assertFalse(Files.readString(Path.of("/proc/mounts")).contains(directory.toString()));
    }

    /** What a shell said. */
    record Said(int status, String out, String err) {}

    /** Runs a command of bash in the directory of the box. bash, since it tells the errno of a failed write. */
    Said sh(String command) throws Exception {
        Process shell = new ProcessBuilder("bash", "-c", command)
                .directory(directory.resolve("sys/devices/toy").toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
        String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(shell.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(shell.waitFor(), out, err);
    }

    String out(String command) throws Exception {
        Said said = sh(command);
        assertEquals("", said.err);
        assertEquals(0, said.status);
        return said.out;
    }
}
