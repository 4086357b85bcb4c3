// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One option of a command line.
 *
 * @param name without its dashes, for example {@code device}
 * @param written as it was written, for example {@code --device}
 * @param argument null if the option takes none
 */
public record QemuOption(String name, String written, @Nullable String argument) {
    /**
     * What QEMU puts between its name and a message.
     *
     * @param text empty, or ends with a colon and a blank
     */
    record Place(String text) {
        /** No option in particular. */
        static final Place NONE = new Place("");
    }

    Place place() {
        return new Place(argument == null ? written + ": " : written + " " + argument + ": ");
    }

    /** Returns the argument; empty if the option takes none. */
    String text() {
        return argument == null ? "" : argument;
    }
}
