// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.IOException;
import java.util.Map;

import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;

/**
 * The devices of a tree as umockdev-record writes them and umockdev-run takes them: one paragraph each.
 *
 * <pre>
 *  P: /devices/ap/card05      the path below /sys
 *  E: DEVTYPE=ap_card         a line of its uevent, and SUBSYSTEM
 *  A: depth=7\n               an attribute
 *  L: driver=../../../…       a link
 * </pre>
 *
 * A record has devices only: attributes of buses and classes, among them the masks, are not in it.
 */
public final class UmockdevRecord {
    private static final String DEVICES = "sys/devices/";

    private UmockdevRecord() {}

    /** Returns the record of the devices of a tree. */
    public static String text(SysTree tree) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Entry> entry : tree.entries().entrySet()) {
            if (entry.getKey().startsWith(DEVICES) && entry.getValue() instanceof Directory
                    && tree.entries().containsKey(entry.getKey() + "/uevent")) {
                device(tree, entry.getKey(), text);
            }
        }
        return text.toString();
    }

    private static void device(SysTree tree, String path, StringBuilder text) {
        text.append("P: ").append(path.substring("sys".length())).append('\n');
        String uevent = tree.read(path + "/uevent");
        if (uevent != null && !uevent.isEmpty()) {
            uevent.lines().forEach(line -> text.append("E: ").append(line).append('\n'));
        }
        String subsystem = tree.linked(path + "/subsystem");
        if (subsystem != null) {
            text.append("E: SUBSYSTEM=").append(subsystem).append('\n');
        }
        StringBuilder links = new StringBuilder();
        for (String name : tree.names(path)) {
            Entry entry = tree.entries().get(path + '/' + name);
            if (entry instanceof Attribute file && file.text() != null && !name.equals("uevent")) {
                text.append("A: ").append(name).append('=')
                        .append(file.text().replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
            } else if (entry instanceof Link link && !name.equals("subsystem")) {
                links.append("L: ").append(name).append('=').append(link.target()).append('\n');
            }
        }
        text.append(links).append('\n');
    }

    /**
     * Reads a record.
     *
     * @throws IOException a line is not as above; with its number
     */
    public static SysTree read(String record) throws IOException {
        SysTree tree = SysTree.empty();
        String path = null;
        StringBuilder uevent = new StringBuilder();
        int number = 0;
        for (String line : record.split("\n", -1)) {
            number++;
            if (line.startsWith("P: /")) {
                path = "sys" + line.substring(3);
                tree.directories(path);
                tree.entries().put(path, new Directory());
                tree.entries().put(path + "/uevent", new Attribute(0644, ""));
                uevent.setLength(0);
            } else if (line.matches("[EAHLNS]: .*") && path != null) {
                line(tree, path, line, uevent);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                throw new IOException("line " + number + " is none of a record of umockdev");
            }
        }
        return tree;
    }

    private static void line(SysTree tree, String path, String line, StringBuilder uevent) {
        int equals = line.indexOf('=');
        String name = equals < 0 ? "" : line.substring(3, equals);
        String value = line.substring(equals + 1);
        switch (line.charAt(0)) {
            case 'E' -> {
                if (name.equals("SUBSYSTEM")) {
                    tree.entries().put(path + "/subsystem", new Link("/" + value));
                } else {
                    uevent.append(name).append('=').append(value).append('\n');
                    tree.entries().put(path + "/uevent", new Attribute(0644, uevent.toString()));
                }
            }
            case 'A' -> tree.entries().put(path + '/' + name,
                    new Attribute(0444, value.replace("\\n", "\n").replace("\\\\", "\\")));
            case 'L' -> tree.entries().put(path + '/' + name, new Link(value));
            default -> {
                // a node, a binary attribute
            }
        }
    }
}
