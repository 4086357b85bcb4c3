// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

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

    private final LockOrder.Recorder recorder;
    private final @Nullable ReentrantLock[] locks = new @Nullable ReentrantLock[ORDER.length];
    private boolean underHook;

    private UpdateLocks(LockOrder.Recorder recorder) {
        this.recorder = recorder;
    }

    /** Starts with one lock; the following calls add to it. */
    static UpdateLocks first(LockOrder.Recorder recorder, LockOrder order, ReentrantLock lock) {
        return new UpdateLocks(recorder).then(order, lock);
    }

    /** Starts inside the PQAP hook, whose lock KVM holds. */
    static UpdateLocks underHook(LockOrder.Recorder recorder) {
        UpdateLocks held = new UpdateLocks(recorder);
        held.underHook = true;
        recorder.taken(LockOrder.HOOK);
        return held;
    }

    /** Takes one more lock, which comes later in the order. */
    UpdateLocks then(LockOrder order, ReentrantLock lock) {
        lock.lock();
        locks[order.ordinal()] = lock;
        recorder.taken(order);
        return this;
    }

    /** Takes the lock of a guest, if there is one. */
    UpdateLocks thenGuest(@Nullable KvmGuest guest) {
        return guest == null ? this : then(LockOrder.KVM, guest.lock());
    }

    /** Does something that takes and releases a lock of its own. */
    boolean within(LockOrder order, BooleanSupplier action) {
        recorder.taken(order);
        try {
            return action.getAsBoolean();
        } finally {
            recorder.released(order);
        }
    }

    /** Releases one lock before the others, the last one taken. */
    void release(LockOrder order) {
        ReentrantLock lock = locks[order.ordinal()];
        if (lock != null) {
            recorder.released(order);
            locks[order.ordinal()] = null;
            lock.unlock();
        }
    }

    @Override
    public void close() {
        for (int i = ORDER.length - 1; i >= 0; i--) {
            release(ORDER[i]);
        }
        if (underHook) {
            recorder.released(LockOrder.HOOK);
        }
    }
}
