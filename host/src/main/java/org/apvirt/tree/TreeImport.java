// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.HostSetup;
import org.apvirt.machine.MachineFile;
import org.apvirt.machine.SetupWriter;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Makes a machine file out of a tree: cards, domains, masks, drivers, offline devices, mediated devices, the states and patterns of
 * keys, counters. What came out is booted once, and where its tree is not the one that was read, that is said.
 */
public final class TreeImport {
    private static final String BUS = "sys/bus/ap/";
    private static final String CARDS = "sys/devices/ap";
    private static final SortedMap<String, String> DRIVERS = new TreeMap<>(
            Map.of("cex4queue", "zcrypt_cex4", "cex2aqueue",
                    "zcrypt_cex2a", "cex2cqueue", "zcrypt_cex2c", "vfio_ap", "vfio_ap"));
    static final String DRIVER_NAME = "[A-Za-z0-9_-]{1,55}";
    private static final int ROUNDS = 5;

    private final SysTree tree;
    private final Level level;
    private final Set<String> refusals = new LinkedHashSet<>();
    private final Map<String, Integer> depthOffsets = new HashMap<>();

    private TreeImport(SysTree tree, Level level) {
        this.tree = tree;
        this.level = level;
    }

    /**
     * What came out.
     *
     * @param machineFile the text of a machine file
     * @param notTaken what of the tree its kernel refuses, or the machine does not show, one line for each attribute or kind of entry
     */
    public record Imported(String machineFile, List<String> notTaken) {}

    /**
     * Imports a tree.
     *
     * @param name what errors call it
     * @param level the kernel that is to be played, null: the one whose attributes the tree has
     * @throws FileFormatException the tree is no AP bus, or contradicts itself
     */
    public static Imported of(SysTree tree, String name, @Nullable Level level) throws FileFormatException {
        if (!tree.entries().containsKey(CARDS)) {
            throw new FileFormatException(name, tree.entries().containsKey("sys/bus/ap")
                    ? "has /sys/bus/ap, but not /sys/devices/ap, where its links lead: copy that too"
                    : "has no AP bus (name a /sys, or a copy or record of one)");
        }
        return new TreeImport(tree, level != null ? level : levelOf(tree)).run(name);
    }

    private static Level levelOf(SysTree tree) {
        boolean overrides = tree.entries().keySet().stream().anyMatch(path -> path.endsWith("/driver_override")
                && path.startsWith(CARDS));
        boolean features = tree.entries().containsKey(BUS + "features")
                || tree.entries().containsKey("sys/devices/vfio_ap/matrix/features")
                || tree.entries().keySet().stream()
                        .anyMatch(path -> path.matches(CARDS + "/card../[^/]*/ap_functions"));
        boolean devices = tree.entries().containsKey(BUS + "apmask")
                || tree.entries().keySet().stream().anyMatch(path -> path.matches(CARDS + "/card../[^/]{2}[.][^/]{4}"));
        return overrides ? Level.LINUX_7_2 : features || !devices ? Level.LINUX_6_12 : Level.LINUX_6_1;
    }

    private Imported run(String name) throws FileFormatException {
        SysTree probe = played(hardware(), name);
        for (String card : cards()) { // some kernels show one less than there is room for
            String wanted = tree.read(CARDS + '/' + card + "/depth");
            String shown = probe.read(CARDS + '/' + card + "/depth");
            if (wanted != null && shown != null && (wanted + shown).matches("[0-9]{2,4}")) {
                depthOffsets.put(card, Integer.parseInt(wanted) - Integer.parseInt(shown));
            }
        }
        String hardware = hardware();
        HostSetup setup = ImportedHost.of(tree, devices(), refusals);
        SysTree fresh = setUp(hardware, name, MachineFile.parse(hardware + SetupWriter.text(setup), name).setup(),
                null);
        for (String device : devices()) {
            String driver = driver(tree, device);
            if (driver != null && !driver.equals(driver(fresh, device)) && driver.matches(DRIVER_NAME)) {
                setup.drivers().put(device, driver);
            }
            if ("0".equals(tree.read(path(device) + "/online")) && "1".equals(fresh.read(path(device) + "/online"))) {
                setup.offline().add(device);
            }
        }
        for (int round = 0; round < ROUNDS; round++) { // what was left out may be what the next one needs
            List<String> refused = new ArrayList<>();
            SysTree shown = setUp(hardware, name, setup, refused);
            refusals.addAll(refused);
            boolean again = round < 2 && isCountedWhileLookedAt(setup, shown);
            if (refused.isEmpty() && !again) {
                return imported(hardware + SetupWriter.text(setup), shown);
            }
        }
        refusals.add("all that root did to the host: it contradicts itself");
        return imported(hardware, played(hardware, name));
    }

    /** Some attributes are read with requests to the card: it counts those of who looks, here as there; they are taken off once. */
    private boolean isCountedWhileLookedAt(HostSetup setup, SysTree shown) {
        boolean changed = false;
        for (Map.Entry<String, Long> counter : new TreeMap<>(setup.counters()).entrySet()) {
            String wanted = tree.read(path(counter.getKey()) + "/request_count");
            String counted = shown.read(path(counter.getKey()) + "/request_count");
            if (wanted != null && counted != null && (wanted + counted).matches("[0-9]{2,36}")) {
                long off = Long.parseLong(counted) - Long.parseLong(wanted);
                if (off > 0 && off <= counter.getValue()) {
                    setup.counters().put(counter.getKey(), counter.getValue() - off);
                    changed = true;
                }
            }
        }
        return changed;
    }

