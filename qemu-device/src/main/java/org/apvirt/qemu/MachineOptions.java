// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuPolicy;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the options {@code -machine}, {@code -accel} and {@code -enable-kvm} choose: the machine and the accelerator.
 */
final class MachineOptions {
    private static final Set<String> PROPERTIES = Set.of("aes-key-wrap", "append", "boot",
            "confidential-guest-support", "dea-key-wrap", "dt-compatible", "dtb", "dump-guest-core", "dumpdtb",
            "firmware", "graphics", "initrd", "kernel", "loadparm", "mem-merge", "memory-backend", "memory-encryption",
            "memory", "phandle-start", "smp", "suppress-vmdesc", "usb", "type", "accel");
    private static final Set<String> RECENT_PROPERTIES = Set.of("aux-ram-share", "shim", "smp-cache");
    /** Of accelerators, which {@code -machine} takes and hands on to theirs. */
    private static final Set<String> OF_ACCELERATORS = Set.of("igd-passthru", "kernel-irqchip", "kvm-shadow-mem");
    /** What has members, each of which may be named on its own: {@code smp.cpus=2}. */
    private static final Set<String> STRUCTURES = Set.of("boot", "memory", "smp");
    private static final String CHANGE_VMFD = "x-change-vmfd-on-reset";
    private static final String S390 = "s390-ccw-virtio";

    private final QemuHost host;
    private final QemuCommandLine line;
    private final QemuMessages messages;
    private final Map<String, String> values = new LinkedHashMap<>();

    MachineOptions(QemuHost host, QemuCommandLine line, QemuMessages messages) {
        this.host = host;
        this.line = line;
        this.messages = messages;
    }

    /** Reads the arguments of {@code -machine}; those of several add up. */
    void read(QemuOption option) throws QemuException {
        boolean first = true;
        for (String part : option.text().split(",")) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                values.put(part.substring(0, equals).replace('_', '-'), part.substring(equals + 1));
            } else if (part.isEmpty() && !option.text().isEmpty()) {
                throw new QemuException("Invalid parameter ''");
            } else if (!first) {
                throw new QemuException("Expected '=' after parameter '" + part + "'");
            } else if (!part.isEmpty()) {
                values.put("type", part);
            }
            first = false;
        }
    }

    /** Tells whether the machine has CPUs and devices: the machine {@code none} has not. */
    boolean isS390() {
        return !"none".equals(values.get("type"));
    }

    /** Returns the name of the machine as QEMU writes it in full. */
    private String typeInFull() {
        String type = values.getOrDefault("type", S390);
        return type.equals(S390) ? S390 + "-" + host.version().machines().newest() : type;
    }

    /** Checks that there is such a machine. */
    void checkType() throws QemuException {
        String type = values.getOrDefault("type", S390);
        if (!type.equals("none") && !isKnownMachine(type)) {
            throw new QemuException(
                    host.version().has(QemuPolicy.MACHINE_TYPE_IN_MESSAGE)
                            ? "unsupported machine type: \"" + type + "\""
                            : "unsupported machine type",
                    "Use -machine help to list supported machines");
        }
    }

    /** Checks the properties: their names, and the values of switches. */
    void checkProperties() throws QemuException {
        for (Map.Entry<String, String> property : values.entrySet()) {
            String name = property.getKey();
            if (!isKnownProperty(name)) {
                throw new QemuException(
                        "Property '" + typeInFull() + "-machine." + name.split("[.]", 2)[0] + "' not found");
            }
            boolean isSwitch = name.endsWith("-key-wrap") || name.equals("usb") || name.equals("aux-ram-share")
                    || name.equals(CHANGE_VMFD);
            if (isSwitch && !OptionText.isOn(property.getValue()) && !OptionText.isOff(property.getValue())) {
                throw new QemuException("Parameter '" + name + "' expects 'on' or 'off'");
            }
        }
    }

    private boolean isKnownMachine(String type) {
        return type.equals(S390) || type.startsWith(S390 + "-")
                && host.version().machines().has(type.substring(S390.length() + 1));
    }

    private boolean isKnownProperty(String name) {
        int dot = name.indexOf('.');
        return PROPERTIES.contains(name) || OF_ACCELERATORS.contains(name)
                || dot > 0 && STRUCTURES.contains(name.substring(0, dot))
                || RECENT_PROPERTIES.contains(name) && host.version().has(QemuPolicy.RECENT_MACHINE_PROPERTIES)
                || name.equals(CHANGE_VMFD) && host.version().has(QemuPolicy.CHANGES_VMFD_ON_RESET);
    }

    /** Warns of a machine type that will not be there for long. */
    void warn() {
        String type = values.getOrDefault("type", S390);
        if (type.startsWith(S390 + "-") && host.version().machines().isDeprecated(type.substring(S390.length() + 1))) {
            messages.report("warning: Machine type '" + type
                    + "' is deprecated: machines more than 3 years old are subject to deletion after 6 years");
        }
    }

    /** Tells whether a key-wrapping property is on; it is unless it is switched off. */
    boolean keyWrap(String name) {
        return !OptionText.isOff(values.getOrDefault(name, "on"));
    }

    /** An accelerator in question and the option that names it. */
    private record Candidate(String name, QemuOption.Place place) {}

    /**
     * Chooses the accelerator: the first of those named that there is.
     *
     * @return what it offers to guests; null if none of those named is there, which has been printed
     */
    @Nullable
    HostCpu accelerator() throws QemuException {
        List<Candidate> candidates = candidates();
        if (candidates.isEmpty()) {
            HostCpu kvm = host.kvm();
            return kvm != null && host.kvmByDefault() ? kvm : HostCpu.tcg(host.version());
        }
        boolean fellBack = false;
        for (Candidate candidate : candidates) {
            HostCpu chosen = offered(candidate.name);
            if (chosen != null) {
                if (fellBack) {
                    messages.report("falling back to " + candidate.name);
                }
                return chosen;
            }
            fellBack = true;
            messages.report(candidate.place, new QemuException("invalid accelerator " + candidate.name));
        }
        return null;
    }

    private @Nullable HostCpu offered(String accelerator) {
        return switch (accelerator) {
            case "tcg" -> HostCpu.tcg(host.version());
            case "kvm" -> host.kvm();
            default -> null;
        };
    }

    private List<Candidate> candidates() throws QemuException {
        List<QemuOption> options = line.all("accel", "accel");
        String inMachine = line.last("enable-kvm") != null ? "kvm" : values.get("accel");
        List<Candidate> candidates = new ArrayList<>();
        if (inMachine != null) {
            if (!options.isEmpty()) {
                throw new QemuException("The -accel and \"-machine accel=\" options are incompatible");
            }
            if (inMachine.isEmpty()) {
                throw new QemuException("no accelerator found");
            }
            for (String name : inMachine.split(":")) {
                candidates.add(new Candidate(name, QemuOption.Place.NONE));
            }
        }
        for (QemuOption option : options) {
            String name = OptionText.parse(option.text(), "accel").value("accel");
            candidates.add(new Candidate(name == null ? "" : name, option.place()));
        }
        return candidates;
    }
}
