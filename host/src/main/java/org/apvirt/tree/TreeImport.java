// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
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
    private static final String MATRIX = "sys/devices/vfio_ap/matrix";
    private static final SortedMap<String, String> DRIVERS = new TreeMap<>(
            Map.of("cex4queue", "zcrypt_cex4", "cex2aqueue",
                    "zcrypt_cex2a", "cex2cqueue", "zcrypt_cex2c", "vfio_ap", "vfio_ap"));
    private static final int MODES = 0x1c00_0000; // CCA, accelerator, EP11
    private static final List<String> ATTRIBUTES = List.of("apmask", "aqmask", "ap_domain", "config_time",
            "poll_thread", "poll_timeout");
    /** What has another value each time that somebody looks, or is the business of who watches. */
    private static final List<String> PASSING = List.of("scans", "bindings_complete_count", "uevent", "request_count");
    private static final List<String> COMPARED = List.of(BUS, CARDS + '/', MATRIX + '/');

    private final SysTree tree;
    private final Level level;
    private final HostSetup setup = HostSetup.none();
    private int depthOffset;

    private TreeImport(SysTree tree, Level level) {
        this.tree = tree;
        this.level = level;
    }

    /**
     * What came out.
     *
     * @param machineFile the text of a machine file
     * @param notTaken what of the tree the machine does not show, one line for each attribute or kind of entry
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
            throw new FileFormatException(name, "has no AP bus (name a /sys, or a copy or record of one)");
        }
        return new TreeImport(tree, level != null ? level : levelOf(tree)).run(name);
    }

    private static Level levelOf(SysTree tree) {
        boolean overrides = tree.entries().keySet().stream().anyMatch(path -> path.endsWith("/driver_override")
                && path.startsWith(CARDS));
        boolean features = tree.entries().containsKey(BUS + "features");
        return overrides
                ? Level.LINUX_7_2
                : features || !tree.entries().containsKey(BUS + "apmask") ? Level.LINUX_6_12 : Level.LINUX_6_1;
    }

    private Imported run(String name) throws FileFormatException {
        SysTree probe = played(hardware(), name);
        for (String card : cards()) { // some kernels show one less than there is room for
            String wanted = tree.read(CARDS + '/' + card + "/depth");
            String shown = probe.read(CARDS + '/' + card + "/depth");
            if (wanted != null && shown != null && (wanted + shown).matches("[0-9]{2,4}")) {
                depthOffset = Integer.parseInt(wanted) - Integer.parseInt(shown);
            }
        }
        String hardware = hardware();
        setUp();
        String file = hardware + SetupWriter.text(setup);
        SysTree fresh = played(file, name);
        for (String device : devices()) {
            String driver = driver(tree, device);
            if (!driver.equals(driver(fresh, device))) {
                setup.drivers().put(device, driver);
            }
        }
        file = hardware + SetupWriter.text(setup);
        return new Imported(file, difference(played(file, name)));
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

    private List<String> devices() {
        List<String> devices = new ArrayList<>();
        for (String card : cards()) {
            devices.add(card);
            devices.addAll(queues(card));
        }
        return devices;
    }

    private static String path(String device) {
        return device.startsWith("card")
                ? CARDS + '/' + device
                : CARDS + "/card" + device.substring(0, 2) + '/' + device;
    }

    private static String driver(SysTree tree, String device) {
        String driver = tree.linked(path(device) + "/driver");
        return driver == null ? HostSetup.NO_DRIVER : driver;
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
            text.append("  ").append(card(card)).append('\n');
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
        if (!recorded) {
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

    private String card(String card) {
        String path = CARDS + '/' + card + '/';
        int apid = Integer.parseInt(card.substring(4), 16);
        String type = tree.read(path + "type");
        int functions = functions(tree.read(path + "ap_functions"));
        if (type == null || !type.matches("CEX[2-8][ACP]")) {
            String hwtype = tree.read(path + "hwtype");
            int number = hwtype != null && hwtype.matches("[0-9]{1,2}") ? Integer.parseInt(hwtype) : 0;
            char mode = (functions & 0x0800_0000) != 0 ? 'A' : (functions & 0x0400_0000) != 0 ? 'P' : 'C';
            type = "CEX" + Math.max(2, Math.min(8, number - 6)) + mode;
        }
        StringBuilder text = new StringBuilder(apid + ": {type: " + type);
        int mode = switch (type.charAt(4)) {
            case 'A' -> 0x0800_0000;
            case 'P' -> 0x0400_0000;
            default -> 0x1000_0000;
        };
        if ((functions & MODES & ~mode) != 0) {
            functions = functions & ~MODES | mode; // a machine file has one mode for a card
        }
        if (functions != 0) {
            text.append(String.format(", functions: 0x%08x", functions & 0xffff_0000));
        }
        String depth = tree.read(path + "depth");
        if (depth != null && depth.matches("[0-9]{1,2}")) {
            text.append(", depth: ").append(Math.max(1, Math.min(32, Integer.parseInt(depth) + depthOffset)));
        }
        String serial = tree.read(path + "serialnr");
        if (serial != null && serial.matches("[ !#-\\[\\]-~]{1,16}")) {
            text.append(", serial: \"").append(serial).append('"');
        }
        text.append(", config: ").append(!"0".equals(tree.read(path + "config"))).append(", checkstop: ")
                .append("1".equals(tree.read(path + "chkstop")));
        Map<Integer, String> keys = new TreeMap<>();
        for (String queue : queues(card)) {
            String registers = ImportedKeys.of(tree.read(path + queue + "/mkvps"), type.endsWith("P"));
            if (!registers.isEmpty()) {
                keys.put(Integer.parseInt(queue.substring(5), 16), registers);
            }
        }
        if (!keys.isEmpty()) {
            List<String> domains = new ArrayList<>();
            keys.forEach((domain, registers) -> domains.add(domain + ": {" + registers + '}'));
            text.append(type.endsWith("P") ? ", wrapping-keys: {" : ", master-keys: {")
                    .append(String.join(", ", domains)).append('}');
        }
        return text.append('}').toString();
    }

    private static int functions(@Nullable String text) {
        return text != null && text.matches("0x[0-9A-Fa-f]{8}") ? Integer.parseUnsignedInt(text.substring(2), 16) : 0;
    }

    private void setUp() {
        for (String name : ATTRIBUTES) {
            String text = tree.read(BUS + name);
            if (text != null && !text.startsWith("-")) {
                setup.attributes().put(name, text);
            }
        }
        for (String device : devices()) {
            String path = path(device) + '/';
            boolean usable = !"0".equals(tree.read(path + "config")) && !"1".equals(tree.read(path + "chkstop"));
            if ("0".equals(tree.read(path + "online")) && usable) {
                setup.offline().add(device);
            }
            String requests = tree.read(path + "request_count");
            if (requests != null && requests.matches("[1-9][0-9]{0,17}")) {
                setup.counters().put(device, Long.parseLong(requests));
            }
            String override = tree.read(path + "driver_override");
            if (override != null && !override.isEmpty() && !override.equals("(null)")) {
                setup.overrides().put(device, override);
            }
        }
        for (String uuid : tree.names(MATRIX)) {
            if (uuid.matches("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
                setup.mdevs().put(uuid, mdev(MATRIX + '/' + uuid + '/'));
            }
        }
    }

    private HostSetup.Mdev mdev(String path) {
        ApMask adapters = ApMask.NONE;
        ApMask domains = ApMask.NONE;
        ApMask control = ApMask.NONE;
        for (String line : lines(path + "matrix")) {
            if (line.matches("(?:[0-9a-f]{2})?\\.(?:[0-9a-f]{4})?")) {
                int dot = line.indexOf('.');
                adapters = dot > 0 ? adapters.with(Integer.parseInt(line.substring(0, dot), 16)) : adapters;
                domains = line.length() > dot + 1
                        ? domains.with(Integer.parseInt(line.substring(dot + 3), 16))
                        : domains;
            }
        }
        for (String line : lines(path + "control_domains")) {
            control = line.matches("00[0-9a-f]{2}") ? control.with(Integer.parseInt(line, 16)) : control;
        }
        return new HostSetup.Mdev(adapters, domains, control);
    }

    private List<String> lines(String path) {
        String text = tree.read(path);
        return text == null ? List.of() : text.lines().toList();
    }

    /** Returns what of the tree that was read another one does not have, by the last name of its paths. */
    private List<String> difference(SysTree shown) {
        SortedMap<String, List<String>> byName = new TreeMap<>();
        tree.entries().forEach((path, entry) -> {
            String name = path.substring(path.lastIndexOf('/') + 1);
            boolean compared = COMPARED.stream().anyMatch(path::startsWith) && !PASSING.contains(name);
            if (compared && !same(entry, shown.entries().get(path))) {
                byName.computeIfAbsent(name, fresh -> new ArrayList<>()).add('/' + path + how(entry,
                        shown.entries().get(path)));
            }
        });
        List<String> lines = new ArrayList<>();
        byName.values().forEach(paths -> lines
                .add(paths.get(0) + (paths.size() == 1 ? "" : " (and " + (paths.size() - 1) + " more of this name)")));
        return lines;
    }

    private static boolean same(SysTree.Entry entry, SysTree.@Nullable Entry other) {
        if (entry instanceof SysTree.Link link && other instanceof SysTree.Link that
                && link.target().startsWith("/")) { // of a record, which tells the last name only
            return that.target().endsWith(link.target());
        }
        return entry instanceof SysTree.Attribute file
                ? other instanceof SysTree.Attribute that && (file.text() == null || file.text().equals(that.text()))
                : entry.equals(other);
    }

    private static String how(SysTree.Entry entry, SysTree.@Nullable Entry other) {
        if (entry instanceof SysTree.Attribute file && other instanceof SysTree.Attribute that) {
            return ": '" + first(file.text()) + "', the machine shows '" + first(that.text()) + "'";
        }
        return ": the machine does not have it" + (other == null ? "" : " so");
    }

    private static String first(@Nullable String text) {
        return text == null ? "" : text.lines().findFirst().orElse("");
    }
}
