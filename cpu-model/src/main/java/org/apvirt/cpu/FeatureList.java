// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Sets of features in writing. Read: names, groups and ranges {@code first..last} in QEMU's order, separated by blanks.
 * Written: the names of the groups that are wholly contained, then the names of the features that no such group covers.
 */
final class FeatureList {
    private FeatureList() {}

    /** Returns the features of a list of names and ranges. */
    static Set<CpuFeature> of(String text) {
        EnumSet<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        for (String word : text.split(" ")) {
            int dots = word.indexOf("..");
            if (dots >= 0) {
                features.addAll(EnumSet.range(feature(word.substring(0, dots)), feature(word.substring(dots + 2))));
            } else if (!word.isEmpty()) {
                features.add(feature(word));
            }
        }
        return Collections.unmodifiableSet(features);
    }

    /** Returns the features of a list in which a word may also name a group; a group goes before a feature. */
    static Set<CpuFeature> ofGroups(String text) {
        EnumSet<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        for (String word : text.split(" ")) {
            FeatureGroup group = FeatureGroup.of(word);
            features.addAll(group != null ? group.members() : of(word));
        }
        return Collections.unmodifiableSet(features);
    }

    private static CpuFeature feature(String name) {
        CpuFeature feature = CpuFeature.of(name);
        if (feature == null) {
            throw new IllegalArgumentException("no feature is named '" + name + "'");
        }
        return feature;
    }

    /** Returns the names: whole groups first, then what is left, both in QEMU's order. */
    static List<String> names(Set<CpuFeature> features, QemuVersion version) {
        EnumSet<CpuFeature> left = EnumSet.noneOf(CpuFeature.class);
        left.addAll(features);
        List<String> names = new ArrayList<>();
        for (FeatureGroup group : FeatureGroup.values()) {
            if (version.knows(group) && features.containsAll(group.members())) {
                names.add(group.toString());
                left.removeAll(group.members());
            }
        }
        left.forEach(feature -> names.add(feature.toString()));
        return names;
    }
}
