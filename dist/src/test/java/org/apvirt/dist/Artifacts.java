// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/** What was packed, and programs that are run with an empty environment but for PATH and HOME. */
final class Artifacts {
    /** Where it lies. */
    static final Path DIRECTORY = Path.of("target/dist").toAbsolutePath();
    /** The checkout. */
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /**
     * How a program ended.
     *
     * @param status its exit status
     * @param text both its outputs
     */
    record Said(int status, String text) {}

    private Artifacts() {}

    static Path find(String pattern) throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.filter(file -> file.getFileName().toString().matches(pattern)).findFirst()
                    .orElseThrow(() -> new AssertionError("no " + pattern + " in " + DIRECTORY));
        }
    }

    static Said run(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes());
        return new Said(process.waitFor(), text);
    }

    /** Returns what a program says that must succeed. */
    static String done(String... words) throws Exception {
        Said said = run(words);
        assertEquals(0, said.status(), said.text());
        return said.text();
    }

    /** Skips the test, saying why, unless a condition holds; fails it where the property demands that. */
    static void require(String property, boolean there, String otherwise) {
        if (!there && Boolean.getBoolean(property)) {
            fail(otherwise);
        }
        Assumptions.assumeTrue(there, otherwise);
    }

    static boolean isRoot() throws Exception {
        return run("id", "-u").text().equals("0\n");
    }
}
