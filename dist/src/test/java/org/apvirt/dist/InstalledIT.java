// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Each artifact is unpacked, or installed, and run without a JDK: with an empty environment but for PATH. */
class InstalledIT {
    private static final Path MACHINE = Artifacts.ROOT.resolve("examples/two-guests.yaml");

    @TempDir
    private static Path directory;
    private static Path unpacked;

    @BeforeAll
    static void unpack() throws Exception {
        Path place = Files.createDirectory(directory.resolve("with space"));
        Artifacts.done("tar", "-C", place.toString(), "-xf", Artifacts.find("apvirt-.*\\.tar\\.gz").toString());
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
        String version = Artifacts.done(program(), "--version");
        assertTrue(version.startsWith("apvirt 0"), version);
        assertEquals(version, Artifacts.done(link.toString(), "--version"));
        assertTrue(Artifacts.done(program(), "lszcrypt", "--machine", MACHINE.toString()).contains("\n05.00ab"));
    }

    @Test
    void theClassArchiveFitsTheRuntime() throws Exception {
        assertArchiveIsUsed(unpacked.resolve("lib/apvirt"));
    }

    /** A copy may lose the times of its files, as {@code cp -r} and most ways into an image do. */
    @Test
    void theClassArchiveFitsACopyWithOtherTimesToo() throws Exception {
        Path copy = directory.resolve("copy");
        Artifacts.done("cp", "-r", unpacked.resolve("lib/apvirt").toString(), copy.toString());
        assertArchiveIsUsed(copy);
    }

    private static void assertArchiveIsUsed(Path lib) throws Exception {
        String log = Artifacts.done(lib.resolve("runtime/bin/java").toString(), "-Xshare:on",
                "-XX:SharedArchiveFile=" + lib.resolve("apvirt.jsa"), "-XX:+VerifySharedSpaces", "-XX:+UseSerialGC",
                "-Xlog:class+load,exceptions", "--enable-native-access=org.apvirt.cli", "-m", "org.apvirt.cli",
                "--version");
        List<String> slow = log.lines().filter(line -> line.contains("source: jrt:")).toList();
        assertTrue(log.contains("picocli.CommandLine source: shared objects file"), log);
        assertTrue(slow.size() < 10, slow::toString);
        // As for each class of a jar that lies elsewhere than where the archive was made.
        assertFalse(log.contains("Exception <a 'java/nio/file/NoSuchFileException'"), log);
    }

