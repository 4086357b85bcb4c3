// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Mutex;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sie.Apcb;
import org.apvirt.sie.Apcb1;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.CrycbFormat;
import org.apvirt.sie.SieBlock;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A virtual machine: its crypto page, its CPUs, its storage and the hook for PQAP(AQIC). A new one has no queues, and its
 * AP instructions are not installed until {@link CryptoAttributes#ENABLE_APIE} is set.
 *
 * <p>The format of the CRYCB is fixed when the machine is made: by facility 76 of the host and by APXA.
 *
 * <p>A guest can itself be a host: {@code new KvmGuest(guest.platform())}. Each level checks the masks of its own CRYCB,
 * so a guest of any depth has the AND of all levels.
 *
 * <p>Locks: {@link #lock()} comes before the hook lock. A CPU holds neither under SIE.
 *
 * <p>Source: Linux {@code arch/s390/kvm/kvm-s390.c}, {@code kvm_arch_init_vm}, {@code kvm_s390_crypto_init},
 * {@code kvm_arch_crypto_set_masks}.
 */
public final class KvmGuest implements AutoCloseable {
    private final ApPlatform host;
    private final boolean hostHasAp;
    private final boolean hostHasApxa;
    private final CryptoPage page = new CryptoPage();
    private final int crycbd;
    private final GuestMemory memory;
    private final GuestInterrupts interrupts;
    private final GuestTime time;
    private final CryptoAttributes attributes;
    private final boolean statusInUpperHalf;
    private final ReentrantLock lock = new Mutex("kvm->lock");
    private final PqapHookSlot hookSlot = new PqapHookSlot();
    private final EntryGate gate = new EntryGate();
    private final List<KvmCpu> cpus = new CopyOnWriteArrayList<>();
    private final List<MaskListener> maskListeners = new CopyOnWriteArrayList<>();
    private volatile Facilities facilities;

    /** Makes a virtual machine with a little storage, enough for the notification byte of its AP bus. */
    public KvmGuest(ApPlatform host) {
        this(host, KvmOptions.small());
    }

    /** Makes a virtual machine. */
    public KvmGuest(ApPlatform host, KvmOptions options) {
        this.host = host;
        ApCommands commands = new ApCommands(host.instructions(), host.facilities());
        this.hostHasAp = commands.installed();
        this.statusInUpperHalf = options.statusInUpperHalf();
        this.interrupts = new GuestInterrupts(host.interrupts(), page);
        this.time = new GuestTime(host.time());
        this.memory = new GuestMemory(options.memory(), options.memoryBytes(), host.interrupts());
        boolean msa3 = host.facilities().has(Facilities.MSA3);
        this.hostHasApxa = hostHasAp && hasApxa(commands);
        this.crycbd = interrupts.pageAddress() + CryptoPage.CRYCB_OFFSET
                | CrycbFormat.choose(msa3, hostHasApxa).bits();
        this.facilities = interrupts.hasGisa() ? host.facilities() : host.facilities().without(Facilities.APQI);
        this.attributes = new CryptoAttributes(page.crycb(), hostHasAp, options);
        if (msa3) {
            attributes.wrapKeys();
        }
        interrupts.start();
    }

    private static boolean hasApxa(ApCommands commands) {
        ApConfigInfo config = commands.qci();
        return config != null && config.has(ApConfigInfo.APXA);
    }

    /** Returns the machine that this guest runs on. */
    public ApPlatform host() {
        return host;
    }

    /** Tells whether the machine that this guest runs on has AP instructions. */
    public boolean hostHasAp() {
        return hostHasAp;
    }

    /** Tells whether the machine that this guest runs on has APXA. */
    boolean hostHasApxa() {
        return hostHasApxa;
    }

    /** Returns the guest's own lock ({@code kvm->lock}); changes of masks need it. */
    public ReentrantLock lock() {
        return lock;
    }

    /** Tells whether the guest has a CRYCB: its CRYCB designation is not 0. Any machine made since Linux 5.0 has. */
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

    /** Returns a view of the masks that count. */
    public Apcb apcb() {
        return crycb().apcb(format());
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

    /** Returns what STFLE tells the guest. Facility 65 is offered only with AIV, the others if the host has them. */
    public Facilities facilities() {
        return facilities;
    }

    /**
     * Sets the facilities of the guest's CPU model. As in the kernel, nothing checks that the host has them.
     *
     * @throws ErrnoException EBUSY: the guest has a CPU already
     */
    public void cpuModel(Facilities model) throws ErrnoException {
        lock.lock();
        try {
            if (!cpus.isEmpty()) {
                throw new ErrnoException(Errno.EBUSY, "the virtual machine has a CPU");
            }
            facilities = model;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns if there is a device attribute.
     *
     * @throws ErrnoException ENXIO: there is none
     */
    public void hasAttribute(int group, int attribute) throws ErrnoException {
        if (group != CryptoAttributes.GROUP || !attributes.has(attribute)) {
            throw noAttribute(group, attribute);
        }
    }

    private static ErrnoException noAttribute(int group, int attribute) {
        return new ErrnoException(Errno.ENXIO, "attribute " + attribute + " of group " + group);
    }

    /**
     * Sets a device attribute; takes the lock, and takes the CPUs out of SIE meanwhile.
     *
     * @throws ErrnoException EINVAL: no facility 76. EOPNOTSUPP: no AP instructions on the host. ENXIO: no such attribute
     */
    public void setAttribute(int group, int attribute) throws ErrnoException {
        if (group != CryptoAttributes.GROUP) {
            throw noAttribute(group, attribute);
        }
        boolean msa3 = facilities.has(Facilities.MSA3);
        lock.lock();
        gate.block(cpus);
        try {
            attributes.set(attribute, msa3);
            cpus.forEach(cpu -> attributes.setUp(cpu.sieBlock(), crycbd, msa3));
        } finally {
            gate.open();
            lock.unlock();
        }
    }

    /**
     * Reads a device attribute: those of the crypto group cannot be read.
     *
     * @throws ErrnoException ENXIO, always
     */
    public void getAttribute(int group, int attribute) throws ErrnoException {
        throw noAttribute(group, attribute);
    }

    /** Makes one more CPU. */
    public KvmCpu newCpu() {
        lock.lock();
        try {
            KvmCpu cpu = new KvmCpu(this);
            SieBlock sie = cpu.sieBlock();
            if (interrupts.hasGisa()) {
                sie.gd(interrupts.gisaAddress() | SieBlock.GISA_FORMAT_1);
                sie.eca(sie.eca() | SieBlock.ECA_AIV);
            }
            attributes.setUp(sie, crycbd, facilities.has(Facilities.MSA3));
            cpus.add(cpu);
            return cpu;
        } finally {
            lock.unlock();
        }
    }

    /** Returns what the guest's operating system is booted on. Its instructions are a CPU made for it. */
    public ApPlatform platform() {
        return new ApPlatform(newCpu(), facilities, ApFirmware.UNSUPPORTED, interrupts, time);
    }

    /**
     * Replaces the guest's masks. When this returns, no instruction of the guest uses the old ones.
     *
     * @throws IllegalStateException if the caller does not hold {@link #lock()}
     */
    public void setMasks(ApMask apm, ApMask aqm, ApMask adm) {
        changeMasks(false, apm, aqm, adm);
    }

    /**
     * Takes all queues from the guest: both APCBs become zero.
     *
     * @throws IllegalStateException if the caller does not hold {@link #lock()}
     */
    public void clearMasks() {
        changeMasks(true, ApMask.NONE, ApMask.NONE, ApMask.NONE);
    }

    private void changeMasks(boolean isClear, ApMask apm, ApMask aqm, ApMask adm) {
        if (!lock.isHeldByCurrentThread()) {
            throw new IllegalStateException("the caller must hold the lock of the guest");
        }
        gate.block(cpus);
        try {
            if (isClear) {
                crycb().clearMasks();
            } else {
                apcb().masks(apm, aqm, adm);
            }
            cpus.forEach(KvmCpu::requestVsieRestart);
            if (!maskListeners.isEmpty()) {
                byte[] apcb1 = Arrays.copyOf(crycb().apcb1().bytes(), Apcb1.MASKS_LENGTH);
                MaskChange change = new MaskChange(isClear, apm, aqm, adm, format(), crycb().apcb0().bytes(), apcb1);
                maskListeners.forEach(listener -> listener.onMasks(change));
            }
        } finally {
            gate.open();
        }
    }

    /** Listens to changes of the masks until the returned handle is closed. */
    public AutoCloseable onMasks(MaskListener listener) {
        maskListeners.add(listener);
        return () -> maskListeners.remove(listener);
    }

    /** Tells who keeps the CPUs out of SIE while control blocks change. */
    EntryGate gate() {
        return gate;
    }

    /** Tells whether PQAP(AQIC) without a hook is answered as the kernel does: status in the upper half of GR1. */
    boolean statusInUpperHalf() {
        return statusInUpperHalf;
    }

    /** Installs the hook for PQAP(AQIC); false if there is one already. */
    public boolean installHook(PqapHook newHook) {
        return hookSlot.install(newHook);
    }

    /** Removes the hook. When this returns, it is not running and will not be called again. */
    public void removeHook() {
        hookSlot.remove();
    }

    /** Returns the hook, null if there is none. */
    public @Nullable PqapHook hook() {
        return hookSlot.hook();
    }

    /** Returns where the hook is kept. */
    PqapHookSlot hookSlot() {
        return hookSlot;
    }

    /** The virtual machine is gone: the host no longer stores to it, and its clock stands still. */
    @Override
    public void close() {
        time.stop();
        interrupts.close();
        memory.close();
    }
}
