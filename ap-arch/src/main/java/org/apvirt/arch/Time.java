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
     * Runs a task later. Tasks are short and do not block.
     *
     * @param delayNanos how much later, in nanoseconds; negative counts as 0
     */
    Task schedule(long delayNanos, Runnable task);
}
