// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.concurrent.locks.ReentrantLock;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Mutex;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Driver;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.Task;

/**
 * Which queues the host keeps for its own drivers: an APQN is reserved for them if its adapter is in apmask and its
 * domain in aqmask. Source: Linux {@code ap_bus.c}, {@code struct ap_perms}, {@code apmask_store}, {@code aqmask_store}.
 */
public final class ApPermissions {
    /** Of drivers that are tried in turn, for each queue: nobody is told why, and it has no stack trace. */
    private static final ErrnoException NOT_FOR_THIS_DRIVER = new ErrnoException(Errno.ENODEV,
            "the queue is not for this driver");

    private final ApBus bus;
    private final Kernel kernel;
    private final ReentrantLock lock = new Mutex("ap_attr_mutex");
    // Written with the lock held; the pair is read as two values, as in the kernel
    private volatile ApMask apmask;
    private volatile ApMask aqmask;
    @GuardedBy("lock")
    private int overrides; // queues with a driver_override
    @GuardedBy("lock")
    private boolean masksInUse; // a write left one of them less than full

    ApPermissions(ApBus bus, ApMask apmask, ApMask aqmask) {
        this.bus = bus;
        this.kernel = bus.kernel();
        this.apmask = apmask;
        this.aqmask = aqmask;
    }

    /** Returns the lock that keeps the masks as they are: {@code ap_attr_mutex}, {@code ap_perms_mutex}. */
    public ReentrantLock lock() {
        return lock;
    }

    /** Returns the adapters kept for the host. */
    public ApMask apmask() {
        return apmask;
    }

    /** Returns the domains kept for the host. */
    public ApMask aqmask() {
        return aqmask;
    }

    /** Tells whether the masks reserve an APQN for the host's own drivers. */
    public boolean reservedForDefault(Apqn apqn) {
        return apmask.contains(apqn.apid()) && aqmask.contains(apqn.apqi());
    }

