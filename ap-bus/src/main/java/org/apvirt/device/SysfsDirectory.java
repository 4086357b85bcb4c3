package org.apvirt.device;

import java.util.Collection;
import java.util.Map;
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
