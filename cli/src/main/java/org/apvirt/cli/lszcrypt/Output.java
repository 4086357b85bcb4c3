// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

/** What a listing prints: text, lines of errors, and the exit status. */
public final class Output {
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder errors = new StringBuilder();
    private int status;

    /** Nothing printed yet. */
    Output() {}

    /** Returns a refusal of options, which the program makes before it looks for the bus. */
    public static Output refused(String problem) {
        return new Output().fail(problem);
    }

    void print(String more) {
        text.append(more);
    }

    /** Adds a line to standard error; the program goes on. */
    void warn(String line) {
        errors.append(line).append('\n');
    }

    /** Adds an error, and makes the exit status 1. */
    Output fail(String problem) {
        errors.append("lszcrypt: ").append(problem).append('\n');
        status = 1;
        return this;
    }

    /** Returns what goes to standard output. */
    public String text() {
        return text.toString();
    }

    /** Returns what goes to standard error. */
    public String errors() {
        return errors.toString();
    }

    /** Returns the exit status. */
    public int status() {
        return status;
    }
}
