// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Attributes that objects of one kind show together, found by name. Declared once per class, to read like the kernel's
 * lists of attributes. Source: Linux {@code struct attribute_group}.
 *
 * @param <T> the object that has them
 */
public final class AttributeGroup<T extends Object> {
    private final Map<String, SysfsAttribute<T>> attributes;

    private AttributeGroup(Map<String, SysfsAttribute<T>> attributes) {
        this.attributes = Map.copyOf(attributes);
    }

    /** A group of these attributes. */
    @SafeVarargs
    public static <T extends Object> AttributeGroup<T> of(SysfsAttribute<T>... attributes) {
        Map<String, SysfsAttribute<T>> all = new HashMap<>();
        for (SysfsAttribute<T> attribute : attributes) {
            all.put(attribute.name(), attribute);
        }
        return new AttributeGroup<>(all);
    }

    /** Returns a group with these attributes too. */
    @SafeVarargs
    public final AttributeGroup<T> with(SysfsAttribute<T>... more) {
        Map<String, SysfsAttribute<T>> all = new HashMap<>(attributes);
        for (SysfsAttribute<T> attribute : more) {
            all.put(attribute.name(), attribute);
        }
        return new AttributeGroup<>(all);
    }

    /** Returns a group without one of the attributes. */
    public AttributeGroup<T> without(String name) {
        Map<String, SysfsAttribute<T>> all = new HashMap<>(attributes);
        all.remove(name);
        return new AttributeGroup<>(all);
    }

    /** Returns what a directory shows of one object. */
    public EntryGroup on(T object) {
        return new Shown<>(this, object);
    }

    private record Shown<T extends Object>(AttributeGroup<T> group, T object) implements EntryGroup {
        @Override
        public Collection<String> names() {
            return group.attributes.keySet();
        }

        @Override
        public @Nullable SysfsNode find(String name) {
            SysfsAttribute<T> attribute = group.attributes.get(name);
            return attribute == null ? null : attribute.on(object);
        }
    }
}
