// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.AttributeFault;
import org.apvirt.host.BuildOption;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.AssociationSecret;
import org.apvirt.sim.Fault;
import org.apvirt.sim.MachineSpec;
import org.apvirt.zcrypt.ZcryptQuirk;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads machine files. */
public final class MachineReader {
    /** The keys of a machine file. */
    public static final List<String> KEYS = List.of("level", "qemu", "facilities", "adapters", "usage-domains",
            "control-domains", "secure-guest", "secrets", "kernel-options", "modules", "faults",
            "apvirt-administration", "host");
    private static final List<String> FACILITIES = List.of("qci", "apft", "apqi", "apxa");
    private static final List<String> MODULES = List.of("rng_core", "zcrypt", "zcrypt_cex4", "zcrypt_cex2a",
            "zcrypt_cex2c", "zcrypt_pcixcc", "mdev", "vfio_ap");
    private static final List<String> BUILD_OPTIONS = Arrays.stream(BuildOption.values()).map(BuildOption::name)
            .toList();

    private final DocumentNode root;
    private final @Nullable Level instead;

    /**
     * A reader of one document.
     *
     * @param instead the level to play, whichever the document names; null: that one. What depends on it follows it
     */
    public MachineReader(DocumentNode root, @Nullable Level instead) {
        this.root = root;
        this.instead = instead;
    }

    MachineFile machineFile() throws FileFormatException {
        return machineFile(root.map("a machine file", KEYS));
    }

    /** Returns the QEMU that a distribution ships with a kernel. */
    private static QemuVersion usualQemu(Level level) {
        return switch (level) {
            case SEED -> QemuVersion.SEED;
            case LINUX_6_1 -> QemuVersion.V7_2;
            case LINUX_6_12 -> QemuVersion.V10_0;
            case LINUX_7_2, LINUX_7_3 -> QemuVersion.V11;
            case NEXT -> QemuVersion.NEXT;
        };
    }

    /** Reads the machine's part of a map that may have further keys. */
    public MachineFile machineFile(Map<String, Entry> map) throws FileFormatException {
        Level named = DocumentNode.read(map, "level", Level.SEED, MachineReader::level);
        Level level = instead != null ? instead : named;
        QemuVersion qemu = DocumentNode.read(map, "qemu", usualQemu(level), node -> node.named(QemuVersion::parse));
        List<String> names = DocumentNode.read(map, "facilities", FACILITIES,
                node -> words(node, "facility", FACILITIES));
        boolean apxa = names.contains("apxa");
        SortedMap<Integer, AdapterSpec> adapters = new TreeMap<>();
        Entry adapterMap = map.get("adapters");
        if (adapterMap != null) {
            for (Entry adapter : adapterMap.value().map("adapters").values()) {
                int apid = adapter.key().number("adapter", 0, 255);
                if (adapters.containsKey(apid)) {
                    throw adapter.key().error("duplicate adapter " + adapter.key().text());
                }
                adapters.put(apid, AdapterReader.read(apid, adapter.value()));
            }
        }
        SortedMap<Apqn, Integer> standing = new TreeMap<>();
        List<Fault> ofInstructions = new ArrayList<>();
        List<AttributeFault> ofAttributes = new ArrayList<>();
        for (PlannedFault fault : faults(map)) {
            switch (fault) {
                case PlannedFault.OnInstruction it -> ofInstructions.add(it.fault());
                case PlannedFault.Standing it -> standing.put(it.apqn(), it.response());
                case PlannedFault.OnAttribute it -> ofAttributes.add(it.fault());
            }
        }
        Entry control = map.get("control-domains");
        boolean secure = DocumentNode.read(map, "secure-guest", false, node -> node.truth("secure-guest"));
        MachineSpec machine = new MachineSpec(true, facilities(names), apxa,
                ApConfigInfo.APSC | (apxa ? ApConfigInfo.APXA : 0) | (secure ? ApConfigInfo.APSB : 0), 255, 255,
                adapters,
                DocumentNode.read(map, "usage-domains", ApMask.NONE, node -> HardwareReader.ids("domain", node)),
                control == null || control.value().isNull()
                        ? null
                        : HardwareReader.ids("control domain", control.value()),
                standing, 0, List.copyOf(ofInstructions), secure,
                secure ? secrets(map) : withoutSecrets(map), DocumentNode.read(map, "apvirt-administration", false,
                        node -> node.truth("apvirt-administration")));
        return new MachineFile(level, qemu, machine,
                DocumentNode.read(map, "modules", defaultModules(level), node -> words(node, "module", MODULES)),
                List.copyOf(ofAttributes), setup(map), built(map));
    }

