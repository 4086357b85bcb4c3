package org.apvirt.cpu;

import java.util.Set;

/**
 * Which QEMU is played: texts, models and defaults. A constant is one row of policies; code asks for a policy and never
 * for a constant.
 */
public enum QemuVersion {
    /** The QEMU of the 2018 specification. It names no texts, so they are those of QEMU 10.2. */
    SEED("seed", new Policies(true, true, true, true, true, false)),
    /** QEMU 7.2, the one that Debian 12 ships. */
    V7_2("7.2", new Policies(false, false, false, false, false, false)),
    /** QEMU 10.0, the one that Debian 13 ships. */
    V10_0("10.0", new Policies(false, false, true, true, true, false)),
    /** QEMU 10.2. */
    V10_2("10.2", new Policies(false, false, true, true, true, true)),
    /** QEMU 11. */
    V11("11", new Policies(false, false, true, true, true, true));

    private static final Set<CpuFeature> NEW_IN_10 = FeatureList.of("minste4..plo-ext ineff_nc_tx vxeh3..ccf-base "
            + "plo-clo..plo-qsto ptff-qtse kmac-hmac-sha-224..kmac-qai km-full-xts-aes-128..km-qai kimd-qai klmd-qai "
            + "pckmo-aes-xts-128-dk pckmo-aes-xts-256-dk pckmo-hmac-512..pckmo-qai kmctr-qai kmf-qai kmo-qai pcc-qai "
            + "prno-qai kma-qai kdsa-qai appv..pfcr-cststg");

    /**
     * One row.
     *
     * @param apOnByDefault models from zEC12 on have ap, apqci and apft without being asked, as far as the host offers
     *     them
     * @param underscoreName {@code vfio_ap} names the device {@code vfio-ap} too
     * @param generation17 the models gen17a and gen17b and the features that came after 7.2 exist
     * @param recentTexts error texts and hints are those of QEMU 10, and vfio-ap has the properties iommufd and fd
     * @param requestIrq vfio-ap listens for the host wanting the mdev back
     * @param configChangeIrq vfio-ap listens for changes of the guest's masks
     */
    public record Policies(boolean apOnByDefault, boolean underscoreName, boolean generation17, boolean recentTexts,
            boolean requestIrq, boolean configChangeIrq) {}

    private final String text;
    private final Policies policies;

    QemuVersion(String text, Policies policies) {
        this.text = text;
        this.policies = policies;
    }

    /** Returns the row. */
    public Policies policies() {
        return policies;
    }

    /** Tells whether this QEMU knows a feature. */
    public boolean knows(CpuFeature feature) {
        return policies.generation17 || !NEW_IN_10.contains(feature);
    }

    /** Tells whether this QEMU knows a group of features. */
    public boolean knows(FeatureGroup group) {
        return group.members().stream().allMatch(this::knows);
    }

    /** Tells whether this QEMU has a model. */
    public boolean knows(CpuDefinition definition) {
        return policies.generation17 || definition.generation() < 17;
    }

    /**
     * Returns the version of a name: {@code seed}, {@code 7.2}, {@code 10.0}, {@code 10.2} or {@code 11}; {@code 10} is
     * {@code 10.0}.
     *
     * @throws IllegalArgumentException if there is none, with the names there are
     */
    public static QemuVersion parse(String name) {
        for (QemuVersion version : values()) {
            if (version.text.equals(name) || name.equals("10") && version == V10_0) {
                return version;
            }
        }
        throw new IllegalArgumentException("unknown QEMU version '" + name + "' (use seed, 7.2, 10.0, 10.2 or 11)");
    }

    @Override
    public String toString() {
        return text;
    }
}
