// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The same jar, packed in other directories, gives the same bytes. */
@Timeout(300)
class ReproducibleIT {
    @Test
    void noDirectoryIsInAnArtifact(@TempDir Path temporary) throws Exception {
        Path root = Files.createDirectories(temporary.resolve("another clone"));
        Path out = Files.createDirectories(temporary.resolve("somewhere/else"));
        for (String part : new String[]{"examples", "LICENSE", "CHANGELOG.md", ".ci", "dist/target/classes",
                "cli/target/apvirt.jar", "dist/src"}) {
            Path to = root.resolve(part);
            Files.createDirectories(to.resolveSibling(""));
            Artifacts.done("cp", "-r", Artifacts.ROOT.resolve(part).toString(), to.toString());
        }
        Artifacts.done("cp", "-r", Artifacts.DIRECTORY.resolve("documents").toString(), temporary.toString());
        String archive = Artifacts.find("apvirt-.*\\.tar\\.gz").getFileName().toString();
        String version = archive.replaceAll("^apvirt-|-linux-.*", "");
        Artifacts.done("env", "JAVA_HOME=" + System.getProperty("java.home"), "HOME=" + System.getenv("HOME"), "sh",
                root.resolve("dist/src/main/scripts/pack").toString(), version,
                root.resolve("cli/target/apvirt.jar").toString(), root.resolve("dist/target/classes").toString(),
                temporary.resolve("documents").toString(), root.toString(), out.toString());
        for (String pattern : new String[]{"apvirt-.*\\.tar\\.gz", "apvirt_.*\\.deb", "apvirt-.*-image\\.tar"}) {
            Path first = Artifacts.find(pattern);
            assertEquals(-1, Files.mismatch(first, out.resolve(first.getFileName())), pattern);
        }
    }
}
