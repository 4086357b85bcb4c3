package org.apvirt.sim;

import java.util.concurrent.atomic.AtomicBoolean;

import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.Storage;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Adapter interruptions of a simulated machine: sets the notification byte at once and calls the operating system's
 * handler a moment later, never inside the instruction that made the reply arrive. Signals that come before the handler
 * has run are one interruption, as the pending bit of a real interruption subclass is one bit.
 */
final class InterruptController implements ApInterrupts {
    /** Where the operating system's notification byte lies, in absolute storage. */
    static final long NOTIFICATION_BYTE = 0x200;

    private static final byte[] SET = {(byte) 0x80};

    private final Storage storage;
    private final Time time;
    private final boolean delivers;
    private final AtomicBoolean pending = new AtomicBoolean();
    private volatile @Nullable Runnable handler;

    InterruptController(Storage storage, Time time, boolean delivers) {
        this.storage = storage;
        this.time = time;
        this.delivers = delivers;
    }

    @Override
    public long register(Runnable handler) {
        this.handler = handler;
        return NOTIFICATION_BYTE;
    }

    /** Tells whether an address can be a notification byte of this machine. */
    boolean reaches(long nib) {
        return !delivers || storage.loadAbsolute(nib, new byte[1], 0, 1) == 0;
    }

    /** A first reply has arrived on a queue that interrupts. */
    void signal(long control, long nib) {
        if (!delivers) {
            return;
        }
        storage.storeAbsolute(nib, SET, 0, 1);
        if (pending.compareAndSet(false, true)) {
            time.schedule(0, this::deliver);
        }
    }

    private void deliver() {
        pending.set(false);
        Runnable registered = handler;
        if (registered != null) {
            registered.run();
        }
    }
}
