// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Entries of a directory that come and go together: the attributes of an object ({@link AttributeGroup#on}), a link, a
 * directory. Groups that are equal show the same.
 */
public interface EntryGroup {
    /** Returns the names, in no particular order. */
    Collection<String> names();

    /** Returns an entry, null if there is none by that name. */
    @Nullable
    SysfsNode find(String name);

    /** Returns the first entry by a name in some groups, null if none has it. */
    static @Nullable SysfsNode find(List<? extends EntryGroup> groups, String name) {
        for (int i = 0; i < groups.size(); i++) { // without an iterator: a program looks often
            SysfsNode entry = groups.get(i).find(name);
            if (entry != null) {
                return entry;
            }
        }
        return null;
    }

    /** One entry, which is the same for good. */
    static EntryGroup of(String name, SysfsNode entry) {
        return new Fixed(Map.of(name, entry));
    }

    /** Entries that are the same for good. */
    static EntryGroup of(Map<String, ? extends SysfsNode> entries) {
        return new Fixed(Map.copyOf(entries));
    }

    /**
     * The group of that map.
     *
     * @param entries unmodifiable
     */
    record Fixed(Map<String, SysfsNode> entries) implements EntryGroup {
        @Override
        public Collection<String> names() {
            return entries.keySet();
        }

        @Override
        public @Nullable SysfsNode find(String name) {
            return entries.get(name);
        }
    }

    /**
     * Two groups shown as one; what the newer has hides what the older has.
     *
     * @param older may be a pair itself, the newer is none
     */
    record Pair(EntryGroup newer, EntryGroup older) implements EntryGroup {
        @Override
        public Collection<String> names() {
            Set<String> names = new HashSet<>(older.names());
            names.addAll(newer.names());
            return names;
        }

        @Override
        public @Nullable SysfsNode find(String name) {
            SysfsNode entry = newer.find(name);
            return entry != null ? entry : older.find(name);
        }
    }

    /** Returns what a group shows without one that it consists of, null if that was all. */
    static @Nullable EntryGroup without(EntryGroup all, EntryGroup group) {
        if (all.equals(group)) {
            return null;
        }
        if (!(all instanceof Pair pair)) {
            return all;
        }
        if (pair.newer.equals(group)) {
            return pair.older;
        }
        EntryGroup rest = without(pair.older, group);
        return rest == null ? pair.newer : new Pair(pair.newer, rest);
    }
}
