// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** apt installs the package in a Debian that has apt and nothing else; {@code .ci/clean-root} makes one. */
@Timeout(300)
class CleanRootIT {
    @Test
    void aptInstallsItAndDemoRuns() throws Exception {
        Path archive = archive();
        Artifacts.require("clean-root.required", archive != null && Artifacts.isRoot(),
                "no Debian to install into: run .ci/clean-root, as root");
        Path root = Files.createTempDirectory("clean-root");
        try {
            installsInto(root, String.valueOf(archive));
        } finally {
            Artifacts.done("rm", "-rf", "--one-file-system", root.toString());
        }
    }

    private static void installsInto(Path root, String archive) throws Exception {
        Artifacts.done("tar", "-C", root.toString(), "-xf", archive);
        Files.copy(Artifacts.find("apvirt_.*\\.deb"), root.resolve("root/apvirt.deb"));
        String said = Artifacts.done("unshare", "--mount", "sh", "-c", """
                mount --rbind /proc "$0/proc"
                exec chroot "$0" sh -ec '
                    cd /root
                    DEBIAN_FRONTEND=noninteractive apt-get -o APT::Install-Recommends=false install -y ./apvirt.deb
                    apvirt demo
                    DEBIAN_FRONTEND=noninteractive apt-get purge -y apvirt'
                """, root.toString());
        assertTrue(said.contains("Setting up apvirt") && said.contains("Inside guest 2:"), said);
        try (Stream<Path> left = Files.walk(root)) {
            assertEquals("apvirt.deb", String.join(" ", left.map(file -> file.getFileName().toString())
                    .filter(name -> name.contains("apvirt")).toList()));
        }
    }

    private static Path archive() throws Exception {
        Path cache = Path.of(System.getenv("HOME"), ".cache/apvirt");
        try (Stream<Path> files = Files.isDirectory(cache) ? Files.list(cache) : Stream.of()) {
            return files.filter(file -> file.getFileName().toString().matches("clean-root-.*\\.tar")).findFirst()
                    .orElse(null);
        }
    }
}
