// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.List;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * What QEMU prints, line by line. On standard error: its name, the option that it is working on, the message.
 * Source: QEMU {@code util/qemu-error.c}. Thread-safe.
 */
public final class QemuMessages {
    private final String program;
    @GuardedBy("this")
    private final List<String> lines = new ArrayList<>();
    @GuardedBy("this")
    private final List<String> output = new ArrayList<>();

    /** Nothing printed yet, by a program of this name. */
    public QemuMessages(String program) {
        this.program = program;
    }

    /** Prints an error that belongs to no option, or the text of a warning. */
    synchronized void report(String message) {
        lines.addAll(List.of((program + ": " + message).split("\n")));
    }

    /** Prints an error, with the option it belongs to if there is one, and the hint as it is. */
    synchronized void report(QemuOption.Place place, QemuException refused) {
        report(place.text() + refused.getMessage());
        String hint = refused.hint();
        if (hint != null) {
            lines.addAll(List.of(hint.split("\n")));
        }
    }

    /** Prints a line on standard output. */
    synchronized void print(String line) {
        output.add(line);
    }

    /** Returns the lines on standard error so far. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** Returns the lines on standard output so far: help, for who asks for it. */
    public synchronized List<String> output() {
        return List.copyOf(output);
    }
}
