// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A model written out, as QMP {@code query-cpu-model-expansion} answers: a name and properties. A group stands for its
 * members if all of them are on, or all off.
 *
 * @param name name of the model to start from
 * @param properties what to switch, in QEMU's order: first what is on, then what is off
 */
public record ModelExpansion(String name, Map<String, Boolean> properties) {
    /**
     * Returns the static expansion: the {@code -base} model and what to switch on and off. It means the same in every
     * QEMU, so it is what a migration carries.
     */
    public static ModelExpansion toStatic(CpuModel model, QemuVersion version) {
        CpuDefinition definition = model.definition();
        return new ModelExpansion(definition + "-base", properties(less(model.features(), definition.baseFeatures()),
                less(definition.baseFeatures(), model.features()), version));
    }

    /** Returns the full expansion: the {@code -base} model and the state of every feature that this QEMU knows. */
    public static ModelExpansion toFull(CpuModel model, QemuVersion version) {
        EnumSet<CpuFeature> off = EnumSet.complementOf(less(model.features(), Set.of()));
        off.removeIf(feature -> !version.knows(feature));
        return new ModelExpansion(model.definition() + "-base", properties(model.features(), off, version));
    }

    private static Map<String, Boolean> properties(Set<CpuFeature> on, Set<CpuFeature> off, QemuVersion version) {
        Map<String, Boolean> properties = new LinkedHashMap<>();
        FeatureList.names(on, version).forEach(name -> properties.put(name, true));
        FeatureList.names(off, version).forEach(name -> properties.put(name, false));
        return Collections.unmodifiableMap(properties);
    }

    /** Returns the features of the first set that are not in the second. */
    static EnumSet<CpuFeature> less(Set<CpuFeature> from, Set<CpuFeature> without) {
        EnumSet<CpuFeature> rest = EnumSet.noneOf(CpuFeature.class);
        rest.addAll(from);
        rest.removeAll(without);
        return rest;
    }
}
