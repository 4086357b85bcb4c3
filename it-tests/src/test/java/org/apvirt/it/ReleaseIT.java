// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A release, rehearsed with a key made for it by {@code .ci/release}, has what Maven Central asks of each component: the elements
 * of its POM, sources, Javadoc, a signature and two checksums of each file. Two modules and their parent stand for all, whose
 * POMs {@code ProjectFilesTest} reads.
 *
 * <p>Source: the requirements that Sonatype publishes for Maven Central.
 */
@Timeout(600)
class ReleaseIT {
    private static final List<String> COMPONENTS = List.of("apvirt-ap-arch", "apvirt-bom", "apvirt-parent");

    @TempDir
    static Path directory;
    private static Path files;

    @BeforeAll
    static void rehearse() throws Exception {
        Programs.require("clients.required", Programs.isInstalled("gpg") && Programs.isInstalled("mvn"),
                "gpg or mvn is missing: a release is signed");
        Programs.Output output = Programs.run(List.of(Programs.ROOT.resolve(".ci/release").toString(), "0.1.0",
                directory.toString(), "bom,ap-arch"));
        assertEquals(0, output.status(), output.text());
        files = Files.createDirectory(directory.resolve("bundle"));
        try (FileSystem zip = FileSystems.newFileSystem(directory.resolve("apvirt-0.1.0.zip"));
                Stream<Path> entries = Files.walk(zip.getPath("/"))) {
            for (Path entry : entries.filter(Files::isRegularFile).toList()) {
                Path to = files.resolve(entry.toString().substring(1));
                Files.createDirectories(to.resolveSibling(""));
                Files.copy(entry, to);
            }
        }
    }

    private static List<Path> published() throws IOException {
        try (Stream<Path> all = Files.walk(files)) {
            return all.filter(file -> file.toString().matches(".*\\.(jar|pom)")).sorted().toList();
        }
    }

    @Test
    void eachComponentHasSourcesAndJavadocBesideItsPom() throws Exception {
        TreeSet<String> expected = new TreeSet<>();
        COMPONENTS.forEach(name -> expected.add(name + "-0.1.0.pom"));
        for (String suffix : List.of("", "-sources", "-javadoc")) {
            expected.add("apvirt-ap-arch-0.1.0" + suffix + ".jar");
        }
        TreeSet<String> found = new TreeSet<>();
        published().forEach(file -> found.add(file.getFileName().toString()));
        assertEquals(expected, found);
    }

    @Test
    void eachFileIsSignedAndHasItsChecksums() throws Exception {
        Path keys = Files.createDirectory(directory.resolve("keys"));
        keys.toFile().setReadable(false, false);
        keys.toFile().setReadable(true, true);
        gpg(keys, "--import", directory.resolve("key.asc").toString());
        for (Path file : published()) {
            gpg(keys, "--verify", file + ".asc", file.toString());
            assertEquals(hash("MD5", file), Files.readString(Path.of(file + ".md5")).strip(), file::toString);
            assertEquals(hash("SHA-1", file), Files.readString(Path.of(file + ".sha1")).strip(), file::toString);
        }
    }

    private static void gpg(Path keys, String... words) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("gpg", "--homedir", keys.toString(), "--batch", "--no-autostart"));
        command.addAll(List.of(words));
        Programs.Output output = Programs.run(command);
        assertEquals(0, output.status(), output.text());
    }

    private static String hash(String algorithm, Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file)));
    }

    @Test
    void eachPomSaysWhoseItIsWithItsParentsHelp() throws Exception {
        Path parent = published().stream().filter(file -> file.toString().endsWith("apvirt-parent-0.1.0.pom"))
                .findFirst().orElseThrow();
        for (Path file : published()) {
            if (!file.toString().endsWith(".pom")) {
                continue;
            }
            for (String path : List.of("modelVersion", "artifactId", "name", "description")) {
                assertTrue(has(file, path), () -> file + " " + path);
            }
            for (String path : List.of("groupId", "version", "url", "licenses/license/name", "licenses/license/url",
                    "developers/developer/name", "scm/connection", "scm/developerConnection", "scm/url")) {
                assertTrue(has(file, path) || has(parent, path), () -> file + " " + path);
            }
            String text = Files.readString(file);
            assertTrue(!text.contains("SNAPSHOT") && !text.contains("<repositories>"), file::toString);
        }
    }

    private static boolean has(Path pom, String path) throws Exception {
        Node node = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(Files.readAllBytes(pom))).getDocumentElement();
        for (String name : path.split("/")) {
            node = child(node, name);
            if (node == null) {
                return false;
            }
        }
        return !node.getTextContent().isBlank();
    }

    private static Node child(Node node, String name) {
        for (Node child = node.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element element && element.getTagName().equals(name)) {
                return child;
            }
        }
        return null;
    }
}
