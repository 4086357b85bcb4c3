// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

/**
 * The versioned machine types {@code s390-ccw-virtio-X.Y} of a QEMU. From 10.0 on one that is three years old draws a
 * warning; from 10.1 on one goes when it is six.
 *
 * @param oldest the oldest that there is
 * @param newestDeprecated the newest that draws the warning; 0.0 if none does
 * @param newest that of the QEMU itself, which {@code s390-ccw-virtio} stands for
 */
public record MachineVersions(Version oldest, Version newestDeprecated, Version newest) {
    /** A version of a machine type, for example 10.2. */
    public record Version(int major, int minor) implements Comparable<Version> {
        /** Reads digits, a dot and digits. */
        static Version parse(String text) {
            int dot = text.indexOf('.');
            return new Version(number(text.substring(0, dot)), number(text.substring(dot + 1)));
        }

        private static int number(String digits) {
            return digits.length() > 3 ? Integer.MAX_VALUE : Integer.parseInt(digits);
        }

        /** QEMU has had two or three releases a year since 3.0, and a dozen before that were numbered 2. */
        private boolean wasReleased() {
            int last = switch (major) {
                case 2 -> 12;
                case 3 -> 1;
                default -> 2;
            };
            return minor <= last;
        }

        @Override
        public int compareTo(Version other) {
            return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
        }

        @Override
        public String toString() {
            return major + "." + minor;
        }
    }

    static MachineVersions of(String oldest, String newestDeprecated, String newest) {
        return new MachineVersions(Version.parse(oldest), Version.parse(newestDeprecated), Version.parse(newest));
    }

    /** Tells whether there is a machine type of a version, given as {@code X.Y}. */
    public boolean has(String text) {
        if (!text.matches("(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)")) {
            return false;
        }
        Version version = Version.parse(text);
        return version.wasReleased() && version.compareTo(oldest) >= 0 && version.compareTo(newest) <= 0;
    }

    /** Tells whether a machine type that there is draws the warning. */
    public boolean isDeprecated(String text) {
        return Version.parse(text).compareTo(newestDeprecated) <= 0;
    }
}
