// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.concurrent.TimeUnit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Kernel;

/**
 * Lets at most ten log lines through in five seconds, and says how many it held back.
 * Source: Linux {@code lib/ratelimit.c}, defaults of {@code pr_notice_ratelimited}.
 */
final class RateLimit {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int BURST = 10;

    private final Kernel kernel;
    private final String function;
    @GuardedBy("this")
    private long begin;
    @GuardedBy("this")
    private int printed = -1;
    @GuardedBy("this")
    private int missed;

    /** A limit for the lines of one function of the kernel. */
    RateLimit(Kernel kernel, String function) {
        this.kernel = kernel;
        this.function = function;
    }

    /** Writes a line, if it may. */
    void log(String line) {
        if (mayWrite()) {
            kernel.log(line);
        }
    }

    /** Writes a line without a newline, if it may. */
    void logUnfinished(String line) {
        if (mayWrite()) {
            kernel.logUnfinished(line);
        }
    }

    private synchronized boolean mayWrite() {
        long now = kernel.time().nanos();
        if (printed < 0 || now - begin > INTERVAL_NANOS) {
            if (missed > 0) {
                kernel.log(function + ": " + missed + " callbacks suppressed");
            }
            begin = now;
            printed = 0;
            missed = 0;
        }
        if (printed < BURST) {
            printed++;
            return true;
        }
        missed++;
        return false;
    }
}
