package org.apvirt.it;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
import static org.junit.jupiter.api.Assertions.assertFalse;

/** The arrows of docs/design.md: a layer knows the layers below it and no others. */
class ArchitectureTest {
    /** The packages of each module; a package is listed with its subpackages. */
    private static final Map<String, List<String>> PACKAGES = new TreeMap<>(Map.ofEntries(
            Map.entry("ap-arch", List.of("org.apvirt.arch..")),
            Map.entry("sie-crycb", List.of("org.apvirt.sie..", "org.apvirt.kvm..")),
            Map.entry("cpu-model", List.of("org.apvirt.cpu..")),
            Map.entry("native", List.of("org.apvirt.hw..", "org.apvirt.sim..")),
            Map.entry("ap-bus", List.of("org.apvirt.device..", "org.apvirt.ap..", "org.apvirt.zcrypt..")),
            Map.entry("vfio-ap-driver", List.of("org.apvirt.mdev..", "org.apvirt.vfio..", "org.apvirt.vfioap..")),
            Map.entry("sysfs", List.of("org.apvirt.sysfs..")),
            Map.entry("qemu-device", List.of("org.apvirt.qemu..", "org.apvirt.gdb..")),
            Map.entry("host", List.of("org.apvirt.host..")), Map.entry("recorder", List.of("org.apvirt.record..")),
            Map.entry("running", List.of("org.apvirt.running..")),
            Map.entry("junit", List.of("org.apvirt.junit..")),
            Map.entry("cli", List.of("org.apvirt.cli.."))));

    /** The arrows: each module and those it may use directly. What a module may use, its users may use too. */
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(Map.entry("ap-arch", List.of()),
            Map.entry("sie-crycb", List.of("ap-arch")), Map.entry("cpu-model", List.of("ap-arch")),
            Map.entry("native", List.of("ap-arch")), Map.entry("ap-bus", List.of("ap-arch")),
            Map.entry("vfio-ap-driver", List.of("ap-bus", "sie-crycb")), Map.entry("sysfs", List.of("ap-bus")),
            Map.entry("qemu-device", List.of("vfio-ap-driver", "cpu-model")),
            Map.entry("host", List.of("native", "vfio-ap-driver")),
            Map.entry("junit", List.of("host", "sysfs", "qemu-device")),
            Map.entry("recorder", List.of("host", "qemu-device")),
            Map.entry("running", List.of("host", "sysfs", "qemu-device")),
            Map.entry("cli", List.of("running", "recorder")));

    private static JavaClasses classes;

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
        org.junit.jupiter.api.Assertions.assertEquals(List.of(), strangers);
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
    void theFileSystemKnowsOfTheBusModuleOnlyTheDeviceModel() {
        noClasses().that(resideInAPackage("org.apvirt.sysfs..")).should()
                .dependOnClassesThat(resideInAnyPackage("org.apvirt.ap..", "org.apvirt.zcrypt..")).check(classes);
    }

    @Test
    void theDeviceModelKnowsNothingOfAp() {
        noClasses().that(resideInAPackage("org.apvirt.device..")).should()
                .dependOnClassesThat(resideInAnyPackage("org.apvirt.ap..", "org.apvirt.zcrypt..")).check(classes);
    }

    @Test
    void theBusKnowsNoneOfItsDrivers() {
        noClasses().that(resideInAPackage("org.apvirt.ap..")).should()
                .dependOnClassesThat(resideInAPackage("org.apvirt.zcrypt..")).check(classes);
    }

    @Test
    void onlyTheHostAndWhatStandsOnItKnowTheSimulatedMachine() {
        noClasses()
                .that(resideInAnyPackage("org.apvirt.device..", "org.apvirt.ap..", "org.apvirt.zcrypt..",
                        "org.apvirt.mdev..", "org.apvirt.vfio..", "org.apvirt.vfioap..", "org.apvirt.qemu..",
                        "org.apvirt.gdb..", "org.apvirt.sysfs.."))
                .should().dependOnClassesThat(resideInAPackage("org.apvirt.sim..")).check(classes);
    }

    @Test
    void nativeCallsAreMadeInFourPlacesOnly() {
        noClasses()
                .that(DescribedPredicate.not(resideInAnyPackage("org.apvirt.hw..", "org.apvirt.zcrypt..",
                        "org.apvirt.sysfs..", "org.apvirt.cli..", "org.apvirt.sim..")))
                .should().dependOnClassesThat(resideInAPackage("com.sun.jna..")).check(classes);
        noClasses().that(DescribedPredicate.not(resideInAPackage("org.apvirt.hw.."))).should()
                .callMethod(System.class, "load", String.class).check(classes);
    }
}
