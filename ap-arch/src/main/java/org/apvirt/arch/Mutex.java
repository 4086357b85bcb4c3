// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * A lock that may be held while its holder waits for time or for a machine. An ordinary reentrant lock, but where time is
 * virtual and the holder is a {@link Background} thread, whoever wants the lock lets the clock move on until it is free.
 *
 * <p>Source: Linux {@code include/linux/mutex.h}.
 */
public final class Mutex extends ReentrantLock {
    private static final long serialVersionUID = 1;

    /** A free lock. */
    public Mutex() {}

    @Override
    public void lock() {
        while (!tryLock()) {
            if (!takeTurns(() -> !isLocked())) {
                super.lock();
                return;
            }
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        Thread thread = Thread.currentThread();
        Background self = Background.current();
        BooleanSupplier signalled = self != null ? self::isSignalled : thread::isInterrupted;
        while (!tryLock()) {
            if (thread.isInterrupted() || !takeTurns(() -> !isLocked() || signalled.getAsBoolean())) {
                super.lockInterruptibly();
                return;
            }
        }
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
