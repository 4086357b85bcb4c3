// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.Storage;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Adapter interruptions of a simulated machine. The notification byte is set at once; the interruption follows a moment
 * later on the clock, never inside the instruction that made the reply arrive. Signals that come before the operating
 * system's handler has run are one interruption, as the pending bit of an interruption subclass is one bit.
 *
 * <p>A queue that was enabled with a GISA makes the guest's subclass pending there and alerts the hypervisor if the
 * alert mask says so; all of it on the clock's thread, so the pending mask has one writer.
 * <pre>
 *  GR1 of AQIC   bits 21-23 GISC   33-59 GISA origin
 *  GISA          offset 4: pending subclasses   offset 7: subclasses that alert; subclass 0 is the leftmost bit
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/ap.h}, {@code union ap_qirq_ctrl}; {@code asm/kvm_host_types.h},
 * {@code struct kvm_s390_gisa}.
 */
final class InterruptController implements ApInterrupts {
    /** Where the operating system's notification byte lies, in absolute storage. */
    static final long NOTIFICATION_BYTE = 0x200;

    private static final byte[] SET = {(byte) 0x80};
    private static final long GISA_ORIGIN = 0x7fff_fff0L;
    private static final int GISC_SHIFT = 40;
    private static final int GISA_IPM = 4;
    private static final int GISA_IAM = 7;

    private final AbsoluteStorage storage;
    private final Time time;
    private final boolean delivers;
    private final AtomicBoolean pending = new AtomicBoolean();
    private final ConcurrentSkipListMap<Long, Runnable> alerts = new ConcurrentSkipListMap<>(); // by GISA
    private volatile @Nullable Runnable handler;

    InterruptController(AbsoluteStorage storage, Time time, boolean delivers) {
        this.storage = storage;
        this.time = time;
        this.delivers = delivers;
    }

    @Override
    public long register(Runnable handler) {
        this.handler = handler;
        return NOTIFICATION_BYTE;
    }

    @Override
    public long place(Storage placed, long size) {
        return storage.place(placed, size);
    }

    @Override
    public void displace(long address) {
        storage.displace(address);
        alerts.subMap(address, address + AbsoluteStorage.PAGE).clear(); // a GISA never reaches beyond its page
    }

    @Override
    public void onAlert(long gisaAddress, Runnable alert) {
        alerts.put(gisaAddress, alert);
    }

    /** Tells whether an address can be a notification byte of this machine. */
    boolean reaches(long nib) {
        return !delivers || storage.loadAbsolute(nib, new byte[1], 0, 1) == 0;
    }

    /** Tells whether the GISA that a control word names, if any, lies in storage. */
    boolean reachesGisa(long control) {
        long gisa = control & GISA_ORIGIN;
        return !delivers || gisa == 0 || storage.loadAbsolute(gisa, new byte[1], 0, 1) == 0;
    }

    /** A first reply has arrived on a queue that interrupts. */
    void signal(long control, long nib) {
        if (!delivers) {
            return;
        }
        storage.storeAbsolute(nib, SET, 0, 1);
        long gisa = control & GISA_ORIGIN;
        if (gisa != 0) {
            time.schedule(0, () -> makePending(gisa, 0x80 >> (int) (control >> GISC_SHIFT & 7)));
        } else if (pending.compareAndSet(false, true)) {
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

    private void makePending(long gisa, int subclass) {
        byte[] mask = new byte[1];
        if (storage.loadAbsolute(gisa + GISA_IPM, mask, 0, 1) != 0) {
            return; // the guest is gone
        }
        mask[0] |= (byte) subclass;
        storage.storeAbsolute(gisa + GISA_IPM, mask, 0, 1);
        storage.loadAbsolute(gisa + GISA_IAM, mask, 0, 1);
        Runnable alert = alerts.get(gisa);
        if ((mask[0] & subclass) != 0 && alert != null) {
            alert.run();
        }
    }
}