    private Imported imported(String file, SysTree shown) {
        List<String> notTaken = new ArrayList<>(refusals);
        notTaken.addAll(TreeDifference.of(tree, shown));
        return new Imported(file, notTaken);
    }

    /** Boots the machine and sets it up as far as its kernel agrees; what it refuses is taken out of the setup. */
    private static SysTree setUp(String hardware, String name, HostSetup setup, @Nullable List<String> refused)
            throws FileFormatException {
        MachineFile file = MachineFile.parse(hardware, name);
        SimulatedMachine machine = file.machine().build(new VirtualTime(), true);
        Host host = file.boot(machine);
        List<String> lines = setup.applyWhatIsAccepted(host);
        if (refused != null) {
            refused.addAll(lines);
        }
        return SysTree.of(host, machine);
    }

    /** Returns the tree of a machine file. */
    private static SysTree played(String text, String name) throws FileFormatException {
        MachineFile file = MachineFile.parse(text, name);
        SimulatedMachine machine = file.machine().build(new VirtualTime(), true);
        return SysTree.of(file.boot(machine), machine);
    }

    private List<String> cards() {
        return tree.names(CARDS).stream().filter(name -> name.matches("card[0-9a-f]{2}")).toList();
    }

    private List<String> queues(String card) {
        return tree.names(CARDS + '/' + card).stream().filter(name -> name.matches("[0-9a-f]{2}\\.00[0-9a-f]{2}"))
                .toList();
    }

    List<String> devices() {
        List<String> devices = new ArrayList<>();
        for (String card : cards()) {
            devices.add(card);
            devices.addAll(queues(card));
        }
        return devices;
    }

    static String path(String device) {
        return device.startsWith("card")
                ? CARDS + '/' + device
                : CARDS + "/card" + device.substring(0, 2) + '/' + device;
    }

    /** Returns the driver of a device, null: the tree does not tell, because its links and what needs root were not copied. */
    static @Nullable String driver(SysTree tree, String device) {
        String linked = tree.linked(path(device) + "/driver");
        if (linked != null) {
            return linked;
        }
        String uevent = tree.read(path(device) + "/uevent");
        if (uevent != null && !uevent.isEmpty()) {
            return uevent.lines().filter(line -> line.startsWith("DRIVER="))
                    .map(line -> line.substring("DRIVER=".length()))
                    .findFirst().orElse(HostSetup.NO_DRIVER);
        }
        return tree.entries().containsKey(path(device) + "/subsystem") ? HostSetup.NO_DRIVER : null;
    }

    private String hardware() {
        StringBuilder text = new StringBuilder("level: " + level + "\n");
        List<String> facilities = new ArrayList<>();
        ApMask usage = mask("ap_usage_domain_mask");
        boolean recorded = !tree.entries().containsKey(BUS + "ap_usage_domain_mask"); // devices without their bus
        boolean qci = usage != null || recorded;
        if (qci) {
            facilities.add("qci");
        }
        boolean untold = devices().stream()
                .anyMatch(device -> "0x00000000".equals(tree.read(path(device) + "/ap_functions")));
        if (!untold) {
            facilities.add("apft");
        }
        if (recorded || "1".equals(tree.read(BUS + "ap_interrupts"))) {
            facilities.add("apqi");
        }
        String highest = tree.read(BUS + "ap_max_adapter_id");
        if (highest == null || !highest.equals("63")) {
            facilities.add("apxa");
        }
        text.append("facilities: ").append(facilities).append("\nadapters:\n");
        TreeSet<Integer> seen = new TreeSet<>();
        for (String card : cards()) {
            List<String> refused = new ArrayList<>();
            text.append("  ")
                    .append(ImportedCard.of(tree, CARDS + '/' + card, queues(card), depthOffsets.getOrDefault(card, 0),
                            refused))
                    .append('\n');
            refusals.addAll(refused);
            queues(card).forEach(queue -> seen.add(Integer.parseInt(queue.substring(5), 16)));
        }
        List<Integer> domains = usage != null ? usage.ids().boxed().toList() : List.copyOf(seen);
        text.append("usage-domains: ").append(domains).append('\n');
        ApMask control = mask("ap_control_domain_mask");
        if (control != null && !control.equals(usage)) {
            text.append("control-domains: ").append(control.ids().boxed().toList()).append('\n');
        }
        if ("1".equals(tree.read("sys/firmware/uv/prot_virt_guest"))) {
            text.append("secure-guest: true\n");
        }
        if (tree.entries().containsKey(BUS + "drivers")) {
            text.append("modules: ").append(modules()).append('\n');
        }
        return text.toString();
    }

    /** Returns the modules whose drivers the bus has. */
    private List<String> modules() {
        List<String> modules = new ArrayList<>();
        DRIVERS.forEach((driver, module) -> {
            if (tree.entries().containsKey(BUS + "drivers/" + driver)) {
                modules.add(module);
            }
        });
        return modules;
    }

    private @Nullable ApMask mask(String attribute) {
        String text = tree.read(BUS + attribute);
        try {
            return text == null ? null : ApMask.parseHex(text);
        } catch (IllegalArgumentException e) {
            return null; // not supported: the machine has no QCI
        }
    }
}
