// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.function.Supplier;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A symbolic link. Where it leads is found when somebody asks: who lists 65,536 of them wants to know only that they are
 * links.
 */
public final class SysfsLink implements SysfsNode {
    private final Supplier<String> target;

    private SysfsLink(Supplier<String> target) {
        this.target = target;
    }

    /**
     * A link.
     *
     * @param target as {@link #target} returns it
     */
    public SysfsLink(String target) {
        this(() -> target);
    }

    /**
     * Returns the link from a directory to another place of the tree.
     *
     * @param directory where the link lies, for example {@code /bus/ap/devices}
     * @param target where it leads, for example {@code /devices/ap/card05}
     */
    public static SysfsLink between(String directory, String target) {
        return new SysfsLink(() -> relative(directory, target));
    }

    /** Returns the link from a directory to that of a device. */
    static SysfsLink between(String directory, Device device) {
        return new SysfsLink(() -> relative(directory, device.devpath()));
    }

    private static String relative(String directory, String target) {
        String[] from = directory.substring(1).split("/");
        String[] to = target.substring(1).split("/");
        int shared = 0;
        while (shared < from.length && shared < to.length - 1 && from[shared].equals(to[shared])) {
            shared++;
        }
        StringBuilder text = new StringBuilder();
        for (int i = shared; i < from.length; i++) {
            text.append("../");
        }
        for (int i = shared; i < to.length; i++) {
            text.append(to[i]).append(i < to.length - 1 ? "/" : "");
        }
        return text.toString();
    }

    /** Returns where it leads, relative to the directory that holds the link, for example {@code ../../../devices/ap/card05}. */
    public String target() {
        return target.get();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SysfsLink link && link.target().equals(target());
    }

    @Override
    public int hashCode() {
        return target().hashCode();
    }

    @Override
    public String toString() {
        return target();
    }
}
