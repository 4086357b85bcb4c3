// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import org.apvirt.arch.Facilities;

/**
 * What a host offers to guests: the accelerator, the newest machine it can play and the features it has. It turns a
 * {@code -cpu} argument into a {@link CpuModel} and says whether it can run one.
 *
 * @param version whose rules and texts hold
 * @param kvm whether guests run under KVM; else under TCG, QEMU's own interpreter, which has no AP
 * @param definition the newest machine a guest can be
 * @param features what a guest can have
 */
public record HostCpu(QemuVersion version, boolean kvm, CpuDefinition definition, Set<CpuFeature> features) {
    private static final Set<CpuFeature> TCG_FEATURES = FeatureList.ofGroups("plo esan3 zarch dateh idtes stfle srs "
            + "etf2 msa-base ldisp ldisphp eimm etf3 etf2eh stckf mvcos etf3eh ectg csst csst2 ginste exrl fpe sprogp "
            + "fpseh stfle45 stfle49 ltlbc iacc2 stfle53 msa5-base minste2 minste3 zpci aen ais aefsi msa3-base "
            + "msa4-base vx iep sea_esop2 vxeh msa8-base vxeh2 esop kimd-sha-512 klmd-sha-512 prno-trng");
    private static final Set<CpuFeature> SEED_DEFAULTS = FeatureList.of("ap apqci apft");

    /** Keeps of the features only those that the machine may have and this QEMU knows. */
    public HostCpu {
        EnumSet<CpuFeature> offered = EnumSet.noneOf(CpuFeature.class);
        offered.addAll(features);
        offered.retainAll(definition.fullFeatures());
        offered.removeIf(feature -> !version.knows(feature));
        features = Collections.unmodifiableSet(offered);
    }

    /** Returns what TCG offers, on any computer: a z15 less what QEMU does not interpret. */
    public static HostCpu tcg(QemuVersion version) {
        return new HostCpu(version, false, CpuDefinition.GEN15A, TCG_FEATURES);
    }

    /**
     * Returns what KVM offers on a machine of which only the AP side is known: the default features of its model, and
     * the AP features that the machine has.
     *
     * @param facilities what STFLE reports on the host; bits 12, 15 and 65 count
     * @param apInstalled whether the host's kernel can execute AP instructions
     */
    public static HostCpu kvm(QemuVersion version, CpuDefinition definition, Facilities facilities,
            boolean apInstalled) {
        EnumSet<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        features.addAll(definition.defaultFeatures());
        if (apInstalled) {
            features.add(CpuFeature.AP);
        }
        for (CpuFeature feature : FeatureList.of("apqci apft apqi")) {
            if (facilities.has(feature.bit())) {
                features.add(feature);
            }
        }
        return new HostCpu(version, true, definition, features);
    }

    /** Returns the model of a guest started without {@code -cpu}: the host's under KVM, {@code qemu} under TCG. */
    public CpuModel defaultModel() {
        return kvm ? host("host") : host("qemu");
    }

    /** Returns the model that has all that the host offers. */
    private CpuModel host(String name) {
        return new CpuModel(name, definition, features);
    }

    /**
     * Returns the model that an argument of {@code -cpu} means, for example {@code zEC12,ap=on}.
     *
     * @throws CpuModelException what QEMU says: no such model, a malformed part, no such property, a value that is not
     *     on or off, a feature that came with later models
     */
    public CpuModel model(String option) throws CpuModelException {
        CpuOption parsed = CpuOption.parse(option);
        CpuModel model = named(parsed.model());
        if (parsed.malformed() != null) {
            throw new CpuModelException("Expected key=value format, found " + parsed.malformed() + ".");
        }
        FeatureSwitches switches = new FeatureSwitches(version, model);
        for (CpuOption.Setting setting : parsed.settings()) {
            switches.apply(setting);
        }
        return new CpuModel(model.name(), model.definition(), switches.features());
    }

    private CpuModel named(String name) throws CpuModelException {
        switch (name) {
            case "max" :
                return host(name);
            case "host" :
                if (kvm) {
                    return host(name);
                }
                break; // only a QEMU with KVM has this model
            case "qemu" :
                return new CpuModel(name, CpuDefinition.GEN15A, TCG_FEATURES);
            default :
                break;
        }
        boolean base = name.endsWith("-base");
        CpuDefinition named = CpuDefinition.of(base ? name.substring(0, name.length() - "-base".length()) : name);
        if (named == null || !version.knows(named)) {
            throw new CpuModelException("unable to find CPU model '" + name + "'");
        }
        return new CpuModel(name, named, base ? named.baseFeatures() : defaultsOf(named));
    }

    /** Differs from QEMU at the version of the specification: there the AP features come by themselves. */
    private Set<CpuFeature> defaultsOf(CpuDefinition named) {
        EnumSet<CpuFeature> defaults = EnumSet.noneOf(CpuFeature.class);
        defaults.addAll(named.defaultFeatures());
        if (version.has(QemuPolicy.AP_ON_BY_DEFAULT)) {
            for (CpuFeature feature : SEED_DEFAULTS) {
                if (features.contains(feature) && named.fullFeatures().contains(feature)) {
                    defaults.add(feature);
                }
            }
        }
        return defaults;
    }

    /**
     * Checks that this host can run a model. Warnings are another matter: see {@link CpuModel#warnings()}.
     *
     * @throws CpuModelException what QEMU says: generation too new, GA level too new, features not available
     */
    public void requireRunnable(CpuModel model) throws CpuModelException {
        CpuDefinition wanted = model.definition();
        if (wanted.generation() > definition.generation()) {
            throw tooNew("CPU generation");
        }
        if (wanted.generation() == definition.generation() && wanted.ga() > definition.ga()) {
            throw tooNew("CPU GA level");
        }
        EnumSet<CpuFeature> missing = EnumSet.noneOf(CpuFeature.class);
        missing.addAll(model.features());
        missing.removeAll(features);
        if (missing.isEmpty()) {
            return;
        }
        List<String> names = new ArrayList<>(FeatureList.names(missing, version));
        Collections.reverse(names); // QEMU puts each name before those it has
        throw new CpuModelException(
                "Some features requested in the CPU model are not available in the " + configuration() + ": "
                        + String.join(" ", names) + "  ",
                version.has(QemuPolicy.CPU_HINTS) ? "Consider a different accelerator, QEMU, or kernel version" : null);
    }

    private CpuModelException tooNew(String what) {
        return new CpuModelException(
                "Selected " + what + " is too new. Maximum supported model in the " + configuration() + ": '"
                        + definition + "'",
                version.has(QemuPolicy.CPU_HINTS)
                        ? "Consider a different accelerator, try \"-accel help\""
                        : null);
    }

    private String configuration() {
        return version.has(QemuPolicy.CPU_HINTS) ? "current configuration" : "configuration";
    }
}
