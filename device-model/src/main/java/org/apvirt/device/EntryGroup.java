// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Collection;
import java.util.List;
import java.util.Map;

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
}
