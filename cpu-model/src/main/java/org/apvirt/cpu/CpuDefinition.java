// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine that QEMU has CPU models of. Each gives two models: {@code zEC12}, whose default features grow with QEMU,
 * and {@code zEC12-base}, which never changes. The order is that of release.
 * Source: QEMU {@code target/s390x/cpu_models.c}.
 */
public enum CpuDefinition {
    Z900("z900", 0x2064, 7, 1, "IBM zSeries 900 GA1"),
    Z900_2("z900.2", 0x2064, 7, 2, "IBM zSeries 900 GA2"),
    Z900_3("z900.3", 0x2064, 7, 3, "IBM zSeries 900 GA3"),
    Z800("z800", 0x2066, 7, 3, "IBM zSeries 800 GA1"),
    Z990("z990", 0x2084, 8, 1, "IBM zSeries 990 GA1"),
    Z990_2("z990.2", 0x2084, 8, 2, "IBM zSeries 990 GA2"),
    Z990_3("z990.3", 0x2084, 8, 3, "IBM zSeries 990 GA3"),
    Z890("z890", 0x2086, 8, 3, "IBM zSeries 880 GA1"),
    Z990_4("z990.4", 0x2084, 8, 4, "IBM zSeries 990 GA4"),
    Z890_2("z890.2", 0x2086, 8, 4, "IBM zSeries 880 GA2"),
    Z990_5("z990.5", 0x2084, 8, 5, "IBM zSeries 990 GA5"),
    Z890_3("z890.3", 0x2086, 8, 5, "IBM zSeries 880 GA3"),
    Z9EC("z9EC", 0x2094, 9, 1, "IBM System z9 EC GA1"),
    Z9EC_2("z9EC.2", 0x2094, 9, 2, "IBM System z9 EC GA2"),
    Z9BC("z9BC", 0x2096, 9, 2, "IBM System z9 BC GA1"),
    Z9EC_3("z9EC.3", 0x2094, 9, 3, "IBM System z9 EC GA3"),
    Z9BC_2("z9BC.2", 0x2096, 9, 3, "IBM System z9 BC GA2"),
    Z10EC("z10EC", 0x2097, 10, 1, "IBM System z10 EC GA1"),
    Z10EC_2("z10EC.2", 0x2097, 10, 2, "IBM System z10 EC GA2"),
    Z10BC("z10BC", 0x2098, 10, 2, "IBM System z10 BC GA1"),
    Z10EC_3("z10EC.3", 0x2097, 10, 3, "IBM System z10 EC GA3"),
    Z10BC_2("z10BC.2", 0x2098, 10, 3, "IBM System z10 BC GA2"),
    Z196("z196", 0x2817, 11, 1, "IBM zEnterprise 196 GA1"),
    Z196_2("z196.2", 0x2817, 11, 2, "IBM zEnterprise 196 GA2"),
    Z114("z114", 0x2818, 11, 2, "IBM zEnterprise 114 GA1"),
    ZEC12("zEC12", 0x2827, 12, 1, "IBM zEnterprise EC12 GA1"),
    ZEC12_2("zEC12.2", 0x2827, 12, 2, "IBM zEnterprise EC12 GA2"),
    ZBC12("zBC12", 0x2828, 12, 2, "IBM zEnterprise BC12 GA1"),
    Z13("z13", 0x2964, 13, 1, "IBM z13 GA1"),
    Z13_2("z13.2", 0x2964, 13, 2, "IBM z13 GA2"),
    Z13S("z13s", 0x2965, 13, 2, "IBM z13s GA1"),
    Z14("z14", 0x3906, 14, 1, "IBM z14 GA1"),
    Z14_2("z14.2", 0x3906, 14, 2, "IBM z14 GA2"),
    Z14ZR1("z14ZR1", 0x3907, 14, 1, "IBM z14 Model ZR1 GA1"),
    GEN15A("gen15a", 0x8561, 15, 1, "IBM z15 T01 GA1"),
    GEN15B("gen15b", 0x8562, 15, 1, "IBM z15 T02 GA1"),
    GEN16A("gen16a", 0x3931, 16, 1, "IBM 3931 GA1"),
    GEN16B("gen16b", 0x3932, 16, 1, "IBM 3932 GA1"),
    GEN17A("gen17a", 0x9175, 17, 1, "IBM 9175 GA1"),
    GEN17B("gen17b", 0x9176, 17, 1, "IBM 9176 GA1");

