package org.apvirt.qemu;

import java.util.List;
import java.util.concurrent.Executor;

/**
 * What QEMU says to a command line: it is started on the host that is handed in, up to the point where the guest would
 * run, and ended again.
 *
 * @param messages the lines on standard error, as QEMU prints them; warnings too
 * @param exitStatus 0 if the guest would run, or if only help was asked for
 */
public record QemuCheck(List<String> messages, int exitStatus) {
    private static final Executor NOBODY = task -> {}; // no guest runs, so no event matters

    /** Copies the messages. */
    public QemuCheck {
        messages = List.copyOf(messages);
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
            return new QemuCheck(machine.messages().lines(), 0);
        } catch (QemuExit exit) {
            return new QemuCheck(exit.messages().lines(), exit.status());
        }
    }

    /** Tells whether the guest would run. */
    public boolean passes() {
        return exitStatus == 0;
    }
}
