// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApQueue;
import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Mutex;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Device;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.mdev.MdevParent;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The matrix device: the queues that the host gave up for guests, and the mediated devices to which they are assigned.
 * Source: Linux {@code vfio_ap_private.h}, {@code struct ap_matrix_dev}.
 */
public final class MatrixDevice extends Device {
    private static final AttributeGroup<MatrixDevice> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.ro("features", MatrixDevice::showFeatures));

    private final MatrixBus matrixBus;
    private final ApBus apBus;
    private final QueueResets resets;
    private final ReentrantLock deviceLock = new Mutex();

    private final ReentrantLock guestsLock = new Mutex("guests_lock");
    private final ReentrantLock mdevsLock = new Mutex("mdevs_lock");
    private final SequencedSet<MatrixMdev> mdevs = new LinkedHashSet<>(); // newest first; guarded by guestsLock
    private final Claims claims = new Claims(); // changes need guestsLock and mdevsLock
    private volatile ApConfigInfo host; // written with both locks held
    private volatile @Nullable MdevParent parent;

    MatrixDevice(Device root, MatrixBus matrixBus, ApBus apBus) {
        super(root.kernel(), root);
        this.matrixBus = matrixBus;
        this.apBus = apBus;
        this.resets = new QueueResets(root.kernel(), apBus.commands());
        this.host = meaningful(apBus.commands().qci());
    }

    /** An answer of QCI without any flag tells nothing, like none at all. */
    static ApConfigInfo meaningful(@Nullable ApConfigInfo qci) {
        return qci == null || qci.flags() == 0 ? ApConfigInfo.NONE : qci;
    }

    @Override
    public String name() {
        return "matrix";
    }

    @Override
    public MatrixBus bus() {
        return matrixBus;
    }

    @Override
    public ReentrantLock deviceLock() {
        return deviceLock;
    }

    /** The driver of the matrix bus shows its attributes. */
    void showAttributes(boolean show) {
        if (show) {
            if (kernel().has(VfioApQuirk.AP_CONFIG)) {
                addGroup(ATTRIBUTES.on(this));
            }
        } else {
            removeGroup(ATTRIBUTES.on(this));
        }
    }

    private String showFeatures() {
        return "guest_matrix hotplug ap_config" + (kernel().has(VfioApQuirk.MIGRATES) ? " migratable\n" : "\n");
    }

    void parent(MdevParent newParent) {
        parent = newParent;
    }

    @Override
    protected Collection<? extends Device> children() {
        MdevParent own = parent;
        return own == null ? List.of() : own.children();
    }

    @Override
    protected @Nullable Device child(String childName) {
        MdevParent own = parent;
        return own == null ? null : own.child(childName);
    }

    ApCommands commands() {
        return apBus.commands();
    }

    boolean isInSecureGuest() {
        return apBus.isInSecureGuest();
    }

    QueueResets resets() {
        return resets;
    }

    /** Returns what is held by any mdev. Either lock keeps it as it is. */
    Claims claims(UpdateLocks held) {
        held.requireEither(LockOrder.GUESTS, LockOrder.MDEVS);
        return claims;
    }

    /** Returns the host's configuration as this driver saw it last. */
    public ApConfigInfo host() {
        return host;
    }

    void host(ApConfigInfo now, UpdateLocks held) {
        held.require(LockOrder.GUESTS);
        held.require(LockOrder.MDEVS);
        host = now;
    }

    /** Returns the queue of an APQN if it is bound to vfio_ap, null if not. */
    @Nullable
    VfioApQueue boundQueue(Apqn apqn) {
        ApQueue queue = apBus.queue(apqn);
        return queue != null && queue.driverData() instanceof VfioApQueue bound ? bound : null;
    }

    // The list of mdevs

    void add(MatrixMdev mdev, UpdateLocks held) {
        held.require(LockOrder.GUESTS);
        mdevs.addFirst(mdev);
    }

    void remove(MatrixMdev mdev, UpdateLocks held) {
        held.require(LockOrder.GUESTS);
        mdevs.remove(mdev);
        held.require(LockOrder.MDEVS);
        claims(held).change(mdev.holding(held), Holding.NONE);
    }

    /** Returns the mdevs, newest first. */
    Collection<MatrixMdev> mdevs(UpdateLocks held) {
        held.require(LockOrder.GUESTS);
        return mdevs;
    }

    /** Returns the mdev to which an APQN is assigned, null if none. */
    @Nullable
    MatrixMdev assignee(Apqn apqn, UpdateLocks held) {
        if (!claims(held).has(apqn)) {
            return null;
        }
        for (MatrixMdev mdev : mdevs(held)) {
            if (mdev.matrix(held).contains(apqn)) {
                return mdev;
            }
        }
        return null;
    }

    // Sharing

    /**
     * Checks a matrix that is to be assigned.
     *
     * @throws ErrnoException EADDRNOTAVAIL: an APQN is reserved for the host's drivers. EADDRINUSE: one belongs to
     *     another mdev; the log names each such APQN of the first mdev concerned, the newest
     */
    void requireAssignable(ApMatrix wanted, MatrixMdev assignee, UpdateLocks held) throws ErrnoException {
        if (kernel().has(ApQuirk.MASKS_RESERVE)
                && apBus.permissions().ownedByDefaultDriver(wanted.apm(), wanted.aqm())) {
            throw new ErrnoException(Errno.EADDRNOTAVAIL, "a queue of the new matrix is reserved for the host");
        }
        if (claims(held).conflict(wanted.apm(), wanted.aqm(), assignee.holding(held))) {
            MatrixMdev owner = owner(wanted.apm(), wanted.aqm(), assignee, held);
            Apqn first = logConflict(wanted.apm(), wanted.aqm(), owner.holding(held),
                    apqn -> assignee.log("Userspace may not assign queue " + apqn + " to mdev: already assigned to "
                            + owner));
            throw new ErrnoException(Errno.EADDRINUSE, first + " is assigned to " + owner);
        }
    }

    /** Tells whether an APQN of the product of two masks is assigned to any mdev; the log names it. */
    boolean inUse(ApMask apm, ApMask aqm) {
        try (UpdateLocks held = thenContents(lockGuests())) {
            if (!claims(held).conflict(apm, aqm, Holding.NONE)) {
                return false;
            }
            MatrixMdev owner = owner(apm, aqm, null, held);
            logConflict(apm, aqm, owner.holding(held),
                    apqn -> owner.log("Can not reserve queue " + apqn + " for host driver: in use by mdev"));
            return true;
        }
    }

    private MatrixMdev owner(ApMask apm, ApMask aqm, @Nullable MatrixMdev except, UpdateLocks held) {
        for (MatrixMdev mdev : mdevs(held)) {
            if (mdev != except && mdev.holding(held).intersects(apm, aqm)) {
                return mdev;
            }
        }
        throw new IllegalStateException("claimed by no mdev: " + apm + " x " + aqm);
    }

    private static @Nullable Apqn logConflict(ApMask apm, ApMask aqm, Holding holding,
            Consumer<Apqn> line) {
        Apqn first = null;
        for (int apid = apm.next(0); apid >= 0; apid = apm.next(apid + 1)) {
            ApMask shared = holding.domainsOf(apid).and(aqm);
            for (int apqi = shared.next(0); apqi >= 0; apqi = shared.next(apqi + 1)) {
                Apqn apqn = new Apqn(apid, apqi);
                first = first == null ? apqn : first;
                line.accept(apqn);
            }
        }
        return first;
    }

    // Locks

    UpdateLocks lockGuests() {
        return UpdateLocks.first(LockOrder.GUESTS, guestsLock);
    }

    UpdateLocks thenContents(UpdateLocks held) {
        return held.then(LockOrder.MDEVS, mdevsLock);
    }

    /** For reading one mdev, and for what needs neither guest nor list. */
    UpdateLocks lockContents() {
        return UpdateLocks.first(LockOrder.MDEVS, mdevsLock);
    }

    /** For changing an mdev and its guest. */
    UpdateLocks lockForUpdate(MatrixMdev mdev) {
        UpdateLocks held = lockGuests();
        return thenContents(held.thenGuest(mdev.guest(held)));
    }

    /** For assigning queues: what the host reserves stays as it is meanwhile. */
    UpdateLocks lockForAssignment(MatrixMdev mdev) {
        UpdateLocks held = UpdateLocks.first(LockOrder.PERMISSIONS, apBus.permissions().lock());
        held.then(LockOrder.GUESTS, guestsLock);
        return thenContents(held.thenGuest(mdev.guest(held)));
    }
}