    private final String text;
    private final int type;
    private final int generation;
    private final int ga;
    private final String description;
    private final ReleaseFeatures features;

    CpuDefinition(String text, int type, int generation, int ga, String description) {
        this.text = text;
        this.type = type;
        this.generation = generation;
        this.ga = ga;
        this.description = description;
        this.features = new ReleaseFeatures(generation, ga);
    }

    /** Returns the definition of a model's name, without {@code -base}; null if there is none. Case matters. */
    public static @Nullable CpuDefinition of(String text) {
        for (CpuDefinition definition : values()) {
            if (definition.text.equals(text)) {
                return definition;
            }
        }
        return null;
    }

    /**
     * Finds the newest definition that a machine fulfils.
     *
     * <p>A definition of the machine's own type is preferred, so that a mid-range machine is not taken for the big one of
     * its generation; only if there is none the newest definition of any type is taken.
     *
     * @param type machine type, for example 0x2827; 0 if unknown
     * @param generation newest generation to look at; 0: the one that the type belongs to, and any GA level
     * @param ga newest GA level of that generation to look at; 0 if unknown
     * @param features what the machine has; a definition fits if none of its base features is missing,
     *     subfunctions of message-security assist aside
     * @return null if not even the first definition fits
     */
    public static @Nullable CpuDefinition find(int type, int generation, int ga, Set<CpuFeature> features) {
        int newest = generation != 0 ? generation : generationOf(type);
        int newestGa = generation != 0 ? ga : 0;
        CpuDefinition sameType = null;
        CpuDefinition last = null;
        for (CpuDefinition definition : values()) {
            boolean tooNew = newest != 0 && (definition.generation > newest
                    || definition.generation == newest && newestGa != 0 && definition.ga > newestGa);
            if (tooNew || !features.containsAll(definition.essentialFeatures())) {
                break;
            }
            if (definition.type == type) {
                sameType = definition;
                if (definition.ga == newestGa) {
                    return definition;
                }
            }
            last = definition;
        }
        return sameType != null ? sameType : last;
    }

    private static int generationOf(int type) {
        for (CpuDefinition definition : values()) {
            if (definition.type == type) {
                return definition.generation;
            }
        }
        return 0;
    }

    /** Subfunctions of message-security assist come and go without making another machine, and so did csske. */
    private Set<CpuFeature> essentialFeatures() {
        EnumSet<CpuFeature> essential = EnumSet.noneOf(CpuFeature.class);
        essential.addAll(features.base());
        essential.removeIf(feature -> feature == CpuFeature.CSSKE
                || feature != CpuFeature.MSA_BASE && FeatureGroup.MSA.members().contains(feature));
        return Collections.unmodifiableSet(essential);
    }

    /** Returns the machine type as hexadecimal digits read, for example 0x2827. */
    public int type() {
        return type;
    }

    /** Returns the generation, 7 (z900) to 17. */
    public int generation() {
        return generation;
    }

    /** Returns the general-availability level within the generation, from 1. */
    public int ga() {
        return ga;
    }

    /** Returns what {@code -cpu help} says. */
    public String description() {
        return description;
    }

    /** Returns what the {@code -base} model has. */
    public Set<CpuFeature> baseFeatures() {
        return features.base();
    }

    /** Returns what the named model has if nothing is switched, in upstream QEMU. */
    public Set<CpuFeature> defaultFeatures() {
        return features.byDefault();
    }

    /** Returns what may be switched on. */
    public Set<CpuFeature> fullFeatures() {
        return features.full();
    }

    /** Returns the name of the model. */
    @Override
    public String toString() {
        return text;
    }
}
