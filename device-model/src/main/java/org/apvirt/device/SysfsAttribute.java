// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An attribute of a kind of object: its file name, its mode, what reading and writing do. Declared once per class, in
 * an {@link AttributeGroup} that reads like the kernel's {@code DEVICE_ATTR} lines.
 *
 * @param <T> the object that has it
 * @param name file name
 * @param mode permission bits
 * @param show gives the text, null for a write-only attribute
 * @param store takes the text of one write(2), null for a read-only attribute
 */
public record SysfsAttribute<T>(String name, int mode, @Nullable Show<T> show, @Nullable Store<T> store) {
    /** Gives the text of an attribute. */
    @FunctionalInterface
    public interface Show<T> {
        /** Returns the text with its newline. */
        String show(T object) throws ErrnoException;
    }

    /** Takes the text of one write. */
    @FunctionalInterface
    public interface Store<T> {
        /** Takes the text, newline and all. */
        void store(T object, String text) throws ErrnoException;
    }

    /** A read-only attribute, 0444. */
    public static <T> SysfsAttribute<T> ro(String name, Show<T> show) {
        return new SysfsAttribute<>(name, 0444, show, null);
    }

    /** A write-only attribute, 0200. */
    public static <T> SysfsAttribute<T> wo(String name, Store<T> store) {
        return new SysfsAttribute<>(name, 0200, null, store);
    }

    /** An attribute to read and write, 0644. */
    public static <T> SysfsAttribute<T> rw(String name, Show<T> show, Store<T> store) {
        return new SysfsAttribute<>(name, 0644, show, store);
    }

    /** Returns the same attribute with other permission bits. */
    public SysfsAttribute<T> withMode(int newMode) {
        return new SysfsAttribute<>(name, newMode, show, store);
    }

    /** Returns the file of this attribute on one object. */
    public SysfsFile on(T object) {
        return new Bound<>(this, object);
    }

    private record Bound<T>(SysfsAttribute<T> attribute, T object) implements SysfsFile {
        @Override
        public int mode() {
            return attribute.mode;
        }

        @Override
        public String show() throws ErrnoException {
            Show<T> show = attribute.show;
            if (show == null) {
                throw new ErrnoException(Errno.EIO, attribute.name + " cannot be read");
            }
            String text = show.show(object);
            return text.length() < PAGE ? text : text.substring(0, PAGE - 1);
        }

        @Override
        public void store(String text) throws ErrnoException {
            Store<T> store = attribute.store;
            if (store == null) {
                throw new ErrnoException(Errno.EIO, attribute.name + " cannot be written");
            }
            store.store(object, text);
        }
    }
}
