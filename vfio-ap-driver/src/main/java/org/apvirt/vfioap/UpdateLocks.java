// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.kvm.KvmGuest;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The locks that one operation holds, taken in the one legal order (see {@link LockOrder}) and released in reverse.
 * The handle remembers which locks it took: the guest may leave the mdev while they are held. Methods that touch what
 * the locks guard take the handle, so they cannot be called without it.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code get_update_locks_for_mdev} and its siblings.
 */
final class UpdateLocks implements AutoCloseable {
    private static final LockOrder[] ORDER = LockOrder.values();

    private final @Nullable ReentrantLock[] locks = new @Nullable ReentrantLock[ORDER.length];

    private UpdateLocks() {}

    /** Starts with one lock; the following calls add to it. */
    static UpdateLocks first(LockOrder order, ReentrantLock lock) {
        return new UpdateLocks().then(order, lock);
    }

    /** Takes one more lock, which comes later in the order. */
    UpdateLocks then(LockOrder order, ReentrantLock lock) {
        lock.lock();
        locks[order.ordinal()] = lock;
        return this;
    }

    /** Takes the lock of a guest, if there is one. */
    UpdateLocks thenGuest(@Nullable KvmGuest guest) {
        return guest == null ? this : then(LockOrder.KVM, guest.lock());
    }

    /**
     * Checks that a lock is held, as the kernel does with {@code lockdep_assert_held}: whoever touches what it guards.
     *
     * @throws IllegalStateException it is not
     */
    void require(LockOrder order) {
        if (locks[order.ordinal()] == null) {
            throw new IllegalStateException("the lock " + order + " is not held");
        }
    }

    /** Checks that one of two locks is held, either of which keeps something as it is. */
    void requireEither(LockOrder first, LockOrder second) {
        if (locks[first.ordinal()] == null) {
            require(second);
        }
    }

    /** Releases one lock before the others, the last one taken. */
    void release(LockOrder order) {
        ReentrantLock lock = locks[order.ordinal()];
        if (lock != null) {
            locks[order.ordinal()] = null;
            lock.unlock();
        }
    }

    @Override
    public void close() {
        for (int i = ORDER.length - 1; i >= 0; i--) {
            release(ORDER[i]);
        }
    }
}
