// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.concurrent.locks.ReentrantReadWriteLock;

import org.apvirt.arch.ApRegisters;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The one place of a guest for a {@link PqapHook}. CPUs call it side by side; installing and removing wait for them.
 * Source: Linux {@code arch/s390/include/asm/kvm_host.h}, {@code pqap_hook_rwsem}.
 */
final class PqapHookSlot {
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private @Nullable PqapHook hook; // written with the lock held for writing

    /** Installs a hook; false if there is one already. */
    boolean install(PqapHook newHook) {
        lock.writeLock().lock();
        try {
            if (hook != null) {
                return false;
            }
            hook = newHook;
            return true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Removes the hook, after the last call of it has returned. */
    void remove() {
        lock.writeLock().lock();
        try {
            hook = null;
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Nullable
    PqapHook hook() {
        lock.readLock().lock();
        try {
            return hook;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Calls the hook; null if there is none. */
    @Nullable
    PqapOutcome call(KvmCpu cpu, ApRegisters registers) {
        lock.readLock().lock();
        try {
            return hook == null ? null : hook.handle(cpu, registers);
        } finally {
            lock.readLock().unlock();
        }
    }
}
