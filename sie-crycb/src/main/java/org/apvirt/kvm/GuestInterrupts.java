package org.apvirt.kvm;

import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Time;
import org.apvirt.sie.Gisa;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The adapter interruptions of one guest: its GISA, which of its interruption subclasses are registered with the host,
 * and the handler of the guest's operating system. Thread-safe.
 *
 * <p>There is a GISA only where the machine virtualizes adapter interruptions (AIV). A guest does not offer that to its
 * own guests.
 *
 * <p>Source: Linux {@code arch/s390/kvm/interrupt.c}, {@code kvm_s390_gisa_init}, {@code kvm_s390_gisc_register},
 * {@code kvm_s390_gisc_unregister}.
 */
public final class GuestInterrupts implements ApInterrupts {
    /** The host's interruption subclass for guest interruption alerts (network ISC of the GIB). */
    public static final int NISC = 5;
    /** Guest absolute address of the notification byte of the guest's operating system. */
    public static final long NOTIFICATION_BYTE = 0x200;

    private static final int NO_AIV_PAGE = 0x7fff_e000; // some page below 2 GiB
    private static final int ORIGIN_SHIFT = 20;
    private static final byte[] SET = {(byte) 0x80};

    private final ApPlatform host;
    private final Gisa gisa;
    private final Time time;
    private final int[] references = new int[Gisa.MAX_ISC + 1];
    private int gisaAddress; // set once, before anybody else knows this object
    private volatile @Nullable GuestMemory memory;
    private volatile @Nullable Runnable handler;

    private GuestInterrupts(ApPlatform host, Gisa gisa) {
        this.host = host;
        this.gisa = gisa;
        this.time = host.time();
    }

    /** Registers a guest's GISA with the machine, if that virtualizes adapter interruptions. */
    static GuestInterrupts on(ApPlatform host, Gisa gisa) {
        GuestInterrupts interrupts = new GuestInterrupts(host, gisa);
        interrupts.gisaAddress = host.interrupts().registerGisa(interrupts::pending);
        gisa.nextAlert(interrupts.gisaAddress); // its own address: not on the alert list
        return interrupts;
    }

    /** Returns the absolute address of the page that holds the guest's control blocks. */
    int pageAddress() {
        return hasGisa() ? gisaAddress - CryptoPage.GISA_OFFSET : NO_AIV_PAGE;
    }

    /** Returns where the guest's storage lies in host storage: a window of 4 GiB per page address. */
    long hostOriginOfMemory() {
        return (long) pageAddress() << ORIGIN_SHIFT;
    }

    /** Tells where notification bytes are; without it nothing is delivered. */
    void deliverTo(GuestMemory guestMemory) {
        memory = guestMemory;
    }

    /** The machine no longer delivers to this guest. */
    void close() {
        host.interrupts().unregisterGisa(gisaAddress);
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
    public synchronized int registerIsc(int gisc) {
        int refusal = refusal(gisc);
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
    public synchronized int unregisterIsc(int gisc) {
        int refusal = refusal(gisc);
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

    /** Returns how often a guest interruption subclass, 0..7, is registered. */
    public synchronized int references(int gisc) {
        return references[gisc];
    }

    private int refusal(int gisc) {
        if (!hasGisa()) {
            return KvmErrno.ENODEV;
        }
        return gisc < 0 || gisc > Gisa.MAX_ISC ? KvmErrno.ERANGE : 0;
    }

    /** The guest's operating system registers its handler. */
    @Override
    public long register(Runnable newHandler) {
        handler = newHandler;
        return NOTIFICATION_BYTE;
    }

    /** The machine makes an interruption pending. The guest's handler runs later, never inside an instruction. */
    private void pending(int gisc, long nib) {
        GuestMemory guestMemory = memory;
        if (guestMemory != null) {
            guestMemory.storage().storeAbsolute(guestMemory.guestAddress(nib), SET, 0, 1);
        }
        synchronized (this) {
            if (gisa.ipm() == 0) {
                time.schedule(0, this::deliver);
            }
            gisa.ipm(gisa.ipm() | Gisa.bit(gisc));
        }
    }

    /** A CPU of the guest takes all that is pending; without a handler it stays pending. */
    private void deliver() {
        Runnable registered = handler;
        if (registered != null) {
            synchronized (this) {
                gisa.ipm(0);
            }
            registered.run();
        }
    }
}
