// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.host.Host;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A tree of files as it was at one moment: {@code sys}, and what lies beside it.
 *
 * @param entries by path without a slash at its beginning, for example {@code sys/bus/ap/apmask}; directories come before what
 *     is in them
 */
public record SysTree(SortedMap<String, Entry> entries) {
    /** One entry. */
    public sealed interface Entry {}

    /** A directory. */
    public record Directory() implements Entry {}

    /** A link. */
    public record Link(String target) implements Entry {}

    /**
     * An attribute.
     *
     * @param mode permission bits
     * @param text what it reads, one {@code char} per byte; null: it cannot be read
     */
    public record Attribute(int mode, @Nullable String text) implements Entry {}

    /** An empty tree. */
    public static SysTree empty() {
        return new SysTree(new TreeMap<>());
    }

    /** Takes the tree of a host, with {@code proc/sysinfo} of its machine. */
    public static SysTree of(Host host, SimulatedMachine machine) {
        SysTree tree = empty();
        tree.add("sys", host.kernel().sys());
        tree.text("proc/sysinfo", MachineInformation.text(machine));
        return tree;
    }

    private void add(String path, SysfsNode node) {
        switch (node) {
            case SysfsDirectory directory -> {
                entries.put(path, new Directory());
                List<String> names = new ArrayList<>(directory.names());
                for (String name : names) {
                    SysfsNode child = directory.child(name);
                    if (child != null) {
                        add(path + '/' + name, child);
                    }
                }
            }
            case SysfsLink link -> entries.put(path, new Link(link.target()));
            case SysfsFile file -> entries.put(path, new Attribute(file.mode(), read(file)));
            default -> {
                // a device node, which is no part of /sys
            }
        }
    }

    private static @Nullable String read(SysfsFile file) {
        if ((file.mode() & 0444) == 0) {
            return null;
        }
        try {
            return file.show();
        } catch (ErrnoException e) {
            return null; // as a copy of the real one: what cannot be read is not in it
        }
    }

    /** Adds a file with the directories above it. */
    public void text(String path, String text) {
        directories(path);
        entries.put(path, new Attribute(0444, text));
    }

    /** Adds the directories above a path. */
    void directories(String path) {
        for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
            entries.putIfAbsent(path.substring(0, slash), new Directory());
        }
    }

    /** Returns what a file reads without blanks at its end, null: there is none, or it cannot be read. */
    public @Nullable String read(String path) {
        return entries.get(path) instanceof Attribute file && file.text() != null ? file.text().stripTrailing() : null;
    }

    /** Returns the last name of the target of a link, null: there is none. */
    public @Nullable String linked(String path) {
        return entries.get(path) instanceof Link link
                ? link.target().substring(link.target().lastIndexOf('/') + 1)
                : null;
    }

    /** Returns the names in a directory. */
    public List<String> names(String path) {
        List<String> names = new ArrayList<>();
        for (String entry : entries.tailMap(path + '/').keySet()) {
            if (!entry.startsWith(path + '/')) {
                break;
            }
            String rest = entry.substring(path.length() + 1);
            if (!rest.contains("/")) {
                names.add(rest);
            }
        }
        return names;
    }

    /** Returns the text of bytes, without the zeros to which tar fills up a file of /sys, whose size is said to be a page. */
    static String text(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    }

    /** Returns the bytes of a text. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
