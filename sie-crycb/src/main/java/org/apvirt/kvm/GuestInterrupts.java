// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApInterrupts;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sie.Gisa;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The adapter interruptions of one guest: its GISA, which of its interruption subclasses are registered with the host,
 * and the handler of the guest's operating system. Thread-safe.
 *
 * <p>There is a GISA only where the machine virtualizes adapter interruptions (AIV), that is, stores to guests. A guest
 * does not do so for guests of its own. The machine writes the pending mask and gives the alert on one thread, its
 * clock's; the handler runs there, never inside an instruction.
 *
 * <p>Source: Linux {@code arch/s390/kvm/interrupt.c}, {@code kvm_s390_gisa_init}, {@code kvm_s390_gisc_register},
 * {@code kvm_s390_gisc_unregister}.
 */
public final class GuestInterrupts implements ApInterrupts {
    /** The host's interruption subclass for guest interruption alerts (network ISC of the GIB). */
    public static final int NISC = 5;
    /** Guest absolute address of the notification byte of the guest's operating system. */
    public static final long NOTIFICATION_BYTE = 0x200;

    private static final int SOME_PAGE = 0x7fff_e000; // where the machine places nothing

    private final ApInterrupts machine;
    private final Gisa gisa;
    private final int pageAddress;
    private final boolean hasGisa;
    private final int[] references = new int[Gisa.MAX_ISC + 1];
    private volatile @Nullable Runnable handler;

    /** Places the guest's crypto page into the storage of the machine, if that stores to guests. */
    GuestInterrupts(ApInterrupts machine, CryptoPage page) {
        long placed = machine.place(page.storage(), CryptoPage.LENGTH);
        this.machine = machine;
        this.gisa = page.gisa();
        this.hasGisa = placed != 0;
        this.pageAddress = hasGisa ? (int) placed : SOME_PAGE;
        gisa.nextAlert(gisaAddress()); // its own address: not on the alert list
    }

    /** From now on the handler of the guest's operating system is called. */
    void start() {
        if (hasGisa) {
            machine.onAlert(gisaAddress(), this::deliver);
        }
    }

    /** The machine no longer stores to this guest. */
    void close() {
        if (hasGisa) {
            machine.displace(pageAddress);
        }
    }

    /** Returns the absolute address of the page that holds the guest's control blocks. */
    int pageAddress() {
        return pageAddress;
    }

    /** Returns the absolute address of the GISA, 0 if adapter interruptions are not virtualized on this host. */
    public int gisaAddress() {
        return hasGisa ? pageAddress + CryptoPage.GISA_OFFSET : 0;
    }

    /** Tells whether the guest has a GISA. */
    public boolean hasGisa() {
        return hasGisa;
    }

    /** Returns the GISA. */
    public Gisa gisa() {
        return gisa;
    }

    /**
     * Registers a guest interruption subclass. The first registration makes it alert the host when no CPU of the guest
     * can take the interruption.
     *
     * @return the host's interruption subclass to use in AQIC
     * @throws ErrnoException ENODEV: no GISA. ERANGE: above 7
     */
    public synchronized int registerIsc(int gisc) throws ErrnoException {
        check(gisc);
        if (references[gisc]++ == 0) {
            gisa.iam(gisa.iam() | Gisa.bit(gisc));
        }
        return NISC;
    }

    /**
     * Takes one registration of a guest interruption subclass back.
     *
     * @throws ErrnoException ENODEV: no GISA. ERANGE: above 7. EINVAL: not registered
     */
    public synchronized void unregisterIsc(int gisc) throws ErrnoException {
        check(gisc);
        if (references[gisc] == 0) {
            throw new ErrnoException(Errno.EINVAL, "guest interruption subclass " + gisc + " is not registered");
        }
        if (--references[gisc] == 0) {
            gisa.iam(gisa.iam() & ~Gisa.bit(gisc));
        }
    }

    /** Returns how often a guest interruption subclass, 0..7, is registered. */
    public synchronized int references(int gisc) {
        return references[gisc];
    }

    private void check(int gisc) throws ErrnoException {
        if (!hasGisa) {
            throw new ErrnoException(Errno.ENODEV, "the guest has no GISA");
        }
        if (gisc < 0 || gisc > Gisa.MAX_ISC) {
            throw new ErrnoException(Errno.ERANGE, "guest interruption subclass " + gisc + " is above " + Gisa.MAX_ISC);
        }
    }

    /** The guest's operating system registers its handler. */
    @Override
    public long register(Runnable newHandler) {
        handler = newHandler;
        return NOTIFICATION_BYTE;
    }

    /** A CPU of the guest takes all that is pending; without a handler it stays pending. */
    private void deliver() {
        Runnable registered = handler;
        if (registered != null) {
            gisa.ipm(0);
            registered.run();
        }
    }
}
