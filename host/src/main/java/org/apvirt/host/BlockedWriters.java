package org.apvirt.host;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.VirtualTime;

/**
 * Writers that block while the scenario goes on: {@code write_async}. As in the recordings, a writer that blocks gets a
 * signal after a second, and the next step comes {@value #SECONDS} seconds after its start; tasks of the clock that wake
 * a writer are done when it blocks again, so that a run is the same each time.
 */
final class BlockedWriters {
    static final int SECONDS = 65;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long PATIENCE_NANOS = 100_000_000;

    private final VirtualTime time;
    private final List<Thread> writers = new ArrayList<>();

    BlockedWriters(VirtualTime time) {
        this.time = time;
    }

    void start(String name, Runnable write) {
        Thread writer = new Thread(write, "write_async " + name);
        writer.setDaemon(true); // a write that is never released must not keep the program
        writers.add(writer);
        writer.start();
        await();
        if (writer.isAlive()) {
            long start = time.nanos();
            advanceTo(start + NANOS_PER_SECOND);
            signal(writer);
            advanceTo(start + SECONDS * NANOS_PER_SECOND);
        }
    }

    /** Waits until each writer has ended or waits for something itself. */
    void await() {
        for (Thread writer : writers) {
            while (writer.getState() == Thread.State.RUNNABLE || writer.getState() == Thread.State.NEW) {
                Thread.onSpinWait();
            }
        }
    }

    private void signal(Thread writer) {
        writer.interrupt();
        while (writer.isAlive() && writer.isInterrupted()) { // until it has noticed
            Thread.onSpinWait();
        }
        await();
    }

    private void advanceTo(long nanos) {
        int pending = time.pendingTasks();
        while (time.advanceToNext(nanos - time.nanos())) {
            // A writer that was woken takes up its alarm again before it blocks; other tasks may simply be over.
            long patience = System.nanoTime() + PATIENCE_NANOS;
            while (time.pendingTasks() < pending && System.nanoTime() < patience) {
                Thread.onSpinWait();
            }
            await();
            pending = time.pendingTasks();
        }
        time.advance(nanos - time.nanos());
    }

    /** No writer is needed any more. */
    void abandon() {
        writers.forEach(Thread::interrupt);
    }
}
