// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;

/**
 * A trace point of a driver: a place in its code that tells what it does there, to whoever has switched it on.
 * Source: Linux {@code include/linux/tracepoint.h}; {@code kernel/trace/trace_events.c}.
 */
public final class TraceEvent {
    /** Told in the name of a program, with interrupts. */
    public static final String PROCESS = ".....";
    /** Told with a lock held that keeps bottom halves away. */
    public static final String LOCKED = "b..1.";

    private static final int COMMON_BYTES = 8; // type (2), flags (1), preemption count (1), process (4)

    /**
     * A field of a record.
     *
     * @param type as C has it, for example {@code u32}
     * @param bytes its size, 1, 2, 4 or 8; at an offset that is a multiple of it
     */
    public record Field(String type, String name, int bytes) {}

    /** Tells what the values of the fields mean. */
    @FunctionalInterface
    public interface Printer {
        /** Returns the text of a record without the event's name. */
        String text(long[] values);
    }

    private final Tracing tracing;
    private final String system;
    private final String name;
    private final List<Field> fields;
    private final String context;
    private final String format;
    private final Printer printer;
    private volatile boolean enabled;
    private volatile boolean wasEnabled;
    private volatile int id; // 0: not registered

    /**
     * A trace point that is switched off; {@link Tracing#add} makes it visible.
     *
     * @param system whose events it belongs to
     * @param context where it is told: {@link #PROCESS}, {@link #LOCKED}
     * @param format what {@code print fmt} of the file {@code format} says
     * @param printer does what the format says
     */
    public TraceEvent(Tracing tracing, String system, String name, List<Field> fields, String context,
            String format, Printer printer) {
        this.tracing = tracing;
        this.system = system;
        this.name = name;
        this.fields = List.copyOf(fields);
        this.context = context;
        this.format = format;
        this.printer = printer;
    }

    String system() {
        return system;
    }

    String name() {
        return name;
    }

    String context() {
        return context;
    }

    int id() {
        return id;
    }

    void id(int number) {
        this.id = number;
    }

    boolean wasEnabled() {
        return wasEnabled;
    }

    void enable(boolean on) {
        enabled = on;
        wasEnabled |= on;
    }

    /** Tells whether somebody wants to know, so that nobody need gather values in vain. */
    public boolean isEnabled() {
        return enabled;
    }

    /**
     * Records what happened, if the event is switched on.
     *
     * @param values of the fields
     */
    public void trace(long... values) {
        if (enabled) {
            tracing.record(this, values);
        }
    }

    /** Returns a record as the file {@code trace} shows it. */
    String text(long[] values) {
        return name + ": " + printer.text(values);
    }

    /** Returns the file {@code format}. */
    String describe() {
        StringBuilder text = new StringBuilder("name: " + name + "\nID: " + id + "\nformat:\n");
        line(text, "unsigned short common_type", 0, 2, false);
        line(text, "unsigned char common_flags", 2, 1, false);
        line(text, "unsigned char common_preempt_count", 3, 1, false);
        line(text, "int common_pid", 4, 4, true);
        text.append('\n');
        int offset = COMMON_BYTES;
        for (Field field : fields) {
            offset = (offset + field.bytes - 1) / field.bytes * field.bytes;
            line(text, field.type + ' ' + field.name, offset, field.bytes, false);
            offset += field.bytes;
        }
        return text.append("\nprint fmt: ").append(format).append('\n').toString();
    }

    private static void line(StringBuilder text, String field, int offset, int bytes, boolean signed) {
        text.append("\tfield:").append(field).append(";\toffset:").append(offset).append(";\tsize:").append(bytes)
                .append(";\tsigned:").append(signed ? 1 : 0).append(";\n");
    }
}
