// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/** Each artifact is unpacked, or installed, and run without a JDK: with an empty environment but for PATH. */
class InstalledIT {
    private static final Path ARTIFACTS = Path.of("target/dist").toAbsolutePath();
    private static final Path MACHINE = Path.of("../examples/two-guests.yaml").toAbsolutePath().normalize();

    @TempDir
    private static Path directory;
    private static Path unpacked;

    private record Said(int status, String text) {}

    private static Path artifact(String pattern) throws IOException {
        try (Stream<Path> files = Files.list(ARTIFACTS)) {
            return files.filter(file -> file.getFileName().toString().matches(pattern)).findFirst()
                    .orElseThrow(() -> new AssertionError("no " + pattern + " in " + ARTIFACTS));
        }
    }

    private static Said run(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes());
        return new Said(process.waitFor(), text);
    }

    private static String done(String... words) throws Exception {
        Said said = run(words);
        assertEquals(0, said.status(), said.text());
        return said.text();
    }

    @BeforeAll
    static void unpack() throws Exception {
        Path place = Files.createDirectory(directory.resolve("with space"));
        done("tar", "-C", place.toString(), "-xf", artifact("apvirt-.*\\.tar\\.gz").toString());
        try (Stream<Path> trees = Files.list(place)) {
            unpacked = trees.findFirst().orElseThrow();
        }
    }

    private static String program() {
        return unpacked.resolve("bin/apvirt").toString();
    }

    @Test
    void theTarArchiveRunsWhereverItIsUnpackedAndThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("apvirt"), Path.of(program()));
        String version = done(program(), "--version");
        assertTrue(version.startsWith("apvirt 0"), version);
        assertEquals(version, done(link.toString(), "--version"));
        assertTrue(done(program(), "lszcrypt", "--machine", MACHINE.toString()).contains("\n05.00ab"));
    }

    @Test
    void theClassArchiveFitsTheRuntime() throws Exception {
        Path lib = unpacked.resolve("lib/apvirt");
        String loaded = done(lib.resolve("runtime/bin/java").toString(), "-Xshare:on",
                "-XX:SharedArchiveFile=" + lib.resolve("apvirt.jsa"), "-Xlog:class+load", "-jar",
                lib.resolve("apvirt.jar").toString(), "--version");
        List<String> slow = loaded.lines().filter(line -> line.contains("source: file:")).toList();
        assertTrue(loaded.contains("picocli.CommandLine source: shared objects file"), loaded);
        assertTrue(slow.size() < 10, slow::toString);
    }

    @Test
    void anUnmodifiedProgramSeesTheCards() throws Exception {
        if (!Files.isWritable(Path.of("/dev/fuse"))) {
            if (Boolean.getBoolean("fuse.required")) {
                fail("/dev/fuse cannot be opened");
            }
            Assumptions.abort("/dev/fuse cannot be opened: run as root");
        }
        assertEquals("CEX5C\n",
                done(program(), "exec", MACHINE.toString(), "--", "cat", "/sys/devices/ap/card05/type"));
    }

    @Test
    void theDebianPackageHasWhatPolicyAsksForAndRuns() throws Exception {
        Path root = directory.resolve("root");
        String deb = artifact("apvirt_.*\\.deb").toString();
        String fields = done("dpkg-deb", "--field", deb);
        assertTrue(fields.startsWith("Package: apvirt\nVersion: 0") && fields.contains("\nDepends: libc6"), fields);
        done("dpkg-deb", "-x", deb, root.toString());
        for (String file : List.of("usr/share/doc/apvirt/copyright", "usr/share/man/man1/apvirt-exec.1.gz",
                "usr/share/bash-completion/completions/apvirt", "usr/share/zsh/vendor-completions/_apvirt",
                "usr/share/fish/vendor_completions.d/apvirt.fish")) {
            assertTrue(Files.isRegularFile(root.resolve(file)), file);
        }
        assertTrue(done(root.resolve("usr/bin/apvirt").toString(), "demo").contains("Inside guest 2:"));
    }

    @Test
    void dpkgInstallsAndRemovesIt() throws Exception {
        Assumptions.assumeTrue(run("id", "-u").text().equals("0\n"), "dpkg --root needs root");
        Path root = Files.createDirectories(directory.resolve("clean"));
        Files.createDirectories(root.resolve("var/lib/dpkg/updates"));
        Files.createDirectories(root.resolve("var/lib/dpkg/info"));
        Files.createFile(root.resolve("var/lib/dpkg/status"));
        done("dpkg", "--root=" + root, "--force-depends", "-i", artifact("apvirt_.*\\.deb").toString());
        assertTrue(done("dpkg", "--root=" + root, "-s", "apvirt").contains("Status: install ok installed"));
        done("dpkg", "--root=" + root, "--purge", "apvirt");
        try (Stream<Path> left = Files.walk(root)) {
            assertEquals(List.of(), left.filter(file -> file.toString().contains("/apvirt")).toList());
        }
    }

    @Test
    void theImageIsAnOciLayoutWhoseLayersAreASystemThatRunsTheProgram() throws Exception {
        Path layout = Files.createDirectory(directory.resolve("layout"));
        done("tar", "-C", layout.toString(), "-xf", artifact("apvirt-.*-image\\.tar").toString());
        Path blobs = layout.resolve("blobs/sha256");
        String index = Files.readString(layout.resolve("index.json"));
        String manifest = Files.readString(blobs.resolve(digests(index).get(0)));
        List<String> layers = digests(manifest);
        for (String digest : layers) {
            assertEquals(digest, done("sha256sum", blobs.resolve(digest).toString()).substring(0, 64));
        }
        Assumptions.assumeTrue(run("id", "-u").text().equals("0\n"), "chroot needs root");
        Path root = Files.createDirectory(directory.resolve("system"));
        for (String layer : layers.subList(1, 3)) { // the first is the configuration
            done("tar", "-C", root.toString(), "-xf", blobs.resolve(layer).toString());
        }
        assertTrue(done("unshare", "--mount", "sh", "-c", "mount --rbind /proc \"$0/proc\" && exec chroot \"$0\" sh -c"
                + " 'cd /usr/share/doc/apvirt && apvirt lszcrypt --machine examples/two-guests.yaml'", root.toString())
                .contains("05.00ab"));
    }

    private static List<String> digests(String json) {
        return Pattern.compile("\"digest\":\"sha256:([0-9a-f]{64})\"").matcher(json).results()
                .map(found -> found.group(1)).toList();
    }
}
