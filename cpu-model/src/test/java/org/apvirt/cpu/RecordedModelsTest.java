// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Our models against what a real QEMU 7.2 answered about its own. */
class RecordedModelsTest {
    private static final QemuVersion VERSION = QemuVersion.V7_2;
    private static final HostCpu TCG = HostCpu.tcg(VERSION);

    @Test
    void everySetOfEveryModelIsWhatQemuHas() throws IOException {
        Map<String, Set<String>> before = new HashMap<>();
        Set<String> models = new TreeSet<>();
        for (String[] line : recorded("qemu-7.2-sets.txt")) {
            if (line[0].equals("max")) {
                assertEquals(changed(Set.of(), line), names(TCG.features()), "max");
                continue;
            }
            Set<String> expected = changed(before.getOrDefault(line[1], Set.of()), line);
            before.put(line[1], expected);
            models.add(line[0]);
            CpuDefinition definition = CpuDefinition.of(line[0]);
            assertNotNull(definition, line[0]);
            Set<CpuFeature> actual = switch (line[1]) {
                case "base" -> definition.baseFeatures();
                case "default" -> definition.defaultFeatures();
                case "full" -> definition.fullFeatures();
                default -> throw new AssertionError(line[1]);
            };
            assertEquals(expected, names(actual), line[0] + " " + line[1]);
        }
        Set<String> ours = new TreeSet<>();
        for (CpuDefinition definition : CpuDefinition.values()) {
            if (VERSION.knows(definition)) {
                ours.add(definition.toString());
            }
        }
        assertEquals(ours, models);
        assertEquals(38, models.size());
    }

    private static Set<String> changed(Set<String> before, String[] line) {
        Set<String> set = new TreeSet<>(before);
        for (int i = 2; i < line.length; i++) {
            String name = line[i].substring(1);
            switch (line[i].charAt(0)) {
                case '+' -> assertTrue(set.add(name));
                case '-' -> assertTrue(set.remove(name));
                default -> assertEquals("=", line[i]);
            }
        }
        return set;
    }

    @Test
    void everyGroupHasTheMembersThatGoOffWithIt() throws IOException {
        List<String[]> lines = recorded("qemu-7.2-groups.txt");
        assertEquals(17, lines.size());
        for (String[] line : lines) {
            FeatureGroup group = FeatureGroup.of(line[0]);
            assertNotNull(group, line[0]);
            Set<String> members = new TreeSet<>(List.of(line).subList(1, line.length));
            assertEquals(members, names(group.members()), line[0]);
        }
    }

    @Test
    void everyStaticExpansionIsWhatQemuWritesOut() throws Exception {
        List<String[]> lines = recorded("qemu-7.2-static.txt");
        assertEquals(78, lines.size());
        for (String[] line : lines) {
            ModelExpansion expansion = ModelExpansion.toStatic(TCG.model(line[0]), VERSION);
            assertEquals(line[1], expansion.name(), line[0]);
            assertEquals(List.of(line).subList(2, line.length), sorted(expansion), line[0]);
        }
    }

    @Test
    void everyComparisonAndBaselineIsWhatQemuAnswers() throws Exception {
        int comparisons = 0;
        int baselines = 0;
        for (String[] line : recorded("qemu-7.2-relations.txt")) {
            CpuModel first = TCG.model(line[1]);
            CpuModel second = TCG.model(line[2]);
            String pair = line[1] + " and " + line[2];
            List<String> rest = List.of(line).subList(4, line.length);
            if (line[0].equals("comparison")) {
                ModelComparison comparison = ModelComparison.of(first, second, VERSION);
                assertEquals(line[3], comparison.result().toString(), pair);
                assertEquals(rest, comparison.responsible(), pair);
                comparisons++;
            } else {
                ModelExpansion baseline = ModelExpansion.toStatic(ModelComparison.baseline(first, second), VERSION);
                assertEquals(line[3], baseline.name(), pair);
                assertEquals(rest, sorted(baseline), pair);
                baselines++;
            }
        }
        assertEquals(289, baselines);
        assertTrue(comparisons > 150, () -> "too few comparisons");
    }

    private static List<String> sorted(ModelExpansion expansion) {
        List<String> properties = new ArrayList<>();
        expansion.properties().forEach((name, on) -> properties.add((on ? "+" : "-") + name));
        properties.sort(null);
        return properties;
    }

    private static Set<String> names(Set<CpuFeature> features) {
        return features.stream().filter(VERSION::knows).map(CpuFeature::toString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String[]> recorded(String file) throws IOException {
        try (InputStream in = RecordedModelsTest.class.getResourceAsStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#")).map(line -> line.split(" ")).toList();
        }
    }
}
