// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The CPU of one guest: a machine and the features that are on. Immutable; made by {@link HostCpu#model(String)}.
 */
public final class CpuModel {
    private final String name;
    private final CpuDefinition definition;
    private final Set<CpuFeature> features;

    CpuModel(String name, CpuDefinition definition, Set<CpuFeature> features) {
        this.name = name;
        this.definition = definition;
        EnumSet<CpuFeature> copy = EnumSet.noneOf(CpuFeature.class);
        copy.addAll(features);
        this.features = Collections.unmodifiableSet(copy);
    }

    /** Returns the name that was asked for, for example {@code zEC12-base} or {@code host}. */
    public String name() {
        return name;
    }

    /** Returns the machine. */
    public CpuDefinition definition() {
        return definition;
    }

    /** Returns the features that are on. */
    public Set<CpuFeature> features() {
        return features;
    }

    /** Tells whether a feature is on. */
    public boolean has(CpuFeature feature) {
        return features.contains(feature);
    }

    /** Returns what STFLE stores in the guest, bits 0..255. */
    public Facilities facilities() {
        Facilities facilities = Facilities.NONE;
        for (CpuFeature feature : features) {
            if (feature.block() == CpuFeature.Block.STFL && feature.bit() < ApMask.BITS) {
                facilities = facilities.with(feature.bit());
            }
        }
        return facilities;
    }

    /** Returns QEMU's warnings about features that lack what they require, in its order. */
    public List<String> warnings() {
        return FeatureDependency.warnings(features);
    }

    /** Two models are equal if machine and features are; the name asked for does not count. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CpuModel model && definition == model.definition && features.equals(model.features);
    }

    @Override
    public int hashCode() {
        return Objects.hash(definition, features);
    }

    @Override
    public String toString() {
        return name + " with " + features;
    }
}
