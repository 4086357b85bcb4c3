// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * A character device node below {@code /dev}.
 *
 * @param mode permission bits
 * @param major device number
 * @param minor device number
 * @param opener what open(2) does
 */
public record CharDevice(int mode, int major, int minor, Opener opener) implements SysfsNode {
    private static final int MISC_MAJOR = 10;

    /** Returns a node of the kind that share a major number. Source: Linux {@code drivers/char/misc.c}. */
    public static CharDevice misc(int mode, int minor, Opener opener) {
        return new CharDevice(mode, MISC_MAJOR, minor, opener);
    }

    /** What open(2) of a node does. */
    @FunctionalInterface
    public interface Opener {
        /**
         * Opens the node.
         *
         * @throws ErrnoException what open(2) answers
         */
        OpenFile open() throws ErrnoException;
    }

    /** Returns the device number as text, {@code MAJOR:MINOR}. */
    public String number() {
        return major + ":" + minor;
    }
}
