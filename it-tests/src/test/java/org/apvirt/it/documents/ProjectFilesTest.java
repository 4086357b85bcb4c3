// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.documents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apvirt.it.Programs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a stranger meets first in a clone: pages at the top, the POM, the list of artifacts. */
class ProjectFilesTest {
    private static final Set<String> NOT_PUBLISHED = Set.of("bom", "it-tests", "fuzz", "benchmarks", "dist");

    private static String text(String file) throws IOException {
        return Files.readString(Programs.ROOT.resolve(file));
    }

    private static Stream<String> found(String regex, String text) {
        return Pattern.compile(regex).matcher(text).results().map((MatchResult match) -> match.group(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"})
    void everyFileAndClassThatAPageNamesIsThere(String page) throws IOException {
        String text = text(page);
        Set<String> classes;
        try (Stream<Path> tree = Files.walk(Programs.ROOT)) {
            classes = tree.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java"))
                    .map(name -> name.replace(".java", "")).collect(Collectors.toSet());
        }
        List<String> missing = Stream.concat(
                found("`([A-Z][A-Za-z]+[A-Z][A-Za-z]+)`", text).filter(name -> !classes.contains(name)),
                Stream.concat(found("`((?:[.\\w-]+/)+[.\\w-]*)`", text), found("\\]\\(([^:)#]+)\\)", text))
                        .filter(path -> !Files.exists(Programs.ROOT.resolve(path))))
                .toList();

        assertEquals(List.of(), missing);
    }

    @Test
    void theBillOfMaterialsNamesEveryModuleThatPeopleUse() throws IOException {
        Set<String> modules = found("<module>([a-z-]+)</module>", text("pom.xml"))
                .filter(module -> !NOT_PUBLISHED.contains(module)).map(module -> "apvirt-" + module)
                .collect(Collectors.toCollection(TreeSet::new));

        assertEquals(modules, found("<artifactId>(apvirt-[a-z-]+)</artifactId><version>", text("bom/pom.xml"))
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** What Maven Central asks of a POM; modules inherit all but name and description. */
    @Test
    void thePomSaysWhatMavenCentralAsksFor() throws IOException {
        String parent = text("pom.xml");
        for (String element : List.of("name", "description", "url", "license", "developer", "scm", "connection")) {
            assertTrue(parent.matches("(?s).*<" + element + "[ >].*"), element);
        }
        // Else Maven gives each module an address that ends in its name, where nothing is.
        for (String address : List.of("project.url", "scm.connection", "scm.developerConnection", "scm.url")) {
            assertTrue(parent.contains("child." + address + ".inherit.append.path=\"false\""), address);
        }
        for (String module : found("<module>([a-z-]+)</module>", parent).toList()) {
            String pom = text(module + "/pom.xml");
            assertTrue(pom.contains("<name>apvirt ") && pom.contains("<description>"), module);
        }
    }

    @Test
    void everyModuleHasAPageAndTheReadmeLeadsToIt() throws IOException {
        List<String> lost = found("<module>([a-z-]+)</module>", text("pom.xml"))
                .filter(module -> !NOT_PUBLISHED.contains(module) && !module.equals("cli"))
                .filter(module -> !Files.exists(Programs.ROOT.resolve(module).resolve("README.md"))
                        || !readme().contains("(" + module + ")"))
                .toList();

        assertEquals(List.of(), lost);
    }

    private static String readme() {
        try {
            return text("README.md");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
