// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A lock that may be held while its holder waits for time or for a machine. An ordinary reentrant lock, but where time is
 * virtual and the holder is a {@link Background} thread, whoever wants the lock lets the clock move on until it is free.
 *
 * <p>Source: Linux {@code include/linux/mutex.h}.
 */
public final class Mutex extends ReentrantLock {
    private static final long serialVersionUID = 1;

    private final @Nullable String name;

    /** A free lock that no {@link LockWatch} is told of. */
    public Mutex() {
        this.name = null;
    }

    /** A free lock with a name, that of the kernel where it has one. */
    public Mutex(String name) {
        this.name = name;
    }

    @Override
    public void lock() {
        while (!super.tryLock()) {
            if (!takeTurns(() -> !isLocked())) {
                super.lock();
                break;
            }
        }
        tellTaken();
    }

    @Override
    public boolean tryLock() {
        boolean taken = super.tryLock();
        if (taken) {
            tellTaken();
        }
        return taken;
    }

    @Override
    public void unlock() {
        if (name != null && getHoldCount() == 1) {
            LockWatch.released(name);
        }
        super.unlock();
    }

    private void tellTaken() {
        if (name != null && getHoldCount() == 1) {
            LockWatch.taken(name);
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        Thread thread = Thread.currentThread();
        Background self = Background.current();
        BooleanSupplier signalled = self != null ? self::isSignalled : thread::isInterrupted;
        while (!super.tryLock()) {
            if (thread.isInterrupted() || !takeTurns(() -> !isLocked() || signalled.getAsBoolean())) {
                super.lockInterruptibly();
                break;
            }
        }
        tellTaken();
    }

    /** Lets others have their turns; false if that is not how the lock becomes free. */
    private boolean takeTurns(BooleanSupplier ready) {
        Background self = Background.current();
        if (self != null) {
            self.await(ready);
            return true;
        }
        Thread owner = getOwner();
        VirtualTime time = owner == null ? null : VirtualTime.ofBackground(owner);
        if (time != null) {
            time.await(ready, Long.MAX_VALUE);
        }
        return time != null || owner == null;
    }
}
