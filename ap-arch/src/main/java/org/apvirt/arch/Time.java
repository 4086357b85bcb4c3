// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/** The one source of time of a machine and of the operating systems on it. */
public interface Time {
    /** Something that will run later. */
    interface Task {
        /** Takes the task back; nothing happens if it runs or has run. */
        void cancel();
    }

    /** Returns nanoseconds since some fixed point; never runs backwards. */
    long nanos();

    /**
     * Lets the calling thread wait. Where time is virtual the clock moves on at once; a task that becomes due by that
     * runs when somebody advances the clock, not inside the waiting thread, which may hold locks. An interrupt does not end
     * the wait and stays pending.
     *
     * @param nanos how long, in nanoseconds
     */
    void sleep(long nanos);

    /**
     * Lets the calling thread, which holds nothing that a task needs, wait until something has happened. Where time is
     * virtual, the clock moves from task to task meanwhile.
     *
     * @param nanos how long at most, in nanoseconds; {@link Long#MAX_VALUE}: for ever
     * @param interruptibly an interrupt ends the wait; it stays pending either way
     */
    Completion.Outcome await(Completion completion, long nanos, boolean interruptibly);

    /**
     * Runs a task later. Tasks are short and do not block.
     *
     * @param delayNanos how much later, in nanoseconds; negative counts as 0
     */
    Task schedule(long delayNanos, Runnable task);
}
