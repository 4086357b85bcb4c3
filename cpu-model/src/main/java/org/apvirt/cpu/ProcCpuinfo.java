// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.arch.Printable;

/**
 * What Linux on s390x says in {@code /proc/cpuinfo}: the machine type of each processor and the STFLE bits. It has no
 * GA level and no subfunctions; those of the machine that is found are taken for granted.
 */
public final class ProcCpuinfo {
    private static final Pattern MACHINE = Pattern.compile("machine\\s*[=:]\\s*([0-9A-Fa-f]{4})");
    private static final Pattern FACILITIES = Pattern.compile("^facilities\\s*:\\s*([0-9 ]*)$", Pattern.MULTILINE);

    private final int type;
    private final List<Integer> facilityBits;

    private ProcCpuinfo(int type, List<Integer> facilityBits) {
        this.type = type;
        this.facilityBits = facilityBits;
    }

    /**
     * Reads the text of {@code /proc/cpuinfo}.
     *
     * @throws IllegalArgumentException if it is not that of an s390x machine, with what is missing
     */
    public static ProcCpuinfo parse(String text) {
        Matcher machine = MACHINE.matcher(text);
        if (!machine.find()) {
            throw new IllegalArgumentException("/proc/cpuinfo: no 'machine = TYPE': this is no s390x machine");
        }
        Matcher facilities = FACILITIES.matcher(text);
        if (!facilities.find()) {
            throw new IllegalArgumentException("/proc/cpuinfo: no line 'facilities': the kernel is older than 4.18");
        }
        List<Integer> bits = new ArrayList<>();
        for (String word : group(facilities).strip().split(" +")) {
            if (!word.isEmpty()) {
                bits.add(number(word, 10));
            }
        }
        return new ProcCpuinfo(number(group(machine), 16), List.copyOf(bits));
    }

    private static int number(String digits, int radix) {
        try {
            return Integer.parseInt(digits, radix);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "/proc/cpuinfo: " + Printable.line(digits) + " is no number of a facility or a machine", e);
        }
    }

    private static String group(Matcher matched) {
        String text = matched.group(1);
        return text == null ? "" : text; // both patterns always fill their group
    }

    /**
     * Returns what KVM on this machine offers to guests.
     *
     * @param apInstalled whether the kernel has the AP bus ({@code /sys/bus/ap} exists); no facility bit says so
     * @throws IllegalArgumentException if the machine fulfils no model
     */
    public HostCpu host(QemuVersion version, boolean apInstalled) {
        EnumSet<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        for (CpuFeature feature : CpuFeature.values()) {
            boolean shown = feature.block() == CpuFeature.Block.STFL;
            if (shown ? facilityBits.contains(feature.bit()) : feature != CpuFeature.AP || apInstalled) {
                features.add(feature);
            }
        }
        CpuDefinition definition = CpuDefinition.find(type, 0, 0, features);
        if (definition == null) {
            throw new IllegalArgumentException(
                    String.format("/proc/cpuinfo: machine %04x lacks features that every model has", type));
        }
        features.removeAll(withoutFacility(definition, features));
        return new HostCpu(version, true, definition, features);
    }

    /** Subfunctions of a facility that is not there, and hidden features the model has not by default. */
    private static Set<CpuFeature> withoutFacility(CpuDefinition definition, Set<CpuFeature> features) {
        EnumSet<CpuFeature> gone = EnumSet.noneOf(CpuFeature.class);
        for (CpuFeature feature : features) {
            boolean shown = feature.block() == CpuFeature.Block.STFL || feature == CpuFeature.AP;
            if (!shown && !definition.defaultFeatures().contains(feature)) {
                gone.add(feature);
            }
        }
        for (FeatureGroup group : FeatureGroup.values()) {
            boolean facilityMissing = group.members().stream()
                    .anyMatch(member -> member.block() == CpuFeature.Block.STFL && !features.contains(member));
            if (facilityMissing) {
                gone.addAll(group.members());
            }
        }
        return gone;
    }
}
