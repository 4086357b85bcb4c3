// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A real podman runs the image, as {@code docs/install.md} shows it: for root, and for an ordinary user. */
@Timeout(300)
class PodmanIT {
    private static final int ORDINARY = 1234;

    private static String podman;
    private static Path place;

    @BeforeAll
    static void fetch() throws Exception {
        Artifacts.require("clients.required", Artifacts.isRoot() && Files.exists(Path.of("/dev/fuse")),
                "podman is tried as root, with a /dev/fuse");
        Artifacts.Said said = Artifacts.run("env", "HOME=" + System.getenv("HOME"),
                Artifacts.ROOT.resolve(".ci/podman").toString());
        Artifacts.require("clients.required", said.status() == 0, said.text());
        // A short name: podman takes no longer one. The ordinary user cannot look below root's home, nor into a checkout there.
        place = Files.createTempDirectory("pod");
        Path cache = Path.of(said.text().lines().reduce("", (first, second) -> second)).resolveSibling("");
        Artifacts.done("cp", "-a", cache.toString(), place.resolve("podman").toString());
        Artifacts.done("cp", Artifacts.find("apvirt-.*-image\\.tar").toString(), place.resolve("image.tar").toString());
        Artifacts.done("mknod", "-m", "666", place.resolve("fuse").toString(), "c", "10", "229");
        Artifacts.done("chmod", "755", place.toString(), place.resolve("podman").toString());
        podman = place.resolve("podman/start").toString();
    }

    @AfterAll
    static void remove() throws Exception {
        if (place != null) {
            Artifacts.done("rm", "-rf", place.toString());
        }
    }

    private static String podman(int user, String... words) throws Exception {
        Path home = place.resolve("h" + user);
        Artifacts.done("install", "-d", "-o", "" + user, "-g", "" + user, home.toString());
        List<String> command = new ArrayList<>(List.of("setpriv", "--reuid", "" + user, "--regid", "" + user,
                "--clear-groups", "env", "PODMAN_HOME=" + home, podman));
        command.addAll(List.of(words));
        return Artifacts.done(command.toArray(String[]::new));
    }

    private static void runsTheDocumentsCommand(int user) throws Exception {
        String loaded = podman(user, "load", "-i", place.resolve("image.tar").toString());
        String name = loaded.lines().filter(line -> line.startsWith("Loaded image: ")).findFirst().orElseThrow()
                .substring("Loaded image: ".length());
        String said = podman(user, "run", "--rm", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit",
                "nproc=1024:1024", "--device", place.resolve("fuse") + ":/dev/fuse", name, "apvirt", "exec",
                "examples/two-guests.yaml", "--", "lszcrypt", "-V");
        List<String> shown = Files.readAllLines(Artifacts.ROOT.resolve("docs/install.md")).stream()
                .filter(line -> line.matches("0[56](\\.[0-9a-f]{4})? .*")).toList();
        assertEquals(10, shown.size());
        for (String line : shown) {
            assertTrue(said.lines().anyMatch(row -> row.stripTrailing().equals(line)), () -> line + "\n" + said);
        }
    }

    @Test
    void rootRunsIt() throws Exception {
        runsTheDocumentsCommand(0);
    }

    @Test
    void anOrdinaryUserRunsIt() throws Exception {
        runsTheDocumentsCommand(ORDINARY);
    }
}
