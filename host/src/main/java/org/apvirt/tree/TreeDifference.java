// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.checkerframework.checker.nullness.qual.Nullable;

/** What of a tree that was read another one does not show. */
final class TreeDifference {
    /** What has another value each time that somebody looks, or is the business of who watches. */
    private static final List<String> PASSING = List.of("scans", "bindings_complete_count", "uevent", "request_count",
            "dev");
    private static final List<String> COMPARED = List.of("sys/bus/ap/", "sys/devices/ap/",
            "sys/devices/vfio_ap/matrix/",
            "sys/devices/virtual/zcrypt/");

    private TreeDifference() {}

    /** Returns a line for each last name of the paths that are different. */
    static List<String> of(SysTree read, SysTree shown) {
        SortedMap<String, List<String>> byName = new TreeMap<>();
        read.entries().forEach((path, entry) -> {
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
                ? other instanceof SysTree.Attribute that && (file.text() == null || words(file).equals(words(that)))
                : entry.equals(other);
    }

    /** Whether a copy has the newline at the end, and how it ends its lines, is the copy's; what cannot be read is copied as nothing. */
    private static String words(SysTree.Attribute file) {
        return file.text() == null ? "" : file.text().replace("\r\n", "\n").stripTrailing();
    }

    private static String how(SysTree.Entry entry, SysTree.@Nullable Entry other) {
        if (entry instanceof SysTree.Attribute file && file.text() != null && other instanceof SysTree.Attribute that) {
            return ": '" + first(words(file)) + "', the machine shows '" + first(words(that)) + "'";
        }
        return ": the machine does not have it" + (other == null ? "" : " so");
    }

    private static String first(String text) {
        return text.lines().findFirst().orElse("");
    }
}
