// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A card out of its attributes, in the words of a machine file; what a machine cannot have of it is left out. */
final class ImportedCard {
    private static final int MODES = ApHardwareInfo.CCA | ApHardwareInfo.ACCEL | ApHardwareInfo.EP11;

    private static final int MOST_DEPTH = 32;

    private final SysTree tree;
    private final String path;
    private final int apid;
    private final String type;
    private final List<String> refusals;
    private final StringBuilder text = new StringBuilder();

    private ImportedCard(SysTree tree, String path, List<String> refusals) {
        this.tree = tree;
        this.path = path;
        this.refusals = refusals;
        apid = Integer.parseInt(path.substring(path.length() - 2), 16);
        type = type(tree, path, functions(tree.read(path + "/ap_functions")));
    }

    /**
     * Returns the entry of {@code adapters}.
     *
     * @param path of the card, without a slash at its end
     * @param queues names of its queues
     * @param depthOffset what some kernels show more of the depth than the machine has
     * @param refusals takes what is left out, one line each
     */
    static String of(SysTree tree, String path, List<String> queues, int depthOffset, List<String> refusals) {
        return new ImportedCard(tree, path, refusals).write(queues, depthOffset);
    }

    static int functions(@Nullable String text) {
        return text != null && text.matches("0x[0-9A-Fa-f]{8}") ? Integer.parseUnsignedInt(text.substring(2), 16) : 0;
    }

    private static String type(SysTree tree, String path, int functions) {
        String shown = tree.read(path + "/type");
        if (shown != null && shown.matches("CEX[2-8][ACP]")) {
            return shown;
        }
        String hwtype = tree.read(path + "/hwtype");
        int number = hwtype != null && hwtype.matches("[0-9]{1,2}") ? Integer.parseInt(hwtype) : 0;
        char mode = (functions & ApHardwareInfo.ACCEL) != 0 ? 'A' : (functions & ApHardwareInfo.EP11) != 0 ? 'P' : 'C';
        return "CEX" + Math.max(2, Math.min(8, number - 6)) + mode;
    }

    private String write(List<String> queues, int depthOffset) {
        text.append(apid).append(": {type: ").append(type);
        int functions = functions(tree.read(path + "/ap_functions"));
        int mode = switch (type.charAt(4)) {
            case 'A' -> ApHardwareInfo.ACCEL;
            case 'P' -> ApHardwareInfo.EP11;
            default -> ApHardwareInfo.CCA;
        };
        if ((functions & MODES & ~mode) != 0) {
            functions = functions & ~MODES | mode; // a machine file has one mode for a card
        }
        if (functions != 0) {
            add("ap_functions", String.format("functions: 0x%08x", functions & 0xffff_0000));
        }
        String depth = tree.read(path + "/depth");
        if (depth != null && depth.matches("[0-9]{1,2}")) {
            int room = Integer.parseInt(depth) + depthOffset;
            add("depth", "depth: " + Math.min(MOST_DEPTH, room < 1 ? room + MOST_DEPTH / 2 : room)); // of 17 four bits show 0
        }
        String serial = tree.read(path + "/serialnr");
        if (serial != null && serial.matches("[ !#-\\[\\]-~]{1,64}")) {
            add("serialnr", "serial: \"" + serial + '"');
        }
        text.append(", config: ").append(!"0".equals(tree.read(path + "/config"))).append(", checkstop: ")
                .append("1".equals(tree.read(path + "/chkstop")));
        Map<Integer, String> keys = new TreeMap<>();
        String name = type.endsWith("P") ? "wrapping-keys: {" : "master-keys: {";
        for (String queue : queues) {
            int domain = Integer.parseInt(queue.substring(5), 16);
            String registers = ImportedKeys.of(tree.read(path + '/' + queue + "/mkvps"), type.endsWith("P"));
            if (!registers.isEmpty() && isTaken(queue + "/mkvps", name + domain + ": {" + registers + "}}")) {
                keys.put(domain, registers);
            }
        }
        if (!keys.isEmpty()) {
            List<String> domains = new ArrayList<>();
            keys.forEach((domain, registers) -> domains.add(domain + ": {" + registers + '}'));
            text.append(", ").append(name).append(String.join(", ", domains)).append('}');
        }
        return text.append('}').toString();
    }

    private void add(String attribute, String key) {
        if (isTaken(attribute, key)) {
            text.append(", ").append(key);
        }
    }

    /** Tells whether a machine file may say this of a card of the type; if not, says so. */
    private boolean isTaken(String attribute, String key) {
        try {
            MachineFile.parse("adapters: {" + apid + ": {type: " + type + ", " + key + "}}\n", attribute);
            return true;
        } catch (FileFormatException e) {
            refusals.add('/' + path + '/' + attribute + ": " + e.problem());
            return false;
        }
    }
}
