// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.LinkedHashSet;
import java.util.Set;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.Completion;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The clock of a guest, which goes on where it was when the guest goes on on another machine. What is scheduled on it does not run
 * while the guest is paused, but when it runs again.
 */
final class GuestClock implements Time {
    private final RunState runState;
    private volatile Time machine;
    private volatile long ahead; // of the machine's clock, nanoseconds
    @GuardedBy("this")
    private final Set<Scheduled> tasks = new LinkedHashSet<>();

    GuestClock(RunState runState, Time machine) {
        this.runState = runState;
        this.machine = machine;
    }

    private final class Scheduled implements Task, Runnable {
        private final long due;
        private final Runnable work;
        private @Nullable Task task; // null: the guest is paused; guarded by the clock

        Scheduled(long due, Runnable work) {
            this.due = due;
            this.work = work;
        }

        @Override
        public void run() {
            boolean ran = runState.run(() -> {
                if (forget(this)) {
                    work.run();
                }
            });
            if (!ran) {
                retry(this);
            }
        }

        @Override
        public void cancel() {
            forget(this);
        }
    }

    private synchronized boolean forget(Scheduled scheduled) {
        Task task = scheduled.task;
        scheduled.task = null;
        if (task != null) {
            task.cancel();
        }
        return tasks.remove(scheduled);
    }

    /** It was due in a pause: it stays, for when the guest runs again, which may have happened meanwhile. */
    private synchronized void retry(Scheduled scheduled) {
        scheduled.task = null;
        if (!runState.isPaused() && tasks.contains(scheduled)) {
            start(scheduled);
        }
    }

    @GuardedBy("this")
    private void start(Scheduled scheduled) {
        scheduled.task = machine.schedule(scheduled.due - nanos(), scheduled);
    }

    @Override
    public long nanos() {
        return machine.nanos() + ahead;
    }

    @Override
    public void sleep(long nanos) {
        machine.sleep(nanos);
    }

    @Override
    public Completion.Outcome await(Completion completion, long nanos, boolean interruptibly) {
        return machine.await(completion, nanos, interruptibly);
    }

    @Override
    public synchronized Task schedule(long delayNanos, Runnable work) {
        Scheduled scheduled = new Scheduled(nanos() + Math.max(delayNanos, 0), work);
        tasks.add(scheduled);
        if (!runState.isPaused()) {
            start(scheduled);
        }
        return scheduled;
    }

    /** The guest goes on on another machine; it is paused. */
    synchronized void moveTo(Time other) {
        for (Scheduled scheduled : tasks) {
            Task task = scheduled.task;
            scheduled.task = null;
            if (task != null) {
                task.cancel();
            }
        }
        ahead = nanos() - other.nanos();
        machine = other;
    }

    /** The guest runs again. */
    synchronized void resume() {
        for (Scheduled scheduled : tasks) {
            if (scheduled.task == null) {
                start(scheduled);
            }
        }
    }
}
