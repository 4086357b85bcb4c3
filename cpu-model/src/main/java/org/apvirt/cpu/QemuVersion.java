// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.checkerframework.checker.nullness.qual.Nullable;

import static org.apvirt.cpu.QemuPolicy.AP_ON_BY_DEFAULT;
import static org.apvirt.cpu.QemuPolicy.ASTFLEIE2;
import static org.apvirt.cpu.QemuPolicy.CHANGES_VMFD_ON_RESET;
import static org.apvirt.cpu.QemuPolicy.CONFIG_CHANGE_IRQ;
import static org.apvirt.cpu.QemuPolicy.CPU_HINTS;
import static org.apvirt.cpu.QemuPolicy.CPU_TOPOLOGY;
import static org.apvirt.cpu.QemuPolicy.GENERATION_17;
import static org.apvirt.cpu.QemuPolicy.IOMMUFD;
import static org.apvirt.cpu.QemuPolicy.IOMMUFD_LOOKS_AT_ONCE;
import static org.apvirt.cpu.QemuPolicy.JSON_ERRORS_NAME_PLACE;
import static org.apvirt.cpu.QemuPolicy.MACHINE_TYPE_IN_MESSAGE;
import static org.apvirt.cpu.QemuPolicy.MEMORY_BACKEND_SHM;
import static org.apvirt.cpu.QemuPolicy.MIGRATES_VFIO_AP;
import static org.apvirt.cpu.QemuPolicy.RECENT_MACHINE_PROPERTIES;
import static org.apvirt.cpu.QemuPolicy.REQUEST_IRQ;
import static org.apvirt.cpu.QemuPolicy.UNDERSCORE_NAME;
import static org.apvirt.cpu.QemuPolicy.VFIO_NAMES_DEVICE;

/**
 * Which QEMU is played: texts, models and defaults. A constant is one row of policies; code asks for a policy and never
 * for a constant.
 */
public enum QemuVersion {
    /** The QEMU of the 2018 specification. It names no texts, so they are those of QEMU 10.0. */
    SEED("seed", MachineVersions.of("2.9", "7.0", "10.0"), Rows.TEN, AP_ON_BY_DEFAULT, UNDERSCORE_NAME),
    /** QEMU 7.2, the one that Debian 12 ships. */
    V7_2("7.2", MachineVersions.of("2.4", "0.0", "7.2"), List.of()),
    /** QEMU 10.0, the one that Debian 13 ships. */
    V10_0("10.0", MachineVersions.of("2.9", "7.0", "10.0"), Rows.TEN),
    /** QEMU 10.2. */
    V10_2("10.2", MachineVersions.of("5.0", "7.2", "10.2"), Rows.TEN, CONFIG_CHANGE_IRQ),
    /** QEMU 11, as 11.1 is. */
    V11("11", MachineVersions.of("5.2", "8.1", "11.1"), Rows.TEN, CONFIG_CHANGE_IRQ, ASTFLEIE2, IOMMUFD_LOOKS_AT_ONCE,
            CHANGES_VMFD_ON_RESET, JSON_ERRORS_NAME_PLACE),
    /** QEMU 11 with migration of vfio-ap as it was posted: not merged. */
    NEXT("next", MachineVersions.of("5.2", "8.1", "11.1"), Rows.TEN, CONFIG_CHANGE_IRQ, ASTFLEIE2,
            IOMMUFD_LOOKS_AT_ONCE,
            CHANGES_VMFD_ON_RESET, JSON_ERRORS_NAME_PLACE, MIGRATES_VFIO_AP);

    /** What several rows share; of a class of its own, because constants are made before an enum's static fields. */
    private static final class Rows {
        static final List<QemuPolicy> TEN = List.of(GENERATION_17, CPU_TOPOLOGY, CPU_HINTS, MACHINE_TYPE_IN_MESSAGE,
                RECENT_MACHINE_PROPERTIES, MEMORY_BACKEND_SHM, IOMMUFD, VFIO_NAMES_DEVICE, REQUEST_IRQ);
    }

    /** Debian 13's, which a name without minor number means. */
    private static final String SHORT_NAME = "10";
    private static final Pattern PRINTED = Pattern.compile("version ([0-9]+)\\.([0-9]+)");

    private static final Set<CpuFeature> NEW_IN_10 = FeatureList.of("minste4..plo-ext ineff_nc_tx vxeh3..ccf-base "
            + "plo-clo..plo-qsto ptff-qtse kmac-hmac-sha-224..kmac-qai km-full-xts-aes-128..km-qai kimd-qai klmd-qai "
            + "pckmo-aes-xts-128-dk pckmo-aes-xts-256-dk pckmo-hmac-512..pckmo-qai kmctr-qai kmf-qai kmo-qai pcc-qai "
            + "prno-qai kma-qai kdsa-qai appv..pfcr-cststg");

    private final String text;
    private final MachineVersions machines;
    private final Set<QemuPolicy> policies;

    QemuVersion(String text, MachineVersions machines, List<QemuPolicy> shared, QemuPolicy... own) {
        this.text = text;
        this.machines = machines;
        EnumSet<QemuPolicy> all = EnumSet.noneOf(QemuPolicy.class);
        all.addAll(shared);
        all.addAll(Arrays.asList(own));
        this.policies = Collections.unmodifiableSet(all);
    }

    /** Tells whether this QEMU has a policy. */
    public boolean has(QemuPolicy policy) {
        return policies.contains(policy);
    }

    /** Returns the versioned machine types. */
    public MachineVersions machines() {
        return machines;
    }

    /** Tells whether this QEMU knows a feature. */
    public boolean knows(CpuFeature feature) {
        return feature == CpuFeature.ASTFLEIE2 ? has(ASTFLEIE2) : has(GENERATION_17) || !NEW_IN_10.contains(feature);
    }

    /** Tells whether this QEMU knows a group of features. */
    public boolean knows(FeatureGroup group) {
        return group.members().stream().allMatch(this::knows);
    }

    /** Tells whether this QEMU has a model. */
    public boolean knows(CpuDefinition definition) {
        return has(GENERATION_17) || definition.generation() < 17;
    }

    /**
     * Returns the version of a name: {@code seed}, {@code 7.2}, {@code 10.0}, {@code 10.2}, {@code 11} or {@code next};
     * {@code 10} is {@code 10.0}.
     *
     * @throws IllegalArgumentException if there is none, with the names there are
     */
    public static QemuVersion parse(String name) {
        for (QemuVersion version : values()) {
            if (version.text.equals(name.equals(SHORT_NAME) ? V10_0.text : name)) {
                return version;
            }
        }
        throw new IllegalArgumentException("unknown QEMU version '" + name + "' (use " + names() + ")");
    }

    /** Returns the names there are, for a message: {@code seed, 7.2, 10.0, 10.2, 11 or next}. */
    public static String names() {
        List<String> names = Arrays.stream(values()).map(QemuVersion::toString).toList();
        int last = names.size() - 1;
        return names.subList(0, last).stream().collect(Collectors.joining(", ")) + " or " + names.get(last);
    }

    /**
     * Returns the version of which a program says that it is, with {@code --version}.
     *
     * @return null if it is another one: older, newer, or between those there are
     */
    public static @Nullable QemuVersion ofPrinted(String printed) {
        Matcher matcher = PRINTED.matcher(printed);
        if (!matcher.find()) {
            return null;
        }
        String number = matcher.group(1) + "." + matcher.group(2);
        for (QemuVersion version : values()) {
            if (version != SEED && version != NEXT && version.machines.newest().toString().equals(number)) {
                return version;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return text;
    }
}