    private static @Nullable List<AssociationSecret> withoutSecrets(Map<String, Entry> map) throws FileFormatException {
        Entry entry = map.get("secrets");
        if (entry != null) {
            throw entry.key().error("only a secure guest has secrets (add secure-guest: true)");
        }
        return null;
    }

    /** Reads the names of secrets, or their ids of 64 hex digits; null: there is no such list. */
    static @Nullable List<AssociationSecret> secrets(Map<String, Entry> map) throws FileFormatException {
        Entry entry = map.get("secrets");
        if (entry == null || entry.value().isNull()) {
            return null;
        }
        List<AssociationSecret> secrets = new ArrayList<>();
        for (DocumentNode item : entry.value().list("secrets")) {
            AssociationSecret secret = AssociationSecret.named(item.text());
            if (secrets.contains(secret)) {
                throw item.error("duplicate secret '" + item.text() + "'");
            }
            if (secrets.size() == AssociationSecret.MOST) {
                throw item.error("more than " + AssociationSecret.MOST + " secrets");
            }
            secrets.add(secret);
        }
        return List.copyOf(secrets);
    }

    private static Set<BuildOption> built(Map<String, Entry> map) throws FileFormatException {
        Set<BuildOption> built = EnumSet.noneOf(BuildOption.class);
        for (String name : DocumentNode.read(map, "kernel-options", List.<String>of(),
                node -> words(node, "kernel option", BUILD_OPTIONS))) {
            built.add(BuildOption.valueOf(name));
        }
        return Set.copyOf(built);
    }

    private static List<String> defaultModules(Level level) {
        List<String> modules = new ArrayList<>(HostOptions.ALL_MODULES);
        if (level.has(ApQuirk.OLD_CARDS)) {
            modules.addAll(List.of("zcrypt_cex2a",
                    level.has(ZcryptQuirk.PCIXCC_DRIVERS) ? "zcrypt_pcixcc" : "zcrypt_cex2c"));
        }
        return modules;
    }

    public static Level level(DocumentNode node) throws FileFormatException {
        return node.named(Level::parse);
    }

    private static Facilities facilities(List<String> names) {
        Facilities facilities = Facilities.of(Facilities.MSA3);
        facilities = names.contains("qci") ? facilities.with(Facilities.QCI) : facilities;
        facilities = names.contains("apft") ? facilities.with(Facilities.APFT) : facilities;
        return names.contains("apqi") ? facilities.with(Facilities.APQI) : facilities;
    }

    private static List<String> words(DocumentNode node, String what, List<String> allowed)
            throws FileFormatException {
        List<String> words = new ArrayList<>();
        for (DocumentNode item : node.list(what + " list")) {
            String word = item.word(what, allowed);
            if (words.contains(word)) {
                throw item.error("duplicate " + what + " '" + word + "'");
            }
            words.add(word);
        }
        return List.copyOf(words);
    }

    private static HostSetup setup(Map<String, Entry> map) throws FileFormatException {
        Entry entry = map.get("host");
        return entry == null ? HostSetup.none() : SetupReader.read(entry);
    }

    private static List<PlannedFault> faults(Map<String, Entry> map) throws FileFormatException {
        List<PlannedFault> faults = new ArrayList<>();
        Entry entry = map.get("faults");
        if (entry != null) {
            for (DocumentNode fault : entry.value().list("faults")) {
                faults.add(FaultReader.readOfFile(fault));
            }
        }
        return faults;
    }
}
