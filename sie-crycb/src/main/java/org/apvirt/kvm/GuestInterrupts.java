package org.apvirt.kvm;

import org.apvirt.sie.Gisa;

/**
 * The adapter interruptions of one guest: its GISA, and which of its interruption subclasses are registered.
 * Source: Linux {@code arch/s390/kvm/interrupt.c}, {@code kvm_s390_gisc_register}, {@code kvm_s390_gisc_unregister}.
 */
public final class GuestInterrupts {
    /** The host's interruption subclass for guest interruption alerts (network ISC of the GIB). */
    public static final int NISC = 5;

    private final Gisa gisa;
    private final int gisaAddress;
    private final int[] references = new int[Gisa.MAX_ISC + 1]; // guarded by this

    /**
     * Describes the interruptions of a guest.
     *
     * @param gisaAddress absolute address of the GISA, 0 if the guest has none
     */
    GuestInterrupts(Gisa gisa, int gisaAddress) {
        this.gisa = gisa;
        this.gisaAddress = gisaAddress;
        gisa.nextAlert(gisaAddress); // not on the alert list
    }

    /** Returns the absolute address of the GISA, 0 if adapter interruptions are not virtualized on this host. */
    public int gisaAddress() {
        return gisaAddress;
    }

    /** Tells whether the guest has a GISA. */
    public boolean hasGisa() {
        return gisaAddress != 0;
    }

    /** Returns the GISA. */
    public Gisa gisa() {
        return gisa;
    }

    /**
     * Registers a guest interruption subclass. The first registration makes it alert the host when no CPU of the guest
     * can take the interruption.
     *
     * @return the host's interruption subclass to use in AQIC, or ENODEV: no GISA, ERANGE: above 7
     */
    public synchronized int register(int gisc) {
        int refusal = check(gisc);
        if (refusal != 0) {
            return refusal;
        }
        if (references[gisc]++ == 0) {
            gisa.iam(gisa.iam() | Gisa.bit(gisc));
        }
        return NISC;
    }

    /**
     * Takes one registration of a guest interruption subclass back.
     *
     * @return 0, or ENODEV: no GISA, ERANGE: above 7, EINVAL: not registered
     */
    public synchronized int unregister(int gisc) {
        int refusal = check(gisc);
        if (refusal != 0) {
            return refusal;
        }
        if (references[gisc] == 0) {
            return KvmErrno.EINVAL;
        }
        if (--references[gisc] == 0) {
            gisa.iam(gisa.iam() & ~Gisa.bit(gisc));
        }
        return 0;
    }

    /** Returns how often a guest interruption subclass is registered. */
    public synchronized int references(int gisc) {
        return references[gisc];
    }

    private int check(int gisc) {
        if (!hasGisa()) {
            return KvmErrno.ENODEV;
        }
        return gisc < 0 || gisc > Gisa.MAX_ISC ? KvmErrno.ERANGE : 0;
    }
}
