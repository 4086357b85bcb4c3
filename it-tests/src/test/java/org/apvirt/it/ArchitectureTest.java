// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** The arrows of docs/design.md: a layer knows the layers below it and no others. */
class ArchitectureTest {
    /** The packages of each module, with their subpackages. */
    private static final Map<String, List<String>> PACKAGES = new TreeMap<>();

    /** The arrows: each module and those it may use directly. What a module may use, its users may use too. */
    private static final Map<String, List<String>> ARROWS = new TreeMap<>();

    private static JavaClasses classes;

    @BeforeAll
    static void readTheDesign() throws IOException {
        Pattern arrow = Pattern.compile(" +([a-z-]+) ─*► ([a-z-]+(?:, [a-z-]+)*).*");
        Pattern row = Pattern.compile("\\| ([a-z-]*) ?\\| (`\\.[^|]*) \\|.*");
        String module = "";
        for (String line : Files.readAllLines(Path.of("../docs/design.md"))) {
            Matcher drawn = arrow.matcher(line);
            if (drawn.matches()) {
                ARROWS.put(drawn.group(1), List.of(drawn.group(2).split(", ")));
            }
            Matcher listed = row.matcher(line);
            if (listed.matches()) {
                module = listed.group(1).isEmpty() ? module : listed.group(1);
                List<String> packages = PACKAGES.computeIfAbsent(module, m -> new ArrayList<>());
                Pattern.compile("`(\\.[a-z0-9.]+)`").matcher(listed.group(2)).results()
                        .forEach(p -> packages.add("org.apvirt" + p.group(1) + ".."));
            }
        }
        ARROWS.replace("ap-arch", List.of("nothing"), List.of());
        assertEquals(ARROWS.keySet(), PACKAGES.keySet(), "modules with an arrow; modules of the table");
    }

    @BeforeAll
    static void importClasses() {
        classes = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.apvirt");
    }

    private static String[] packagesOf(Set<String> modules) {
        List<String> packages = new ArrayList<>();
        for (String module : modules) {
            packages.addAll(PACKAGES.get(module));
        }
        return packages.toArray(String[]::new);
    }

    private static Set<String> reachable(String module) {
        Set<String> modules = new HashSet<>(Set.of(module));
        for (String below : ARROWS.get(module)) {
            modules.addAll(reachable(below));
        }
        return modules;
    }

    @Test
    void everyClassBelongsToAModuleOfTheDesign() {
        List<String> strangers = new ArrayList<>();
        DescribedPredicate<JavaClass> known = resideInAnyPackage(packagesOf(PACKAGES.keySet()));
        for (JavaClass c : classes) {
            if (!known.test(c) && !c.getPackageName().startsWith("org.apvirt.it")) {
                strangers.add(c.getName());
            }
        }
        assertFalse(classes.isEmpty());
        assertEquals(List.of(), strangers);
    }

    @Test
    void everyModuleUsesOnlyTheLayersBelowIt() {
        for (String module : PACKAGES.keySet()) {
            Set<String> forbidden = new HashSet<>(PACKAGES.keySet());
            forbidden.removeAll(reachable(module));
            noClasses().that(resideInAnyPackage(packagesOf(Set.of(module)))).should()
                    .dependOnClassesThat(resideInAnyPackage(packagesOf(forbidden)))
                    .as(module + " uses only " + reachable(module)).allowEmptyShould(true).check(classes);
        }
    }

    @Test
    void theFirstPageOfTheJavadocShowsThePictureOfTheDesign() throws IOException {
        String design = Files.readString(Path.of("../docs/design.md"));
        int begin = design.indexOf("```text\n") + 8;
        String picture = design.substring(begin, design.indexOf("```\n", begin));
        String page = Files.readString(Path.of("../.config/javadoc-overview.html"));
        assertEquals(picture, page.substring(page.indexOf("<pre>\n") + 6, page.indexOf("</pre>")));
    }

    @Test
    void theBusKnowsNoneOfItsDrivers() {
        noClasses().that(resideInAPackage("org.apvirt.ap..")).should()
                .dependOnClassesThat(resideInAnyPackage("org.apvirt.zcrypt..", "org.apvirt.z90crypt..")).check(classes);
    }

    @Test
    void onlyTheHostAndWhatStandsOnItKnowTheSimulatedMachine() {
        noClasses()
                .that(resideInAnyPackage("org.apvirt.device..", "org.apvirt.ap..", "org.apvirt.zcrypt..",
                        "org.apvirt.z90crypt..", "org.apvirt.mdev..", "org.apvirt.vfio..", "org.apvirt.vfioap..",
                        "org.apvirt.qemu..",
                        "org.apvirt.gdb..", "org.apvirt.plugin..", "org.apvirt.sysfs.."))
                .should().dependOnClassesThat(resideInAPackage("org.apvirt.sim..")).check(classes);
    }

    @Test
    void nativeCallsAreMadeInFourPlacesOnly() {
        noClasses()
                .that(DescribedPredicate.not(resideInAnyPackage("org.apvirt.hw..", "org.apvirt.z90crypt..",
                        "org.apvirt.sysfs..", "org.apvirt.cli..", "org.apvirt.sim..")))
                .should().dependOnClassesThat(resideInAPackage("com.sun.jna..")).check(classes);
        noClasses().that(DescribedPredicate.not(resideInAPackage("org.apvirt.hw.."))).should()
                .callMethod(System.class, "load", String.class).check(classes);
    }
}
