// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The mounts of the namespace that this process is in, as they were when asked, in the order in which they were made.
 * Source: Linux {@code Documentation/filesystems/proc.rst}, {@code /proc/pid/mountinfo}.
 */
final class MountTable {
    /** The file system type of our mounts. */
    static final String OURS = "fuse.apvirt";

    /**
     * One mount.
     *
     * @param id its number, unique while it lasts
     * @param parent the number of the mount that it lies on
     * @param point where, in this process's view
     * @param options those of the mount, not of its file system: {@code ro}, {@code nosuid}, …
     * @param type the type of its file system
     */
    record Mount(int id, int parent, Path point, List<String> options, String type) {
        boolean isOurs() {
            return type.equals(OURS);
        }

        /** Returns the options as mount(2) takes them. */
        long flags() {
            long flags = 0;
            for (String option : options) {
                flags |= switch (option) {
                    case "ro" -> LinuxCalls.MS_RDONLY;
                    case "nosuid" -> LinuxCalls.MS_NOSUID;
                    case "nodev" -> LinuxCalls.MS_NODEV;
                    case "noexec" -> LinuxCalls.MS_NOEXEC;
                    case "nosymfollow" -> LinuxCalls.MS_NOSYMFOLLOW;
                    case "noatime" -> LinuxCalls.MS_NOATIME;
                    case "nodiratime" -> LinuxCalls.MS_NODIRATIME;
                    case "relatime" -> LinuxCalls.MS_RELATIME;
                    default -> 0;
                };
            }
            boolean strict = (flags & (LinuxCalls.MS_NOATIME | LinuxCalls.MS_RELATIME)) == 0; // the default has another name
            return strict ? flags | LinuxCalls.MS_STRICTATIME : flags;
        }
    }

    private final List<Mount> mounts;

    private MountTable(List<Mount> mounts) {
        this.mounts = mounts;
    }

    /** Reads it. */
    static MountTable read() throws IOException {
        return of(Files.readString(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1));
    }

    static MountTable of(String text) {
        List<Mount> mounts = new ArrayList<>();
        text.lines().forEach(line -> {
            String[] fields = line.split(" ");
            int separator = 6; // optional fields end with a dash
            while (separator < fields.length && !fields[separator].equals("-")) {
                separator++;
            }
            if (separator + 1 < fields.length) {
                mounts.add(new Mount(Integer.parseInt(fields[0]), Integer.parseInt(fields[1]), path(fields[4]),
                        List.of(fields[5].split(",")), fields[separator + 1]));
            }
        });
        return new MountTable(mounts);
    }

    /** Blanks, tabs, newlines and backslashes of a name are written as three octal digits. */
    private static Path path(String field) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\' && i + 3 < field.length()) {
                c = (char) Integer.parseInt(field.substring(i + 1, i + 4), 8);
                i += 3;
            }
            name.append(c);
        }
        return Path.of(new String(name.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }

    /** Returns the mount that a walk to a place meets there, null if none lies exactly there. */
    @Nullable
    Mount top(Path point) {
        Mount top = null;
        for (Mount mount : mounts) {
            if (mount.point().equals(point) && (top == null || isAbove(mount, top))) {
                top = mount;
            }
        }
        return top;
    }

    /** Mounts of one place lie on each other, whatever their order in the list. */
    private boolean isAbove(Mount upper, Mount lower) {
        for (Mount mount = upper; mount != null && mount.point().equals(lower.point()); mount = byId(mount.parent())) {
            if (mount.parent() == lower.id()) {
                return true;
            }
        }
        return false;
    }

    /** Returns the mount of a number, null if there is none. */
    @Nullable
    Mount byId(int id) {
        for (Mount mount : mounts) {
            if (mount.id() == id) {
                return mount;
            }
        }
        return null;
    }

    /** Returns the mounts at some places and below them. */
    List<Mount> in(Set<Path> points) {
        return mounts.stream().filter(mount -> {
            for (Path place = mount.point(); place != null; place = place.getParent()) {
                if (points.contains(place)) {
                    return true;
                }
            }
            return false;
        }).toList();
    }
}
