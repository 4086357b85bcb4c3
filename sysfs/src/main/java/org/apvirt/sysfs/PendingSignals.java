// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the signals that are pending for a thread do to a system call that it waits in: bit n - 1 stands for signal n.
 * Source: Linux {@code Documentation/filesystems/proc.rst}, {@code /proc/pid/status}; {@code kernel/signal.c}, {@code
 * complete_signal}.
 *
 * @param pending for the thread or its process
 * @param blocked are delivered later
 * @param ignored are not delivered at all
 * @param caught have a handler
 */
record PendingSignals(long pending, long blocked, long ignored, long caught) {
    /** What becomes of the wait. */
    enum Effect {
        /** It goes on: nothing is pending that the program would notice but by being stopped. */
        NONE,
        /** It ends if it is interruptible. */
        SIGNAL,
        /** It ends if it is killable. */
        FATAL
    }

    private static final int SIGKILL = 9;
    /** SIGCHLD, SIGCONT, SIGURG, SIGWINCH: nothing happens. SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: the call is restarted. */
    private static final long HARMLESS = bit(17) | bit(18) | bit(23) | bit(28) | bit(19) | bit(20) | bit(21) | bit(22);

    private static long bit(int signal) {
        return 1L << signal - 1;
    }

    /** Returns those of a thread; of one that cannot be looked at, for example in another PID namespace, the worst is assumed. */
    static PendingSignals of(long thread) {
        try {
            return parse(Files.readString(Path.of("/proc", Long.toString(thread), "status"),
                    StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return new PendingSignals(bit(SIGKILL), 0, 0, 0);
        }
    }

    /** Reads the text of {@code /proc/pid/status}. */
    static PendingSignals parse(String status) {
        long[] masks = new long[5];
        status.lines().forEach(line -> {
            int kind = switch (line.substring(0, Math.max(line.indexOf(':'), 0))) {
                case "SigPnd" -> 0;
                case "ShdPnd" -> 1;
                case "SigBlk" -> 2;
                case "SigIgn" -> 3;
                case "SigCgt" -> 4;
                default -> -1;
            };
            if (kind >= 0) {
                masks[kind] = Long.parseUnsignedLong(line.substring(line.indexOf(':') + 1).strip(), 16);
            }
        });
        return new PendingSignals(masks[0] | masks[1], masks[2], masks[3], masks[4]);
    }

    /**
     * Returns the effect. Of a signal that ends the program by default the kernel makes a SIGKILL for each thread at once,
     * unless the program is to leave a dump first.
     */
    Effect effect() {
        if ((pending & bit(SIGKILL)) != 0) {
            return Effect.FATAL;
        }
        long delivered = pending & ~blocked & ~ignored;
        return (delivered & (caught | ~HARMLESS)) != 0 ? Effect.SIGNAL : Effect.NONE;
    }
}
