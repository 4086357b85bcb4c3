// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whatever a module offers is used by a module or at least by a test. */
class UnusedCodeTest {
    /** Benchmarks choose between implementations; nobody else needs to. */
    private static final Set<String> OF_BENCHMARKS = Set.of(
            "org.apvirt.sim.SimulatedMachineBuilder.rsaArithmetic(org.apvirt.sim.RsaArithmetic)");

    private static List<Path> classFolders() throws IOException {
        String given = System.getProperty("classes");
        if (given != null) {
            return List.of(Path.of(given));
        }
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            return modules.filter(module -> !module.endsWith("benchmarks"))
                    .flatMap(module -> Stream.of("target/classes", "target/test-classes").map(module::resolve))
                    .filter(Files::isDirectory).toList();
        }
    }

    /** A method that its class must have: something above declares it, or a library calls it by name or annotation. */
    private static boolean isExpected(JavaMethod method) {
        JavaClass owner = method.getOwner();
        List<JavaClass> above = new ArrayList<>(owner.getAllRawSuperclasses());
        above.addAll(owner.getAllRawInterfaces());
        return above.stream().anyMatch(c -> c.tryGetMethod(method.getName(),
                method.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new)).isPresent())
                || !method.getAnnotations().isEmpty()
                || owner.isEnum() || owner.isRecord() || owner.isAnnotation()
                || method.getName().equals("main") || method.getModifiers().contains(JavaModifier.SYNTHETIC)
                || method.getModifiers().contains(JavaModifier.BRIDGE)
                || method.getModifiers().contains(JavaModifier.NATIVE);
    }

    @Test
    void everyPublicMethodIsUsed() throws IOException {
        Set<String> unused = new TreeSet<>();
        List<JavaClass> classes = new ClassFileImporter().importPaths(classFolders()).stream()
                .filter(c -> c.getName().startsWith("org.apvirt.")).collect(Collectors.toList());
        assertTrue(classes.size() > 900, "classes of all modules: " + classes.size());
        for (JavaClass c : classes) {
            for (JavaMethod method : c.getMethods()) {
                if (method.getModifiers().contains(JavaModifier.PUBLIC) && !isExpected(method)
                        && method.getAccessesToSelf().isEmpty() && method.getReferencesToSelf().isEmpty()) {
                    unused.add(method.getFullName());
                }
            }
        }
        unused.removeAll(OF_BENCHMARKS);
        assertEquals(Set.of(), unused);
    }
}