    /** All artifacts are made of this tree, in an order and with times that do not depend on it. */
    @Test
    void theSameSourcesGiveTheSameBytesInAnotherDirectory() throws Exception {
        Path out = Files.createDirectories(directory.resolve("another/place"));
        List<Path> stale = List.of(out.resolve("documents/share/man/man1/apvirt-gone.1"),
                out.resolve("apvirt-0.0.1-linux-x86_64/bin/gone"), out.resolve("apvirt-0.0.1-linux-x86_64.tar.gz"),
                out.resolve("apvirt_0.0.1_amd64.deb"), out.resolve("scratch/module/Gone.class"));
        for (Path file : stale) {
            Artifacts.done("install", "-D", "/dev/null", file.toString());
        }
        Process packing = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-cp",
                System.getProperty("java.class.path"), "org.apvirt.dist.Packing", version(),
                Artifacts.ROOT.resolve("cli/target/apvirt.jar").toString(), Path.of("").toAbsolutePath().toString(),
                out.toString(), "tree").redirectErrorStream(true).start();
        String said = new String(packing.getInputStream().readAllBytes());
        assertEquals(0, packing.waitFor(), said);
        assertEquals("", Artifacts.done("diff", "-r", unpacked.toString(),
                out.resolve(unpacked.getFileName()).toString()));
        assertEquals(List.of(), stale.stream().filter(Files::exists).toList());
    }

    @Test
    void theSizesOnThePageAreThose() throws Exception {
        String page = Files.readString(Artifacts.ROOT.resolve("docs/install.md"));
        assertSize(page, "linux-x86_64.tar.gz` \\| ", Artifacts.find("apvirt-.*\\.tar\\.gz"));
        assertSize(page, "amd64.deb` \\| ", Artifacts.find("apvirt_.*\\.deb"));
        assertSize(page, "image.tar` \\(", Artifacts.find("apvirt-.*-image\\.tar"));
    }

    /** They are said in whole megabytes; more than a tenth beside it is another size. */
    private static void assertSize(String page, String before, Path artifact) throws Exception {
        Matcher said = Pattern.compile(before + "([0-9]+) MB").matcher(page);
        assertTrue(said.find(), before);
        assertEquals(Double.parseDouble(said.group(1)), Files.size(artifact) / 1e6, Files.size(artifact) / 1e7,
                artifact::toString);
    }

    private static String version() {
        return unpacked.getFileName().toString().replaceAll("^apvirt-|-linux-.*$", "");
    }

    @Test
    void anUnmodifiedProgramSeesTheCards() throws Exception {
        Artifacts.require("fuse.required", Files.isWritable(Path.of("/dev/fuse")),
                "/dev/fuse cannot be opened: run as root");
        assertEquals("CEX5C\n",
                Artifacts.done(program(), "exec", MACHINE.toString(), "--", "cat", "/sys/devices/ap/card05/type"));
        // The control plane's client needs more of the runtime than the simulation.
        String status = Artifacts.done(program(), "exec", MACHINE.toString(), "--", program(), "ctl", "status");
        assertTrue(status.contains("05.0004"), status);
    }

    @Test
    void theDebianPackageHasWhatPolicyAsksForAndRuns() throws Exception {
        Path root = directory.resolve("root");
        String deb = Artifacts.find("apvirt_.*\\.deb").toString();
        String fields = Artifacts.done("dpkg-deb", "--field", deb);
        assertTrue(fields.startsWith("Package: apvirt\nVersion: 0") && fields.contains("\nDepends: libc6"), fields);
        Artifacts.done("dpkg-deb", "-x", deb, root.toString());
        for (String file : List.of("usr/share/doc/apvirt/copyright", "usr/share/man/man1/apvirt-exec.1.gz",
                "usr/share/bash-completion/completions/apvirt", "usr/share/zsh/vendor-completions/_apvirt",
                "usr/share/fish/vendor_completions.d/apvirt.fish")) {
            assertTrue(Files.isRegularFile(root.resolve(file)), file);
        }
        assertTrue(Artifacts.done(root.resolve("usr/bin/apvirt").toString(), "demo").contains("Inside guest 2:"));
    }

    @Test
    void dpkgInstallsAndRemovesIt() throws Exception {
        Assumptions.assumeTrue(Artifacts.isRoot(), "dpkg --root needs root");
        Path root = Files.createDirectories(directory.resolve("clean"));
        Files.createDirectories(root.resolve("var/lib/dpkg/updates"));
        Files.createDirectories(root.resolve("var/lib/dpkg/info"));
        Files.createFile(root.resolve("var/lib/dpkg/status"));
        Artifacts.done("dpkg", "--root=" + root, "--force-depends", "-i", Artifacts.find("apvirt_.*\\.deb").toString());
        assertTrue(Artifacts.done("dpkg", "--root=" + root, "-s", "apvirt").contains("Status: install ok installed"));
        Artifacts.done("dpkg", "--root=" + root, "--purge", "apvirt");
        try (Stream<Path> left = Files.walk(root)) {
            assertEquals(List.of(), left.filter(file -> file.toString().contains("/apvirt")).toList());
        }
    }

    @Test
    void theImageIsAnOciLayoutWhoseLayersAreASystemThatRunsTheProgram() throws Exception {
        Path layout = Files.createDirectory(directory.resolve("layout"));
        Artifacts.done("tar", "-C", layout.toString(), "-xf", Artifacts.find("apvirt-.*-image\\.tar").toString());
        Path blobs = layout.resolve("blobs/sha256");
        String index = Files.readString(layout.resolve("index.json"));
        String manifest = Files.readString(blobs.resolve(digests(index).get(0)));
        List<String> layers = digests(manifest);
        for (String digest : layers) {
            assertEquals(digest, Artifacts.done("sha256sum", blobs.resolve(digest).toString()).substring(0, 64));
        }
        Assumptions.assumeTrue(Artifacts.isRoot(), "chroot needs root");
        Path root = Files.createDirectory(directory.resolve("system"));
        for (String layer : layers.subList(1, 3)) { // the first is the configuration
            Artifacts.done("tar", "-C", root.toString(), "-xf", blobs.resolve(layer).toString());
        }
        assertTrue(Artifacts
                .done("unshare", "--mount", "sh", "-c", "mount --rbind /proc \"$0/proc\" && exec chroot \"$0\" sh -c"
                        + " 'cd /usr/share/doc/apvirt && apvirt lszcrypt --machine examples/two-guests.yaml'",
                        root.toString())
                .contains("05.00ab"));
    }

    private static List<String> digests(String json) {
        return Pattern.compile("\"digest\":\"sha256:([0-9a-f]{64})\"").matcher(json).results()
                .map(found -> found.group(1)).toList();
    }
}
