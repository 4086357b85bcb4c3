// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.Time;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.kvm.GuestMemory;
import org.apvirt.kvm.KvmGuest;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The interruption of one queue that a guest enabled: what the host pinned and registered for it.
 *
 * <p>Differs from Linux: the page of the notification byte is pinned in the guest's storage itself, not looked up in the
 * mappings of the VFIO container, so a user that mapped nothing is served too.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_irq_enable}, {@code vfio_ap_irq_disable},
 * {@code vfio_ap_free_aqic_resources}. Guarded by the lock of the mdevs' contents.
 */
final class QueueInterrupt {
    private static final int TRIES = 5;
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int GISC_SHIFT = 40;
    private static final long GISA_ORIGIN = 0x7fff_fff0L;

    private record Resources(KvmGuest guest, int gisc, long nib) {}

    private final Apqn apqn;
    private @Nullable Resources resources;

    QueueInterrupt(Apqn apqn) {
        this.apqn = apqn;
    }

    /** Tells whether the guest's notification byte lies in a range of guest addresses. */
    boolean usesAddressIn(long from, long length) {
        Resources own = resources;
        return own != null && Long.compareUnsigned(own.nib - from, length) < 0;
    }

    /** Gives back the page and the interruption subclass, if there are any. */
    void free() {
        Resources own = resources;
        if (own != null) {
            resources = null;
            release(own.guest, own.gisc, own.nib);
        }
    }

    private static void release(KvmGuest guest, int gisc, long nib) {
        try {
            guest.interrupts().unregisterIsc(gisc);
        } catch (ErrnoException e) {
            throw new IllegalStateException("it was registered", e);
        }
        guest.memory().unpin(nib);
    }

    /**
     * Enables interruption for the guest.
     *
     * @param gisc the guest's interruption subclass, 0..7
     * @param nib guest address of the notification byte
     * @return status word for the guest: 06 if the byte or the subclass cannot be used, else what AQIC answered
     */
    int enable(KvmGuest guest, int gisc, long nib, ApCommands commands, Kernel kernel) {
        long hostNib = nib == 0 ? GuestMemory.NOT_MAPPED : guest.memory().pin(nib);
        if (hostNib == GuestMemory.NOT_MAPPED) {
            return ApQueueStatus.wordOf(ApResponseCode.INVALID_ADDRESS);
        }
        if (!guest.memory().isReachable(nib)) { // a protected guest did not share the page
            guest.memory().unpin(nib);
            return ApQueueStatus.wordOf(ApResponseCode.INVALID_ADDRESS);
        }
        int isc;
        try {
            isc = guest.interrupts().registerIsc(gisc);
        } catch (ErrnoException e) {
            guest.memory().unpin(nib);
            return ApQueueStatus.wordOf(ApResponseCode.INVALID_ADDRESS);
        }
        long control = Pqap.AQIC_IR | (long) gisc << GISC_SHIFT | guest.interrupts().gisaAddress() & GISA_ORIGIN | isc;
        int status = commands.aqic(apqn, control, hostNib);
        switch (ApResponseCode.of(ApQueueStatus.responseCode(status))) {
            case NORMAL -> {
                free(); // those of an earlier registration
                resources = new Resources(guest, gisc, nib);
            }
            case OTHERWISE_CHANGED -> release(guest, gisc, nib);
            default -> {
                // Differs from Linux: the page and subclass of this attempt are given back too, not leaked.
                release(guest, gisc, nib);
                kernel.log(String.format("vfio_ap_irq_enable: apqn %04x: response: %02x", apqn.qid(),
                        ApQueueStatus.responseCode(status)));
                disable(commands, kernel);
            }
        }
        return status;
    }

    /**
     * Disables interruption and waits until the machine says that it is off.
     *
     * @return status word for the guest
     */
    int disable(ApCommands commands, Kernel kernel) {
        Time time = kernel.time();
        int status = 0;
        for (int attempt = 0; attempt <= TRIES; attempt++) {
            status = commands.aqic(apqn, 0, 0);
            switch (ApResponseCode.of(ApQueueStatus.responseCode(status))) {
                case NORMAL, OTHERWISE_CHANGED -> {
                    awaitOff(commands, time);
                    free();
                    return status;
                }
                case RESET_IN_PROGRESS, BUSY -> time.sleep(INTERVAL_NANOS);
                default -> {
                    warnNotDisabled(kernel, status);
                    return status;
                }
            }
        }
        warnNotDisabled(kernel, status);
        return status;
    }

    private void warnNotDisabled(Kernel kernel, int status) {
        kernel.log("------------[ cut here ]------------");
        kernel.log("vfio_ap_irq_disable: aqic status " + ApQueueStatus.responseCode(status));
        kernel.log("WARNING: vfio_ap");
        kernel.log("---[ end trace 0000000000000000 ]---");
        free();
    }

    private void awaitOff(ApCommands commands, Time time) {
        for (int i = 0; i < TRIES; i++) {
            int status = commands.tapq(apqn);
            switch (ApResponseCode.of(ApQueueStatus.responseCode(status))) {
                case NORMAL, RESET_IN_PROGRESS -> {
                    if ((status & ApQueueStatus.IRQ_ENABLED) == 0) {
                        return;
                    }
                }
                case BUSY -> {
                } // asked again
                default -> {
                    return; // no queue, no interruption
                }
            }
            time.sleep(INTERVAL_NANOS);
        }
    }
}
