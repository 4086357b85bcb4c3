// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The README says what is so: its program is one that the build compiles and runs, its links lead somewhere. */
class ReadmeTest {
    private final String readme = read(Programs.ROOT.resolve("README.md"));

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void itsProgramIsTheOneThatUsesTheInstalledLayer() {
        String program = read(Path.of("src/it/consumers/ap-arch/src/main/java/Main.java"));
        assertTrue(readme.contains("```java\n" + program + "```"), program);
    }

    @Test
    void itsLinksLeadToFilesOfTheProject() {
        Matcher link = Pattern.compile("\\]\\(([^)#]+)\\)").matcher(readme);
        List<String> broken = link.results().map(found -> found.group(1))
                .filter(target -> !Files.exists(Programs.ROOT.resolve(target))).toList();
        assertEquals(List.of(), broken);
    }

    @Test
    void theTestCommandIsWhatContinuousIntegrationRuns() {
        assertTrue(readme.contains("$ mvn verify"));
        try (Stream<String> lines = read(Programs.ROOT.resolve(".ci/run")).lines()) {
            assertTrue(lines.anyMatch(line -> line.startsWith("mvn ") && line.contains(" verify")));
        }
    }
}
