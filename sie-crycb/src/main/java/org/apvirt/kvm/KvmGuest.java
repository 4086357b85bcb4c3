package org.apvirt.kvm;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.sie.Apcb1;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.CrycbFormat;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A virtual machine: its crypto page, its CPUs, its storage and the hook for PQAP(AQIC).
 *
 * <p>The format of the CRYCB is fixed when the machine is made: by facility 76 of the host and by APXA.
 *
 * <p>Source: Linux {@code arch/s390/kvm/kvm-s390.c}, {@code kvm_arch_init_vm}, {@code kvm_s390_crypto_init},
 * {@code kvm_arch_crypto_set_masks}.
 */
public final class KvmGuest {
    private static final int DEFAULT_MEMORY = 0x1_0000;
    private static final int CRYPTO_PAGE = 0x7ff0_0000; // where no AIV machine tells another address
    private static final long MEMORY_ORIGIN = 0x1_0000_0000L;

    private final ApPlatform host;
    private final CryptoPage page;
    private final int crycbd;
    private final GuestMemory memory;
    private final GuestInterrupts interrupts;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantReadWriteLock hookLock = new ReentrantReadWriteLock();
    private final List<KvmCpu> cpus = new CopyOnWriteArrayList<>();
    private final List<MaskListener> maskListeners = new CopyOnWriteArrayList<>();
    private @Nullable PqapHook hook; // written with hookLock held for writing

    /** Makes a virtual machine with a little storage, enough for the notification bytes of its AP bus. */
    public KvmGuest(ApPlatform host) {
        this.host = host;
        boolean apxa = hasApxa(new ApCommands(host.instructions(), host.facilities()));
        this.page = new CryptoPage(CRYPTO_PAGE);
        this.crycbd = page.crycbAddress() | CrycbFormat.choose(host.facilities().has(Facilities.MSA3), apxa).bits();
        this.memory = new GuestMemory(new ArrayStorage(DEFAULT_MEMORY), DEFAULT_MEMORY, MEMORY_ORIGIN);
        this.interrupts = new GuestInterrupts(page.gisa(), 0);
    }

    private static boolean hasApxa(ApCommands commands) {
        if (!commands.installed()) {
            return false;
        }
        ApConfigInfo config = commands.qci();
        return config != null && config.has(ApConfigInfo.APXA);
    }

    /** Returns the machine that this guest runs on. */
    public ApPlatform host() {
        return host;
    }

    /** Returns the guest's own lock ({@code kvm->lock}); changes of masks need it. */
    public ReentrantLock lock() {
        return lock;
    }

    /** Tells whether the guest has a CRYCB: its CRYCB designation is not 0. */
    public boolean hasCrycb() {
        return crycbd != 0;
    }

    /** Returns the CRYCB designation that the SIE blocks of this guest get: address and format. */
    public int crycbd() {
        return crycbd;
    }

    /** Returns the format of the CRYCB. */
    public CrycbFormat format() {
        return CrycbFormat.of(crycbd);
    }

    /** Returns a view of the CRYCB in the crypto page. */
    public Crycb crycb() {
        return page.crycb();
    }

    /** Returns the guest's storage. */
    public GuestMemory memory() {
        return memory;
    }

    /** Returns the guest's adapter interruptions. */
    public GuestInterrupts interrupts() {
        return interrupts;
    }

    /** Makes one more CPU. */
    public KvmCpu newCpu() {
        KvmCpu cpu = new KvmCpu(this);
        cpus.add(cpu);
        return cpu;
    }

    /** Returns the CPUs, in the order in which they were made. */
    public List<KvmCpu> cpus() {
        return List.copyOf(cpus);
    }

    /**
     * Replaces the guest's masks. When this returns, no instruction of the guest uses the old ones.
     *
     * @throws IllegalStateException if the caller does not hold {@link #lock()}
     */
    public void setMasks(ApMask apm, ApMask aqm, ApMask adm) {
        requireLock();
        crycb().masks(format(), apm, aqm, adm);
        tell(false, apm, aqm, adm);
    }

    /**
     * Takes all queues from the guest: both APCBs become zero.
     *
     * @throws IllegalStateException if the caller does not hold {@link #lock()}
     */
    public void clearMasks() {
        requireLock();
        crycb().clearMasks();
        tell(true, ApMask.NONE, ApMask.NONE, ApMask.NONE);
    }

    private void requireLock() {
        if (!lock.isHeldByCurrentThread()) {
            throw new IllegalStateException("the caller must hold the lock of the guest");
        }
    }

    private void tell(boolean isClear, ApMask apm, ApMask aqm, ApMask adm) {
        if (maskListeners.isEmpty()) {
            return;
        }
        byte[] apcb1 = Arrays.copyOf(crycb().apcb1().bytes(), Apcb1.MASKS_LENGTH);
        MaskChange change = new MaskChange(isClear, apm, aqm, adm, format(), crycb().apcb0().bytes(), apcb1);
        maskListeners.forEach(listener -> listener.onMasks(change));
    }

    /** Listens to changes of the masks until the returned handle is closed. */
    public AutoCloseable onMasks(MaskListener listener) {
        maskListeners.add(listener);
        return () -> maskListeners.remove(listener);
    }

    /** Installs the hook for PQAP(AQIC); false if there is one already. */
    public boolean installHook(PqapHook newHook) {
        hookLock.writeLock().lock();
        try {
            if (hook != null) {
                return false;
            }
            hook = newHook;
            return true;
        } finally {
            hookLock.writeLock().unlock();
        }
    }

    /** Removes the hook. When this returns, it is not running and will not be called again. */
    public void removeHook() {
        hookLock.writeLock().lock();
        try {
            hook = null;
        } finally {
            hookLock.writeLock().unlock();
        }
    }

    /** Returns the hook, null if there is none. */
    public @Nullable PqapHook hook() {
        hookLock.readLock().lock();
        try {
            return hook;
        } finally {
            hookLock.readLock().unlock();
        }
    }
}
