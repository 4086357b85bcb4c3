// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The clock of the computer. One daemon thread runs all tasks, in deadline order. */
public final class RealTime implements Time, AutoCloseable {
    private final ScheduledThreadPoolExecutor executor;

    /** Starts the thread. */
    public RealTime() {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "apvirt-time");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.prestartCoreThread(); // not by whoever schedules first: it would have what is peculiar to that thread
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public void sleep(long nanos) {
        long deadline = nanos() + nanos;
        boolean interrupted = false;
        for (long rest = nanos; rest > 0; rest = deadline - nanos()) {
            LockSupport.parkNanos(rest);
            interrupted |= Thread.interrupted(); // an interrupted thread is not parked, and would spin here
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Completion.Outcome await(Completion completion, long nanos, boolean interruptibly) {
        long begun = nanos();
        boolean interrupted = false;
        Completion.Outcome outcome = Completion.Outcome.DONE;
        synchronized (completion) {
            while (!completion.isDone() && outcome == Completion.Outcome.DONE) {
                long rest = nanos - (nanos() - begun);
                try {
                    if (rest > 0) {
                        TimeUnit.NANOSECONDS.timedWait(completion, rest);
                    } else {
                        outcome = Completion.Outcome.TIMEOUT;
                    }
                } catch (InterruptedException e) {
                    interrupted = true; // seen again at the end, so that an uninterruptible wait goes on
                    outcome = interruptibly ? Completion.Outcome.INTERRUPTED : outcome;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return outcome;
    }

    @Override
    public Task schedule(long delayNanos, Runnable task) {
        Future<?> future = executor.schedule(task, Math.max(delayNanos, 0), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    /** Stops the thread; tasks not yet due never run. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
