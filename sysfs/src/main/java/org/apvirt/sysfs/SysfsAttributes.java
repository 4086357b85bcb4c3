// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import org.apvirt.device.CharDevice;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;

/**
 * What stat(2) tells of an entry. All belongs to root; the three times are when the file system was made.
 *
 * @param names where the entry is, its identity
 */
record SysfsAttributes(java.util.List<String> names, SysfsNode node, FileTime time) implements PosixFileAttributes {
    private static final PosixFilePermission[] LEFT_TO_RIGHT = PosixFilePermission.values(); // rwx of owner first
    private static final Principal ROOT = new Principal("root");

    private record Principal(String name) implements GroupPrincipal {
        @Override
        public String getName() {
            return name;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Returns the permission bits of an entry. */
    static int mode(SysfsNode node) {
        return switch (node) {
            case SysfsDirectory directory -> directory.mode();
            case SysfsFile file -> file.mode();
            case SysfsLink link -> 0777;
            case CharDevice device -> device.mode();
        };
    }

    @Override
    public FileTime lastModifiedTime() {
        return time;
    }

    @Override
    public FileTime lastAccessTime() {
        return time;
    }

    @Override
    public FileTime creationTime() {
        return time;
    }

    @Override
    public boolean isRegularFile() {
        return node instanceof SysfsFile;
    }

    @Override
    public boolean isDirectory() {
        return node instanceof SysfsDirectory;
    }

    @Override
    public boolean isSymbolicLink() {
        return node instanceof SysfsLink;
    }

    @Override
    public boolean isOther() {
        return node instanceof CharDevice;
    }

    /** Returns a page for an attribute, whatever its text is; 0 for all else. */
    @Override
    public long size() {
        return node instanceof SysfsFile file ? file.size() : 0;
    }

    @Override
    public Object fileKey() {
        return names;
    }

    @Override
    public UserPrincipal owner() {
        return ROOT;
    }

    @Override
    public GroupPrincipal group() {
        return ROOT;
    }

    @Override
    public Set<PosixFilePermission> permissions() {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        int mode = mode(node);
        for (int i = 0; i < LEFT_TO_RIGHT.length; i++) {
            if ((mode & 0400 >> i) != 0) {
                permissions.add(LEFT_TO_RIGHT[i]);
            }
        }
        return permissions;
    }

    /**
     * Answers {@code Files.readAttributes(path, "posix:permissions,size")}.
     *
     * @throws IllegalArgumentException for an attribute that there is not
     */
    Map<String, Object> named(String list) {
        int colon = list.indexOf(':');
        String view = colon < 0 ? "basic" : list.substring(0, colon);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("size", size());
        all.put("lastModifiedTime", time);
        all.put("lastAccessTime", time);
        all.put("creationTime", time);
        all.put("isRegularFile", isRegularFile());
        all.put("isDirectory", isDirectory());
        all.put("isSymbolicLink", isSymbolicLink());
        all.put("isOther", isOther());
        all.put("fileKey", names);
        if (view.equals("posix")) {
            all.put("owner", ROOT);
            all.put("group", ROOT);
            all.put("permissions", permissions());
        } else if (!view.equals("basic")) {
            throw new UnsupportedOperationException("no attribute view '" + view + "'");
        }
        Map<String, Object> wanted = new LinkedHashMap<>();
        for (String name : list.substring(colon + 1).split(",")) {
            if (name.equals("*")) {
                return all;
            }
            Object value = all.get(name);
            if (value == null) {
                throw new IllegalArgumentException("no attribute '" + name + "' in view '" + view + "'");
            }
            wanted.put(name, value);
        }
        return wanted;
    }
}
