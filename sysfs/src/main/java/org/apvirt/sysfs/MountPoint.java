// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A directory with one directory more: a place in the tree where something else can be mounted.
 *
 * @param base what the directory has otherwise
 * @param name the name that is added; an entry of that name is covered
 * @param added what has the name
 */
record MountPoint(SysfsDirectory base, String name, SysfsDirectory added) implements SysfsDirectory {
    private static final SysfsDirectory EMPTY = SysfsDirectory.of(Map::of);

    /** Returns the directory with an empty one at a path below it; what is on the way there keeps its entries. */
    static SysfsDirectory in(SysfsDirectory base, String path) {
        return in(base, List.of(path.split("/")));
    }

    private static SysfsDirectory in(SysfsDirectory base, List<String> path) {
        if (path.isEmpty()) {
            return EMPTY;
        }
        String name = path.get(0);
        List<String> rest = path.subList(1, path.size());
        if (rest.isEmpty()) {
            return new MountPoint(base, name, EMPTY);
        }
        SysfsDirectory below = base.child(name) instanceof SysfsDirectory directory ? directory : EMPTY;
        return new MountPoint(base, name, in(below, rest));
    }

    @Override
    public Collection<String> names() {
        Set<String> names = new HashSet<>(base.names());
        names.add(name);
        return names;
    }

    @Override
    public @Nullable SysfsNode child(String childName) {
        return childName.equals(name) ? added : base.child(childName);
    }

    @Override
    public boolean mayBeKept(String entryName) {
        return entryName.equals(name) || base.mayBeKept(entryName);
    }

    @Override
    public AutoCloseable beforeRemovals(Consumer<? super List<String>> listener) {
        return base.beforeRemovals(listener);
    }

    @Override
    public int mode() {
        return base.mode();
    }
}
