// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/** Where in {@code /sys} a file of a copy lies, whatever lies above it there, and also if the copy begins below {@code sys}. */
final class TreePath {
    private static final Set<String> BELOW_SYS = Set.of("block", "bus", "class", "dev", "devices", "firmware", "fs",
            "hypervisor", "kernel", "module", "power");
    private static final Set<String> OURS = Set.of("bus/ap", "bus/mdev", "bus/matrix", "devices/ap", "devices/vfio_ap");

    private TreePath() {}

    /** Returns the path from {@code sys} or {@code proc} on, null: it is not in them, or leads out of the copy. */
    static @Nullable String of(String name) {
        List<String> parts = new ArrayList<>();
        for (String part : name.split("/")) {
            if (part.equals("..")) {
                return null;
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        for (int i = 0; i < parts.size(); i++) {
            boolean last = i + 1 == parts.size();
            String below = last ? "" : parts.get(i + 1);
            String rest = String.join("/", parts.subList(i, parts.size()));
            if (parts.get(i).equals("sys") && (last || BELOW_SYS.contains(below)) || rest.equals("proc/sysinfo")) {
                return rest;
            }
            if (!last && OURS.contains(parts.get(i) + '/' + below)) {
                return "sys/" + rest;
            }
        }
        return null;
    }
}
