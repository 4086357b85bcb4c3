// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayDeque;
import java.util.Locale;

/**
 * What trace points recorded, the newest {@value #ROOM} of it. Source: Linux {@code kernel/trace/ring_buffer.c};
 * {@code trace.c}, {@code print_trace_line}; {@code trace_output.c}, {@code trace_print_context}.
 */
final class TraceBuffer {
    private static final int ROOM = 32768;
    private static final String HEADER = """
            # tracer: nop
            #
            # entries-in-buffer/entries-written: %d/%d   #P:1
            #
            #                                _-----=> irqs-off/BH-disabled
            #                               / _----=> need-resched
            #                              | / _---=> hardirq/softirq
            #                              || / _--=> preempt-depth
            #                              ||| / _-=> migrate-disable
            #                              |||| /     delay
            #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
            #              | |         |   |||||     |         |
            """;

    /**
     * One record.
     *
     * @param command name of the program
     * @param nanos since the kernel was started
     * @param values of the event's fields
     */
    record Entry(TraceEvent event, String command, long pid, long nanos, long[] values) {
        /** Returns the line. */
        String line() {
            long micros = nanos / 1000;
            return String.format(Locale.ROOT, "%16s-%-7d [000] %s %5d.%06d: %s\n", command, pid, event.context(),
                    micros / 1_000_000,
                    micros % 1_000_000, event.text(values));
        }
    }

    private final ArrayDeque<Entry> entries = new ArrayDeque<>(); // guarded by this
    private long written; // guarded by this

    synchronized void add(Entry entry) {
        if (entries.size() == ROOM) {
            entries.remove();
        }
        entries.add(entry);
        written++;
    }

    synchronized void clear() {
        entries.clear();
        written = 0;
    }

    /** Returns the file {@code trace}. */
    synchronized String text() {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, HEADER, entries.size(), written));
        entries.forEach(entry -> text.append(entry.line()));
        return text.toString();
    }
}
