// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The features of a CPU while its properties are being set, one {@code name=value} at a time. QEMU turns each into a
 * global property of the model's type, which is where the beginning of its messages comes from.
 */
final class FeatureSwitches {
    private static final Set<String> NOT_WRITABLE = Set.of("type", "parent_bus", "hotplugged", "hotpluggable", "static",
            "migration-safe", "description", "crash-information");
    private static final Set<String> BOOLEANS = Set.of("realized", "start-powered-off");
    private static final Set<String> TOPOLOGY_NUMBERS = Set.of("socket-id", "book-id", "drawer-id");
    private static final Set<String> ENTITLEMENTS = Set.of("auto", "low", "medium", "high");

    private final QemuVersion version;
    private final CpuModel model;
    private final EnumSet<CpuFeature> features;

    FeatureSwitches(QemuVersion version, CpuModel model) {
        this.version = version;
        this.model = model;
        this.features = EnumSet.noneOf(CpuFeature.class);
        this.features.addAll(model.features());
    }

    Set<CpuFeature> features() {
        return Collections.unmodifiableSet(features);
    }

    void apply(CpuOption.Setting setting) throws CpuModelException {
        String type = model.name() + "-s390x-cpu";
        try {
            set(setting.name(), setting.value(), type);
        } catch (CpuModelException refused) {
            throw new CpuModelException("can't apply global " + type + "." + setting.name() + "=" + setting.value()
                    + ": " + refused.getMessage());
        }
    }

    private void set(String name, String value, String type) throws CpuModelException {
        FeatureGroup group = FeatureGroup.of(name);
        if (group != null && version.knows(group)) {
            // Members of the group that the machine does not have come along; QEMU finds that out when the CPU starts.
            boolean available = !Collections.disjoint(group.members(), model.definition().fullFeatures());
            change(group.members(), isOn(name, value), available, "Group '" + name);
            return;
        }
        CpuFeature feature = CpuFeature.of(name);
        if (feature != null && version.knows(feature)) {
            boolean available = model.definition().fullFeatures().contains(feature);
            change(EnumSet.of(feature), isOn(name, value), available, "Feature '" + name);
            return;
        }
        setOther(name, value, type);
    }

    private void change(Set<CpuFeature> changed, boolean on, boolean available, String what) throws CpuModelException {
        if (!on) {
            features.removeAll(changed);
        } else if (available) {
            features.addAll(changed);
        } else {
            throw new CpuModelException(what + "' is not available for CPU model '" + model.definition()
                    + "', it was introduced with later models.");
        }
    }

    /** A property that every CPU has and that is no feature. */
    private void setOther(String name, String value, String type) throws CpuModelException {
        if (NOT_WRITABLE.contains(name)) {
            throw new CpuModelException("Property '" + type + "." + name + "' is not writable");
        }
        boolean topology = version.has(QemuPolicy.CPU_TOPOLOGY);
        if (BOOLEANS.contains(name) || topology && name.equals("dedicated")) {
            isOn(name, value);
        } else if (topology && TOPOLOGY_NUMBERS.contains(name)) {
            requireNumber(name, value);
        } else if (topology && name.equals("entitlement")) {
            if (!ENTITLEMENTS.contains(value)) {
                throw new CpuModelException("Parameter 'entitlement' does not accept value '" + value + "'");
            }
        } else if (name.equals("core-id")) {
            if (!value.matches("[0-9]{1,9}")) {
                throw new CpuModelException("Parameter 'core-id' expects uint64");
            }
        } else {
            throw new CpuModelException("Property '" + type + "." + name + "' not found");
        }
    }

    private static void requireNumber(String name, String value) throws CpuModelException {
        long number;
        try {
            number = Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new CpuModelException("Parameter '" + name + "' expects int64");
        }
        if (number != (int) number) {
            throw new CpuModelException("Parameter '" + name + "' expects int32_t");
        }
    }

    private static boolean isOn(String name, String value) throws CpuModelException {
        return switch (value) {
            case "on", "yes", "true", "y" -> true;
            case "off", "no", "false", "n" -> false;
            default -> throw new CpuModelException("Parameter '" + name + "' expects 'on' or 'off'");
        };
    }
}
