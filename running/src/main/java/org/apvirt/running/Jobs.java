// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The jobs of a machine: those that run, and the latest that are over. Thread-safe. */
public final class Jobs {
    /** So many may run at a time; each has a thread. */
    static final int MOST_RUNNING = 64;
    private static final int MOST_OVER = 64;

    private final Journal<Change> changes;
    @GuardedBy("this")
    private final SortedMap<Long, Job> jobs = new TreeMap<>();
    @GuardedBy("this")
    private long last;
    @GuardedBy("this")
    private int running;

    Jobs(Journal<Change> changes) {
        this.changes = changes;
    }

    /**
     * Starts work on a thread of its own.
     *
     * @param request what was asked for, in words
     * @throws ControlException BUSY: too many jobs run
     */
    public Job start(String request, Callable<? extends @Nullable Object> work) throws ControlException {
        return start(request, true, work);
    }

    /**
     * Starts work that changes nothing, and is therefore not among the changes.
     *
     * @throws ControlException as {@link #start}
     */
    public Job look(String request, Callable<? extends @Nullable Object> work) throws ControlException {
        return start(request, false, work);
    }

    private Job start(String request, boolean announced, Callable<? extends @Nullable Object> work)
            throws ControlException {
        Job job;
        synchronized (this) {
            if (running == MOST_RUNNING) {
                throw new ControlException(ControlException.Reason.BUSY, null, MOST_RUNNING
                        + " requests wait already; lift the fault that they wait for, or cancel some of the jobs");
            }
            long id = last + 1;
            job = new Job(id, request, work, () -> over(id, announced));
            last = id;
            jobs.put(id, job);
            running++;
        }
        announce(job.id(), announced, Change.Action.ADDED);
        try {
            job.start();
        } catch (OutOfMemoryError e) { // no more threads
            synchronized (this) {
                jobs.remove(job.id());
                running--;
            }
            throw e;
        }
        return job;
    }

    /** Forgets a job that is over. */
    public synchronized void forget(Job job) {
        if (job.state() != Job.State.RUNNING) {
            jobs.remove(job.id());
        }
    }

    private void announce(long id, boolean announced, Change.Action action) {
        if (announced) {
            changes.add(new Change(Change.Kind.JOB, Long.toString(id), action));
        }
    }

    private void over(long id, boolean announced) {
        synchronized (this) {
            running--;
            List<Long> over = new ArrayList<>();
            jobs.forEach((number, job) -> {
                if (job.state() != Job.State.RUNNING) {
                    over.add(number);
                }
            });
            jobs.keySet().removeAll(over.subList(0, Math.max(0, over.size() - MOST_OVER)));
        }
        announce(id, announced, Change.Action.CHANGED);
    }

    /** Returns a job, null: there is none of this number, or it was forgotten. */
    public synchronized @Nullable Job find(long id) {
        return jobs.get(id);
    }

    /** Returns all jobs, the oldest first. */
    public synchronized List<Job> list() {
        return List.copyOf(jobs.values());
    }

    /** Returns how many run. */
    public synchronized int running() {
        return running;
    }
}
