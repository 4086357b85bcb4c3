// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The trace points of a kernel, and {@code /sys/kernel/tracing}, where they are switched on and read.
 *
 * <p>Not modelled: tracers, filters, triggers, instances, {@code trace_pipe}, trace points of others. Differs from Linux:
 * there is one buffer, not one per CPU.
 *
 * <p>Source: Linux {@code kernel/trace/trace.c}, {@code trace_events.c}.
 */
public final class Tracing {
    private static final int FIRST_ID = 1000; // handed out in order of registration, so any other is as right

    private final Kernel kernel;
    private final long started;
    private final TraceBuffer buffer = new TraceBuffer();
    private final List<TraceEvent> events = new CopyOnWriteArrayList<>();
    private volatile boolean on = true;
    private int ids = FIRST_ID; // guarded by this

    private Tracing(Kernel kernel) {
        this.kernel = kernel;
        this.started = kernel.time().nanos();
    }

    /** Returns the trace points of a kernel; the first call makes the directory. */
    public static Tracing of(Kernel kernel) {
        return kernel.subsystem(Tracing.class, Tracing::start);
    }

    private static Tracing start(Kernel kernel) {
        Tracing tracing = new Tracing(kernel);
        kernel.addKernelEntry("tracing", new TracingFiles(tracing).directory());
        return tracing;
    }

    /** Adds a trace point, before those that are there. */
    public synchronized void add(TraceEvent event) {
        event.id(ids++);
        events.add(0, event);
    }

    /** Removes a trace point. If it was on at any time, all records go: nobody could tell any more what its own mean. */
    public synchronized void remove(TraceEvent event) {
        events.remove(event);
        event.enable(false);
        if (event.wasEnabled()) {
            buffer.clear();
        }
    }

    List<TraceEvent> events() {
        return events;
    }

    boolean isOn() {
        return on;
    }

    void turn(boolean recording) {
        on = recording;
    }

    void clear() {
        buffer.clear();
    }

    String text() {
        return buffer.text();
    }

    void record(TraceEvent event, long[] values) {
        if (on) {
            Task task = Task.current();
            buffer.add(new TraceBuffer.Entry(event, task.command(), task.pid(), kernel.time().nanos() - started,
                    values));
        }
    }
}
