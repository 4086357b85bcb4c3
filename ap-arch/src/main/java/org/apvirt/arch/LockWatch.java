// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Is told of each named lock that any thread takes or releases, so that a test can prove the order in which locks are
 * taken even where no deadlock happened. One for the whole program, as Linux has one lockdep; none unless a test asks.
 *
 * <p>Source: Linux {@code kernel/locking/lockdep.c}.
 */
public abstract class LockWatch implements AutoCloseable {
    private static volatile @Nullable LockWatch present;

    /** A watch that is not told anything yet. */
    protected LockWatch() {}

    /** Begins to tell this watch, and no other, until it is closed. */
    public final void begin() {
        present = this;
    }

    /** Ends what {@link #begin} began. */
    @Override
    public final void close() {
        present = null;
    }

    /** The calling thread has taken a lock, and did not hold it before. */
    protected abstract void onTaken(String lock);

    /** The calling thread is about to release a lock. */
    protected abstract void onReleased(String lock);

    /** Tells the watch, if there is one. Owners of locks that are no {@link Mutex} call it. */
    public static void taken(String lock) {
        LockWatch watch = present;
        if (watch != null) {
            watch.onTaken(lock);
        }
    }

    /** Tells the watch, if there is one. */
    public static void released(String lock) {
        LockWatch watch = present;
        if (watch != null) {
            watch.onReleased(lock);
        }
    }
}
