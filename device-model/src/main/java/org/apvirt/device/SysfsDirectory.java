// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.checkerframework.checker.nullness.qual.Nullable;

/** A directory. It is computed: two looks may differ. */
public non-sealed interface SysfsDirectory extends SysfsNode {
    /** Returns the names of the entries, in no particular order. */
    Collection<String> names();

    /** Returns an entry, null if there is none by that name. */
    @Nullable
    SysfsNode child(String name);

    /** Returns the permission bits. */
    default int mode() {
        return 0755;
    }

    /** Returns the faults that lie in wait below the root of a tree, null: none can, or this is no root. */
    default @Nullable AttributeFaults faults() {
        return null;
    }

    /**
     * Tells whether who has found an entry need not look for it again: it is there as long as this directory is, always
     * as the same kind with the same mode, or until {@link #beforeRemovals} tells of it.
     */
    default boolean mayBeKept(String name) {
        return false;
    }

    /**
     * Has a listener told before an entry that may be kept goes away while its directory stays. From the call on, and
     * until the entry has gone, {@link #mayBeKept} is false for it. Called on the thread that removes the entry,
     * perhaps with locks held, but none that looking at the tree takes.
     *
     * @param listener takes the names on the way from this directory to the entry
     * @return takes the listener away
     */
    default AutoCloseable beforeRemovals(Consumer<? super List<String>> listener) {
        return () -> {
            // nothing was ever told
        };
    }

    /** A directory whose entries are these for good. */
    static SysfsDirectory fixed(Map<String, ? extends SysfsNode> entries) {
        return fixed(List.of(EntryGroup.of(entries)));
    }

    /** A directory whose groups of entries are these for good. */
    static SysfsDirectory fixed(List<? extends EntryGroup> groups) {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                return groups.stream().flatMap(group -> group.names().stream()).toList();
            }

            @Override
            public @Nullable SysfsNode child(String name) {
                return EntryGroup.find(groups, name);
            }

            @Override
            public boolean mayBeKept(String name) {
                return child(name) != null;
            }
        };
    }

    /**
     * A directory of what a map has at each look.
     *
     * @param objects a map that may be read while it changes
     * @param entry makes the entry of an object
     * @param kept tells of which objects the entry may be kept
     */
    static <T extends Object> SysfsDirectory live(Map<String, T> objects,
            Function<? super T, ? extends SysfsNode> entry, Predicate<? super T> kept) {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                return objects.keySet();
            }

            @Override
            public @Nullable SysfsNode child(String name) {
                T object = objects.get(name);
                return object == null ? null : entry.apply(object);
            }

            @Override
            public boolean mayBeKept(String name) {
                T object = objects.get(name);
                return object != null && kept.test(object);
            }
        };
    }

    /** A directory whose entries a supplier gives anew at each look. For small directories. */
    static SysfsDirectory of(Supplier<Map<String, SysfsNode>> entries) {
        return new SysfsDirectory() {
            @Override
            public Collection<String> names() {
                return entries.get().keySet();
            }

            @Override
            public @Nullable SysfsNode child(String name) {
                return entries.get().get(name);
            }
        };
    }
}
