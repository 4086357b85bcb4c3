// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import org.apvirt.arch.Printable;

/**
 * A file that people write is wrong. The message is one line: file, line and column (from 1), the value that is wrong,
 * and what to write instead.
 */
public final class FileFormatException extends Exception {
    private static final long serialVersionUID = 1;

    private final String place;
    private final String problem;

    /**
     * An error at a place of a file.
     *
     * @param place for example {@code machine.yaml:3:5}
     * @param problem the value and the remedy
     */
    public FileFormatException(String place, String problem) {
        super(Printable.message(place + ": " + problem), null, false, false);
        this.place = place;
        this.problem = problem;
    }

    /** Returns the place: the file, and line and column where there are such. */
    public String place() {
        return place;
    }

    /** Returns the value and the remedy, without the place; it may have any characters. */
    public String problem() {
        return problem;
    }
}
