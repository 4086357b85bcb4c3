// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

import org.apvirt.arch.Occurrence;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads or writes of attributes go wrong, before the attribute's own code gets to see them: they end with an errno, or take
 * longer.
 *
 * @param path an absolute path, through links as programs name it, for example {@code /sys/bus/ap/devices/05.0004/online}; or the
 *     end of one, for example {@code online} or {@code 05.*}{@code /online}, which means every attribute whose path without
 *     links ends so. In both {@code *} stands for any characters of one name
 * @param access which, null: both
 * @param when which ones
 * @param errno what they end with, null: they only take longer
 * @param delay how much longer they take; only of writes, as the kernel's own reads never wait
 */
public record AttributeFault(String path, @Nullable Access access, Occurrence when, @Nullable Errno errno,
        Duration delay) {
    /** What a program does with an attribute. */
    public enum Access {
        /** read(2). */
        READ,
        /** write(2). */
        WRITE;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Checks path and time, and that something goes wrong. */
    public AttributeFault {
        boolean elsewhere = path.startsWith("/") && !path.startsWith("/sys/");
        if (names(path).isEmpty() || path.endsWith("/") || elsewhere || !path.matches("[ -~]+")) {
            throw new IllegalArgumentException(
                    "'" + path
                            + "' is the path of no attribute (write for example 05.0004/online or /sys/bus/ap/scans)");
        }
        if (delay.isNegative()) {
            throw new IllegalArgumentException("the time " + delay + " is negative");
        }
        if (!delay.isZero() && access != Access.WRITE) {
            throw new IllegalArgumentException("only a write may be delayed; name access: write");
        }
        if (errno == null && delay.isZero()) {
            throw new IllegalArgumentException("nothing goes wrong: name an errno or a delay");
        }
    }

    /** Returns the same for other occurrences. */
    public AttributeFault when(Occurrence others) {
        return new AttributeFault(path, access, others, errno, delay);
    }

    private static List<String> names(String path) {
        return Arrays.stream(path.split("/")).filter(name -> !name.isEmpty()).toList();
    }

    /**
     * Tells whether an attribute is meant.
     *
     * @param place its names from the root, without links
     * @param tree where links lead, for absolute paths
     */
    boolean means(List<String> place, SysfsTree tree) {
        List<String> names = names(path);
        if (!path.startsWith("/")) {
            return names.size() <= place.size()
                    && matches(names, place.subList(place.size() - names.size(), place.size()));
        }
        if (names.size() == place.size() && matches(names, place)) {
            return true;
        }
        return !path.contains("*") && places(tree).equals(place);
    }

    private List<String> places(SysfsTree tree) {
        try {
            return tree.walk(path, true).names();
        } catch (ErrnoException e) {
            return List.of(); // it is not there now
        }
    }

    private static boolean matches(List<String> patterns, List<String> names) {
        for (int i = 0; i < patterns.size(); i++) {
            String pattern = Arrays.stream(patterns.get(i).split("\\*", -1)).map(Pattern::quote)
                    .reduce((left, right) -> left + ".*" + right).orElse("");
            if (!names.get(i).matches(pattern)) {
                return false;
            }
        }
        return true;
    }
}
