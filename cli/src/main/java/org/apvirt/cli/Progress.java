// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.time.Duration;

import org.apvirt.arch.Printable;

/**
 * Says on a terminal what takes so long, in one line that is gone afterwards: after two seconds, then each second. Where standard
 * error is no terminal, nothing. Thread-safe.
 */
final class Progress implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final String CLEAR = "\r\033[K";

    private final PrintWriter err;
    private final String program;
    private final long start = System.nanoTime();
    private String what = ""; // guarded by this, like all below
    private boolean shown;
    private boolean closed;

    private Progress(PrintWriter err, String program) {
        this.err = err;
        this.program = program;
    }

    /** Begins to wait, for a command of this name. */
    static Progress of(String program) {
        return of(Terminal.ERRORS.writer(), program, Terminal.ERRORS.isThere(), PATIENCE, PERIOD);
    }

    static Progress of(PrintWriter err, String program, boolean terminal, Duration patience, Duration period) {
        Progress progress = new Progress(err, program);
        if (terminal) {
            Thread.ofPlatform().daemon().name("progress").start(() -> progress.run(patience, period));
        }
        return progress;
    }

    /** Names what is being done now. */
    synchronized void at(String next) {
        what = next;
    }

    /** Takes the line away, before something else is printed. */
    synchronized void hide() {
        if (shown) {
            err.print(CLEAR);
            err.flush();
            shown = false;
        }
    }

    private synchronized void run(Duration patience, Duration period) {
        try {
            for (long rest = patience.toMillis(); !closed; rest = period.toMillis()) {
                long deadline = System.nanoTime() + rest * 1_000_000;
                for (long left = rest; left > 0 && !closed; left = (deadline - System.nanoTime()) / 1_000_000) {
                    wait(left);
                }
                if (!closed) {
                    show();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void show() {
        err.print(CLEAR + Printable.message(program + ": " + what + ", "
                + (System.nanoTime() - start) / 1_000_000_000 + " s"));
        err.flush();
        shown = true;
    }

    /** Ends it; the line is gone. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        hide();
    }
}
