// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;

import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The devices of a tree as umockdev-record writes them and umockdev-run takes them: one paragraph each.
 *
 * <pre>
 *  P: /devices/ap/card05      the path below /sys
 *  E: DEVTYPE=ap_card         a line of its uevent, and SUBSYSTEM
 *  A: depth=7\n               an attribute
 *  H: config=0badcafe         one that is no text, in hexadecimal
 *  L: driver=../../../…       a link
 * </pre>
 *
 * A record has devices only: attributes of buses and classes, among them the masks, are not in it.
 */
public final class UmockdevRecord {
    private static final String DEVICES = "sys/devices/";
    private static final String PLAIN = "\\\n\t\r\b\f\u000b\"";
    private static final String ESCAPED = "\\ntrbfv\"";

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
                text.append("A: ").append(name).append('=').append(escaped(file.text())).append('\n');
            } else if (entry instanceof Link link && !name.equals("subsystem")) {
                links.append("L: ").append(name).append('=').append(link.target()).append('\n');
            }
        }
        text.append(links).append('\n');
    }

    /** Escapes as GLib's strescape, which umockdev uses. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char each : text.toCharArray()) {
            int letter = PLAIN.indexOf(each);
            if (letter >= 0) {
                escaped.append('\\').append(ESCAPED.charAt(letter));
            } else if (each < ' ' || each > '~') {
                escaped.append(String.format("\\%03o", (int) each));
            } else {
                escaped.append(each);
            }
        }
        return escaped.toString();
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            if (each != '\\' || i + 1 == text.length()) {
                plain.append(each);
                continue;
            }
            int end = i + 1;
            while (end < text.length() && end < i + 4 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                end++;
            }
            if (end > i + 1) {
                plain.append((char) (Integer.parseInt(text.substring(i + 1, end), 8) & 0xff));
                i = end - 1;
            } else {
                int letter = ESCAPED.indexOf(text.charAt(++i));
                plain.append(letter < 0 ? text.charAt(i) : PLAIN.charAt(letter));
            }
        }
        return plain.toString();
    }

    /** Tells whether a file begins as a record does: with a device, behind comments and empty lines. */
    public static boolean begins(String text) {
        return text.stripLeading().matches("(?s)(?:#[^\\n]*\\n\\s*)*P: ?/.*");
    }

    /**
     * Reads a record, also one with what newer udevs say besides: {@code M:}, {@code U:}, {@code T:} and so on.
     *
     * @throws IOException a line is not as above; with its number
     */
    public static SysTree read(String record) throws IOException {
        SysTree tree = SysTree.empty();
        String path = null;
        StringBuilder uevent = new StringBuilder();
        int number = 0;
        for (String line : record.lines().toList()) { // ended in the way of whichever system it was edited on
            number++;
            if (line.matches("P: ?/.*")) {
                path = TreePath.of("sys" + line.substring(line.indexOf('/')));
                if (path == null) {
                    throw new IOException("line " + number + " has no path below /sys");
                }
                tree.directories(path);
                tree.entries().put(path, new Directory());
                tree.entries().put(path + "/uevent", new Attribute(0644, ""));
                uevent.setLength(0);
            } else if (line.matches("[A-Z]:.*") && path != null) {
                line(tree, path, line, number, uevent);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                throw new IOException("line " + number + " is none of a record of umockdev");
            }
        }
        return tree;
    }

    private static void line(SysTree tree, String path, String line, int number, StringBuilder uevent)
            throws IOException {
        String content = line.substring(2).stripLeading();
        int equals = content.indexOf('=');
        String name = equals < 0 ? "" : content.substring(0, equals);
        String value = content.substring(equals + 1);
        String below = TreePath.of(path + '/' + name);
        if ("EAHL".indexOf(line.charAt(0)) >= 0 && (name.isEmpty() || below == null)) {
            throw new IOException("line " + number + " is none of a record of umockdev");
        }
        switch (line.charAt(0)) {
            case 'E' -> {
                if (name.equals("SUBSYSTEM")) {
                    tree.entries().put(path + "/subsystem", new Link("/" + value));
                } else {
                    uevent.append(name).append('=').append(value).append('\n');
                    tree.entries().put(path + "/uevent", new Attribute(0644, uevent.toString()));
                }
            }
            case 'A' -> put(tree, below, new Attribute(0444, unescaped(value)));
            case 'H' -> {
                if (!value.matches("(?:[0-9A-Fa-f]{2})*")) {
                    throw new IOException("line " + number + " has no bytes in hexadecimal");
                }
                put(tree, below, new Attribute(0444, SysTree.text(HexFormat.of().parseHex(value))));
            }
            case 'L' -> put(tree, below, new Link(value));
            default -> {
                // a node, what udev says of the device
            }
        }
    }

    private static void put(SysTree tree, @Nullable String path, Entry entry) {
        if (path != null) {
            tree.directories(path);
            tree.entries().put(path, entry);
        }
    }
}
