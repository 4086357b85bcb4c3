// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.List;
import java.util.concurrent.Executor;

/**
 * What QEMU says to a command line: it is started on the host that is handed in, up to the point where the guest would
 * run, and ended again.
 *
 * @param messages the lines on standard error, as QEMU prints them; warnings too
 * @param output the lines on standard output: the properties of a device for who asks for help
 * @param exitStatus 0 if the guest would run, or if only help was asked for
 */
public record QemuCheck(List<String> messages, List<String> output, int exitStatus) {
    private static final Executor NOBODY = task -> {}; // no guest runs, so no event matters

    /** Copies the lines. */
    public QemuCheck {
        messages = List.copyOf(messages);
        output = List.copyOf(output);
    }

    /**
     * Checks a command line.
     *
     * @param host what QEMU finds; if it gives access to a host, the mdev is really opened there and closed again, which
     *     resets its queues
     * @param words name of the program and its arguments
     */
    public static QemuCheck of(QemuHost host, List<String> words) {
        try (S390Machine machine = S390Machine.start(host, QemuCommandLine.parse(words), NOBODY)) {
            return of(machine.messages(), 0);
        } catch (QemuExit exit) {
            return of(exit.messages(), exit.status());
        }
    }

    private static QemuCheck of(QemuMessages printed, int exitStatus) {
        return new QemuCheck(printed.lines(), printed.output(), exitStatus);
    }

    /** Tells whether the guest would run. */
    public boolean passes() {
        return exitStatus == 0;
    }
}