    /**
     * Tells whether the host's own drivers own one of the APQNs of the product of two masks: reserved by the masks, or,
     * for a bound queue with a {@code driver_override}, bound to one of them.
     *
     * @throws IllegalStateException the caller does not hold {@link #lock()}
     */
    @SuppressWarnings("GuardedBy") // asked for in the first line
    public boolean ownedByDefaultDriver(ApMask apm, ApMask aqm) {
        if (!lock.isHeldByCurrentThread()) {
            throw new IllegalStateException("the caller must hold the lock of the masks");
        }
        if (overrides == 0) {
            return apmask.intersects(apm) && aqmask.intersects(aqm);
        }
        for (int apid = apm.next(0); apid >= 0; apid = apm.next(apid + 1)) {
            for (int apqi = aqm.next(0); apqi >= 0; apqi = aqm.next(apqi + 1)) {
                if (ownedByDefaultDriver(new Apqn(apid, apqi))) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean ownedByDefaultDriver(Apqn apqn) {
        ApQueue queue = bus.queue(apqn);
        if (queue != null && queue.driverOverride() != null && queue.driver() instanceof ApDriver driver) {
            return driver.isDefault();
        }
        return reservedForDefault(apqn); // an unbound queue too, whatever its override
    }

    /**
     * Decides whether a driver may have a queue.
     *
     * @param byHand an administrator named both
     * @throws ErrnoException ENODEV: it may not
     */
    void requireMayProbe(ApQueue queue, ApDriver driver, boolean byHand) throws ErrnoException {
        String override = queue.driverOverride();
        boolean allowed;
        if (override != null) {
            allowed = override.equals(driver.name());
        } else {
            // Differs from Linux: at a level whose masks do not reserve, naming driver and queue is enough.
            allowed = byHand && !kernel.has(ApQuirk.MASKS_RESERVE)
                    || reservedForDefault(queue.apqn()) == driver.isDefault();
        }
        if (!allowed) {
            throw byHand
                    ? new ErrnoException(Errno.ENODEV, queue.name() + " is not for driver " + driver.name())
                    : NOT_FOR_THIS_DRIVER;
        }
    }

    /**
     * A write to {@code apmask}: checks, stores, moves the queues concerned to the drivers they now belong to.
     *
     * @throws ErrnoException EINVAL: bad text, or a queue has a driver_override. EBUSY: a driver's clients use an APQN
     *     that would be reserved. EINTR: a signal arrived while an assignment held the masks
     */
    void storeApmask(String text) throws ErrnoException {
        ApMask before;
        ApMask wanted;
        Task.lockInterruptibly(lock);
        try {
            before = apmask;
            wanted = wanted(text, before);
            ApMask added = wanted.minus(before);
            requireUnused(added, kernel.has(ApQuirk.MASK_GROWTH_CHECKS_ALL_IDS) ? ApMask.ALL : aqmask, added);
            apmask = wanted;
            noteUse(!wanted.equals(before));
        } finally {
            lock.unlock();
        }
        if (!wanted.equals(before)) {
            revise(before, aqmask);
            bus.root().uevent("change", "APMASK=" + wanted + '\n');
        }
    }

    /** A write to {@code aqmask}, like {@link #storeApmask}. */
    void storeAqmask(String text) throws ErrnoException {
        ApMask before;
        ApMask wanted;
        Task.lockInterruptibly(lock);
        try {
            before = aqmask;
            wanted = wanted(text, before);
            ApMask added = wanted.minus(before);
            requireUnused(kernel.has(ApQuirk.MASK_GROWTH_CHECKS_ALL_IDS) ? ApMask.ALL : apmask, added, added);
            aqmask = wanted;
            noteUse(!wanted.equals(before));
        } finally {
            lock.unlock();
        }
        if (!wanted.equals(before)) {
            revise(apmask, before);
            bus.root().uevent("change", "AQMASK=" + wanted + '\n');
        }
    }

    /** Only a write that changes a mask looks: what the kernel command line gave counts as use from then on. */
    @GuardedBy("lock")
    private void noteUse(boolean changed) {
        if (changed) {
            masksInUse = !apmask.equals(ApMask.ALL) || !aqmask.equals(ApMask.ALL);
        }
    }

    @GuardedBy("lock")
    private ApMask wanted(String text, ApMask present) throws ErrnoException {
        if (overrides != 0) {
            throw new ErrnoException(Errno.EINVAL, overrides + " queues have a driver_override");
        }
        return MaskText.parse(text, present, kernel.has(DeviceQuirk.NUMBERS_WRAP));
    }

    private void requireUnused(ApMask apm, ApMask aqm, ApMask added) throws ErrnoException {
        if (added.isEmpty()) {
            return;
        }
        for (Driver<ApDevice> driver : bus.drivers()) {
            if (driver instanceof ApDriver apDriver && apDriver.inUse(apm, aqm)) {
                throw new ErrnoException(Errno.EBUSY, "clients of " + driver.name() + " use one of these APQNs");
            }
        }
    }

    /** Moves each queue whose driver is of the wrong kind, in the order of the bus's list. */
    private void revise(ApMask apmBefore, ApMask aqmBefore) {
        for (ApDevice device : bus.devices()) {
            if (device instanceof ApQueue queue && mustMove(queue, apmBefore, aqmBefore)) {
                bus.reprobe(queue);
            }
        }
    }

    private boolean mustMove(ApQueue queue, ApMask apmBefore, ApMask aqmBefore) {
        Driver<?> bound = queue.driver();
        String override = queue.driverOverride();
        if (override != null) {
            return bound == null || !override.equals(bound.name());
        }
        Apqn apqn = queue.apqn();
        boolean reserved = reservedForDefault(apqn);
        if (!kernel.has(ApQuirk.MASKS_RESERVE)
                && reserved == (apmBefore.contains(apqn.apid()) && aqmBefore.contains(apqn.apqi()))) {
            // Differs from Linux: where binding by hand decides, a mask moves only the queues it names anew.
            return false;
        }
        boolean isDefault = bound == null
                ? kernel.has(ApQuirk.UNBOUND_COUNTS_AS_DEFAULT)
                : bound instanceof ApDriver driver && driver.isDefault();
        return reserved != isDefault;
    }

    /**
     * A write to {@code driver_override}; it takes effect at the next binding.
     *
     * @throws ErrnoException EINVAL: the masks are in use, that is a write left them not both full; or the text fills a
     *     page
     */
    void storeOverride(ApQueue queue, String text) throws ErrnoException {
        lock.lock();
        try {
            if (masksInUse) {
                throw new ErrnoException(Errno.EINVAL, "apmask and aqmask are in use");
            }
            if (text.length() >= 4095) {
                throw new ErrnoException(Errno.EINVAL, "driver_override of " + text.length() + " characters");
            }
            int nul = text.indexOf('\0');
            String line = nul < 0 ? text : text.substring(0, nul);
            int newline = line.indexOf('\n');
            String name = newline < 0 ? line : line.substring(0, newline);
            String before = queue.driverOverride;
            queue.driverOverride = name.isEmpty() ? null : name;
            overrides += (name.isEmpty() ? 0 : 1) - (before == null ? 0 : 1);
        } finally {
            lock.unlock();
        }
    }
}
