// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apvirt.arch.Completion;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The clock of a guest: that of its machine, but what is scheduled on it ends with the guest. Otherwise the timers of its
 * operating system would keep going, and keep alive, what nobody runs any more.
 */
final class GuestTime implements Time {
    private final Time machine;
    private final Set<Scheduled> tasks = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;

    GuestTime(Time machine) {
        this.machine = machine;
    }

    private final class Scheduled implements Task, Runnable {
        private final Runnable work;
        private volatile @Nullable Task task;

        Scheduled(Runnable work) {
            this.work = work;
        }

        @Override
        public void run() {
            if (tasks.remove(this)) {
                work.run();
            }
        }

        @Override
        public void cancel() {
            tasks.remove(this);
            Task scheduled = task;
            if (scheduled != null) {
                scheduled.cancel();
            }
        }
    }

    @Override
    public long nanos() {
        return machine.nanos();
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
    public Task schedule(long delayNanos, Runnable work) {
        Scheduled scheduled = new Scheduled(work);
        tasks.add(scheduled);
        scheduled.task = machine.schedule(delayNanos, scheduled);
        if (stopped) {
            scheduled.cancel();
        }
        return scheduled;
    }

    /** The guest is gone: nothing that is scheduled runs any more. */
    void stop() {
        stopped = true;
        for (Scheduled scheduled : tasks) {
            scheduled.cancel();
        }
    }
}
