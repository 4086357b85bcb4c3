// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How two models relate, as QMP {@code query-cpu-model-comparison} answers. libvirt asks whether a guest's model runs on
 * a host: it does if it is identical to the host's, or a subset.
 *
 * @param result the relation of the first to the second
 * @param responsible what is the reason unless they are identical: features that one has and the other has not, and
 *     {@code type} if generation or GA level differ
 */
public record ModelComparison(Result result, List<String> responsible) {
    /** The relation of the first model to the second. */
    public enum Result {
        /** Generation, GA level and features are the same. */
        IDENTICAL,
        /** The first can do less: it runs wherever the second runs. */
        SUBSET,
        /** The first can do more. */
        SUPERSET,
        /** Each can do something that the other cannot. */
        INCOMPATIBLE;

        private Result and(Result other) {
            if (this == IDENTICAL || this == other) {
                return other;
            }
            return other == IDENTICAL ? this : INCOMPATIBLE;
        }

        /** Returns the name as QMP writes it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Compares two models. */
    public static ModelComparison of(CpuModel first, CpuModel second, QemuVersion version) {
        EnumSet<CpuFeature> onlyFirst = ModelExpansion.less(first.features(), second.features());
        EnumSet<CpuFeature> onlySecond = ModelExpansion.less(second.features(), first.features());
        Result byFeatures = Result.IDENTICAL;
        if (!onlySecond.isEmpty()) {
            byFeatures = byFeatures.and(Result.SUBSET);
        }
        if (!onlyFirst.isEmpty()) {
            byFeatures = byFeatures.and(Result.SUPERSET);
        }
        int release = release(first.definition()) - release(second.definition());
        Result byRelease = release == 0 ? Result.IDENTICAL : release < 0 ? Result.SUBSET : Result.SUPERSET;

        List<String> responsible = new ArrayList<>(reversed(onlySecond, version));
        responsible.addAll(reversed(onlyFirst, version));
        if (byRelease != Result.IDENTICAL) {
            responsible.add("type");
        }
        return new ModelComparison(byFeatures.and(byRelease), List.copyOf(responsible));
    }

    /** GA levels are below 16. */
    private static int release(CpuDefinition definition) {
        return definition.generation() * 16 + definition.ga();
    }

    private static List<String> reversed(EnumSet<CpuFeature> features, QemuVersion version) {
        List<String> names = new ArrayList<>(FeatureList.names(features, version));
        Collections.reverse(names);
        return names;
    }

    /**
     * Returns a model that runs wherever one of the two does: the features that both have, on the newest machine that
     * both could be. QMP answers {@code query-cpu-model-baseline} with its static expansion.
     *
     * @throws CpuModelException if one lacks a feature that every machine has
     */
    public static CpuModel baseline(CpuModel first, CpuModel second) throws CpuModelException {
        CpuDefinition a = first.definition();
        CpuDefinition b = second.definition();
        CpuDefinition older = a.generation() <= b.generation() ? a : b;
        int type = older.type();
        int ga = older.ga();
        if (a.generation() == b.generation()) {
            type = a.type() == b.type() ? a.type() : 0;
            ga = Math.min(a.ga(), b.ga());
        }
        EnumSet<CpuFeature> common = ModelExpansion.less(first.features(), Set.of());
        common.retainAll(second.features());
        CpuDefinition definition = CpuDefinition.find(type, older.generation(), ga, common);
        if (definition == null) {
            throw new CpuModelException(
                    "No compatible CPU model could be created as important base features are disabled");
        }
        common.retainAll(definition.fullFeatures());
        return new CpuModel(definition + "-base", definition, common);
    }
}
