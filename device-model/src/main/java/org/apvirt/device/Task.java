// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.concurrent.locks.Lock;

/**
 * The program in whose name a thread is in the kernel, and what signals to it do to the thread's waits.
 *
 * <p>A pending signal is the interrupt status of the thread: {@link Thread#interrupt} sends one. As in Linux it stays pending
 * until the call returns, so every later interruptible wait of the same call ends at once. There are three kinds of waits:
 * <pre>
 *  interruptible    any signal ends it             {@link #lockInterruptibly}, {@link #signalPending} asked in a loop
 *  killable         only a fatal signal ends it    {@link #lockKillably}
 *  uninterruptible  nothing ends it                {@link Lock#lock}, {@link org.apvirt.arch.Time#sleep}
 * </pre>
 * What the kernel answers with ERESTARTSYS is EINTR here: a handler that wants the call restarted is the business of whoever
 * brings the call in.
 *
 * <p>Source: Linux {@code include/linux/sched/signal.h}, {@code signal_pending}, {@code fatal_signal_pending}; {@code
 * kernel/locking/mutex.c}.
 */
public interface Task {
    /** Returns the name of the program: {@code comm}, at most 15 bytes. */
    String command();

    /** Returns the number that the program's user knows it by. */
    long pid();

    /** Tells whether a signal is pending that will end the program. */
    boolean hasFatalSignal();

    /** Returns the one that the calling thread works for; a thread of Java that nobody sent is a program of its own. */
    static Task current() {
        Task sender = CurrentTask.BOUND.get();
        return sender == null ? CurrentTask.OF_THREAD : sender;
    }

    /** Has the calling thread work for a program from now on. */
    static void enter(Task task) {
        CurrentTask.BOUND.set(task);
    }

    /** Tells whether a signal is pending for the calling thread. */
    static boolean signalPending() {
        return Thread.currentThread().isInterrupted();
    }

    /**
     * Takes a lock unless a signal arrives first: {@code mutex_lock_interruptible}. A free lock is taken whatever is pending.
     *
     * @throws ErrnoException EINTR: a signal is pending; the lock is not held
     */
    static void lockInterruptibly(Lock lock) throws ErrnoException {
        if (lock.tryLock()) {
            return;
        }
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "a signal arrived before the lock");
        }
    }

    /**
     * Takes a lock unless a fatal signal arrives first: {@code mutex_lock_killable}.
     *
     * @throws ErrnoException EINTR: a fatal signal is pending; the lock is not held
     */
    static void lockKillably(Lock lock) throws ErrnoException {
        boolean signalled = false;
        try {
            while (!lock.tryLock()) {
                try {
                    lock.lockInterruptibly();
                    return;
                } catch (InterruptedException e) {
                    signalled = true; // taken back while we wait, so that the next signal wakes us
                    if (current().hasFatalSignal()) {
                        throw new ErrnoException(Errno.EINTR, "a fatal signal arrived before the lock");
                    }
                }
            }
        } finally {
            if (signalled) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
