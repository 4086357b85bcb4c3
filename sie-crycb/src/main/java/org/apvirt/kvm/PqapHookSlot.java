// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.LockWatch;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The one place of a guest for a {@link PqapHook}. CPUs call it side by side; installing and removing wait for them.
 * Source: Linux {@code arch/s390/include/asm/kvm_host.h}, {@code pqap_hook_rwsem}.
 */
final class PqapHookSlot {
    private static final String NAME = "pqap_hook_rwsem";

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private @Nullable PqapHook hook; // written with the lock held for writing

    /** Installs a hook; false if there is one already. */
    boolean install(PqapHook newHook) {
        take(lock.writeLock());
        try {
            if (hook != null) {
                return false;
            }
            hook = newHook;
            return true;
        } finally {
            release(lock.writeLock());
        }
    }

    /** Removes the hook, after the last call of it has returned. */
    void remove() {
        take(lock.writeLock());
        try {
            hook = null;
        } finally {
            release(lock.writeLock());
        }
    }

    @Nullable
    PqapHook hook() {
        take(lock.readLock());
        try {
            return hook;
        } finally {
            release(lock.readLock());
        }
    }

    /** Calls the hook; null if there is none. */
    @Nullable
    PqapOutcome call(KvmCpu cpu, ApRegisters registers) {
        take(lock.readLock());
        try {
            return hook == null ? null : hook.handle(cpu, registers);
        } finally {
            release(lock.readLock());
        }
    }

    private static void take(Lock part) {
        part.lock();
        LockWatch.taken(NAME);
    }

    private static void release(Lock part) {
        LockWatch.released(NAME);
        part.unlock();
    }
}
