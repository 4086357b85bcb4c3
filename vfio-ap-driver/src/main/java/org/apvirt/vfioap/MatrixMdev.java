// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsText;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.mdev.MdevDevice;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One mediated device of the matrix device: what an administrator assigned to it, in ten attribute files.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code struct ap_matrix_mdev} and the {@code *_store} functions.
 */
public final class MatrixMdev {
    private static final AttributeGroup<MatrixMdev> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.wo("assign_adapter", MatrixMdev::assignAdapter),
            SysfsAttribute.wo("unassign_adapter", MatrixMdev::unassignAdapter),
            SysfsAttribute.wo("assign_domain", MatrixMdev::assignDomain),
            SysfsAttribute.wo("unassign_domain", MatrixMdev::unassignDomain),
            SysfsAttribute.wo("assign_control_domain", MatrixMdev::assignControlDomain),
            SysfsAttribute.wo("unassign_control_domain", MatrixMdev::unassignControlDomain),
            SysfsAttribute.rw("ap_config", mdev -> mdev.read().configText(), MatrixMdev::configure),
            SysfsAttribute.ro("control_domains", mdev -> mdev.read().controlDomainsText()),
            SysfsAttribute.ro("matrix", mdev -> mdev.read().matrixText()),
            SysfsAttribute.ro("guest_matrix", mdev -> mdev.guestMatrix().matrixText()));

    private static final AttributeGroup<MatrixMdev> WITHOUT_AP_CONFIG = ATTRIBUTES.without("ap_config");

    private final MatrixDevice matrixDev;
    private final MdevDevice device;
    private final MatrixLimits limits;
    // Guarded by the lock of the mdevs' contents; LinkedQueues and GuestMatrix are reached with it only
    private final LinkedQueues queues;
    private final GuestMatrix plug;
    private volatile ApMatrix matrix = ApMatrix.NONE; // read without the lock by assigned()
    private ApMatrix pending = ApMatrix.NONE;
    private boolean gone;

    /** Returns what the directory of the mdev shows. */
    EntryGroup attributes() {
        return (device.kernel().has(VfioApQuirk.AP_CONFIG) ? ATTRIBUTES : WITHOUT_AP_CONFIG).on(this);
    }

    @SuppressWarnings({"nullness:assignment", "nullness:argument"}) // both parts only keep the reference
    MatrixMdev(MatrixDevice matrixDev, MdevDevice device) {
        this.matrixDev = matrixDev;
        this.device = device;
        this.limits = MatrixLimits.of(matrixDev.host());
        this.queues = new LinkedQueues(this);
        this.plug = new GuestMatrix(this, device.kernel());
    }

    /** Returns what vfio_ap keeps for a mediated device, null: it is not bound to vfio_ap. */
    public static @Nullable MatrixMdev of(MdevDevice device) {
        return device.driverData() instanceof MatrixMdevDriver.Bound bound ? bound.mdev() : null;
    }

    /** Returns the UUID. */
    public String uuid() {
        return device.name();
    }

    /** Returns what is assigned. */
    public ApMatrix read() {
        try (UpdateLocks held = matrixDev.lockContents()) {
            return matrix;
        }
    }

    /** Returns what is assigned at this moment, without waiting for a change that is under way. */
    public ApMatrix assigned() {
        return matrix;
    }

    /** Returns what the guest gets, or would get. */
    public ApMatrix guestMatrix() {
        try (UpdateLocks held = matrixDev.lockContents()) {
            return plug.shadow();
        }
    }

    MatrixDevice matrixDevice() {
        return matrixDev;
    }

    ApConfigInfo host() {
        return matrixDev.host();
    }

    QueueResets resets() {
        return matrixDev.resets();
    }

    /** Writes a line to the kernel log, with the name of this device. */
    void log(String text) {
        device.kernel().log(logLine(text));
    }

    /** Returns a line with the name of this device before it. */
    String logLine(String text) {
        return device.driver() + " " + device.name() + ": " + text;
    }

    /** Returns what is assigned. It changes only with the locks of the guests and of the contents held. */
    ApMatrix matrix(UpdateLocks held) {
        held.requireEither(LockOrder.GUESTS, LockOrder.MDEVS);
        return matrix;
    }

    /** Returns the guest, null if none runs. It comes and goes with the locks of the guests and of the contents held. */
    @Nullable
    KvmGuest guest(UpdateLocks held) {
        held.requireEither(LockOrder.GUESTS, LockOrder.MDEVS);
        return plug.guest();
    }

    GuestMatrix plug(UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        return plug;
    }

    LinkedQueues queues(UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        return queues;
    }

    /** Returns what the running scan added to the host and is assigned here; it is plugged when the scan ends. */
    ApMatrix pending(UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        return pending;
    }

    void pending(ApMatrix added, UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        pending = added;
    }

    /** Returns the APQNs that no other mdev may have. */
    Holding holding(UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        return new Holding(matrix, plug.kept());
    }

    /** Changes something that {@link #holding} depends on. */
    void changing(UpdateLocks held, Runnable change) {
        held.require(LockOrder.GUESTS);
        Holding before = holding(held);
        change.run();
        matrixDev.claims(held).change(before, holding(held));
    }

    /** The device is being removed: whoever still has one of its files open finds nothing behind it. */
    void leave(UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        gone = true;
    }

    private UpdateLocks changeable(UpdateLocks held) throws ErrnoException {
        if (gone) {
            held.close();
            throw new ErrnoException(Errno.ENODEV, uuid() + " was removed");
        }
        // Source: Linux 5.10, assign_adapter_store; read, not recorded
        if (plug.guest() != null && matrixDev.kernel().has(VfioApQuirk.REFUSES_CHANGES_WHILE_RUNNING)) {
            held.close();
            throw new ErrnoException(Errno.EBUSY, "a guest uses " + uuid());
        }
        return held;
    }

    private void matrix(ApMatrix newMatrix, UpdateLocks held) {
        held.require(LockOrder.GUESTS);
        changing(held, () -> matrix = newMatrix);
    }

    /**
     * A write to {@code assign_adapter}: adds an adapter and plugs its usable queues into the guest.
     *
     * @param text the APID in C notation, for example {@code 5} or {@code 0x5}, newline allowed
     * @throws ErrnoException EINVAL, ERANGE: not a number. ENODEV: above this system's highest APID. EADDRNOTAVAIL: an
     *     APQN of the new matrix is reserved for the host's drivers. EADDRINUSE: one belongs to another mdev
     */
    void assignAdapter(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForAssignment(this))) {
            int apid = MatrixLimits.require("adapter", SysfsText.parseNumber(text), limits.apmMax());
            if (!matrix.apm().contains(apid)) {
                assign(matrix.withApm(matrix.apm().with(apid)), ApMask.of(apid), matrix.aqm(), held);
            }
        }
    }

    /** A write to {@code assign_domain}: adds a usage domain, like {@link #assignAdapter}. */
    void assignDomain(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForAssignment(this))) {
            int apqi = MatrixLimits.require("domain", SysfsText.parseNumber(text), limits.aqmMax());
            if (!matrix.aqm().contains(apqi)) {
                assign(matrix.withAqm(matrix.aqm().with(apqi)), matrix.apm(), ApMask.of(apqi), held);
            }
        }
    }

    private void assign(ApMatrix wanted, ApMask newApids, ApMask newApqis, UpdateLocks held) throws ErrnoException {
        matrixDev.requireAssignable(wanted, this, held);
        matrix(wanted, held); // checked before it is stored: nothing to roll back
        link(newApids, newApqis, held);
        plug.queuesArrived(held);
    }

    /** Links the queues of the product of two masks that are bound to vfio_ap. */
    private void link(ApMask apids, ApMask apqis, UpdateLocks held) {
        for (int apid = apids.next(0); apid >= 0; apid = apids.next(apid + 1)) {
            for (int apqi = apqis.next(0); apqi >= 0; apqi = apqis.next(apqi + 1)) {
                VfioApQueue queue = matrixDev.boundQueue(new Apqn(apid, apqi));
                if (queue != null) {
                    queues.link(queue);
                }
            }
        }
    }

    /**
     * A write to {@code unassign_adapter}: takes an adapter away, from the guest too. An adapter that is not assigned
     * is no error.
     *
     * @throws ErrnoException EINVAL, ERANGE: not a number. ENODEV: above this system's highest APID
     */
    void unassignAdapter(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForUpdate(this))) {
            int apid = MatrixLimits.require("adapter", SysfsText.parseNumber(text), limits.apmMax());
            if (matrix.apm().contains(apid)) {
                matrix(matrix.withApm(matrix.apm().without(apid)), held);
                plug.adaptersUnassigned(ApMask.of(apid), held);
            }
        }
    }

    /** A write to {@code unassign_domain}: takes a usage domain away, like {@link #unassignAdapter}. */
    void unassignDomain(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForUpdate(this))) {
            int apqi = MatrixLimits.require("domain", SysfsText.parseNumber(text), limits.aqmMax());
            if (matrix.aqm().contains(apqi)) {
                matrix(matrix.withAqm(matrix.aqm().without(apqi)), held);
                plug.domainsUnassigned(ApMask.of(apqi), held);
            }
        }
    }

    /**
     * A write to {@code assign_control_domain}. Several mdevs may control the same domain.
     *
     * @throws ErrnoException EINVAL, ERANGE: not a number. ENODEV: above this system's highest domain
     */
    void assignControlDomain(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForUpdate(this))) {
            int domain = MatrixLimits.require("control domain", SysfsText.parseNumber(text), limits.admMax());
            if (!matrix.adm().contains(domain)) {
                matrix(matrix.withAdm(matrix.adm().with(domain)), held);
                plug.controlDomainsArrived(held);
            }
        }
    }

    /** A write to {@code unassign_control_domain}; errors as {@link #assignControlDomain}. */
    void unassignControlDomain(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForUpdate(this))) {
            int domain = MatrixLimits.require("control domain", SysfsText.parseNumber(text), limits.admMax());
            if (matrix.adm().contains(domain)) {
                matrix(matrix.withAdm(matrix.adm().without(domain)), held);
                plug.controlDomainUnassigned(domain, held);
            }
        }
    }

    /**
     * A write to {@code ap_config}: replaces the whole matrix at once.
     *
     * @param text three masks, see {@link ApConfigText}
     * @throws ErrnoException EINVAL: not three masks. EADDRNOTAVAIL, EADDRINUSE: as {@link #assignAdapter}. ENODEV: an
     *     id is above its limit, which is checked last
     */
    void configure(String text) throws ErrnoException {
        try (UpdateLocks held = changeable(matrixDev.lockForAssignment(this))) {
            ApMatrix wanted = ApConfigText.parse(text);
            matrixDev.requireAssignable(wanted, this, held);
            limits.require(wanted);
            replace(wanted, held);
        }
    }

    private void replace(ApMatrix wanted, UpdateLocks held) {
        ApMatrix removed = matrix.minus(wanted);
        ApMatrix added = wanted.minus(matrix);
        plug.willLose(removed, held); // unplugging still needs the old matrix
        matrix(wanted, held);
        link(added.apm(), wanted.aqm(), held);
        link(wanted.apm(), added.aqm(), held);
        plug.replaced(held);
    }

    /** Takes the locks for {@link #replaceComplete}. */
    UpdateLocks lockForReplacement() throws ErrnoException {
        return changeable(matrixDev.lockForAssignment(this));
    }

    /**
     * Replaces adapters and usage domains by those that a guest brings, which must get all of them. Control domains do not
     * travel: those assigned here stay.
     *
     * @throws ErrnoException EADDRNOTAVAIL, EADDRINUSE, ENODEV: as {@link #configure}. ECANCELED: the guest would not get an adapter
     */
    void replaceComplete(ApMatrix brought, UpdateLocks held) throws ErrnoException {
        ApMatrix wanted = brought.withAdm(matrix.adm());
        matrixDev.requireAssignable(wanted, this, held);
        limits.require(wanted);
        MatrixFilter passed = MatrixFilter.run(wanted, host(), ApMask.NONE, qid -> {
            VfioApQueue queue = matrixDev.boundQueue(Apqn.ofQid(qid));
            return queue != null && queue.isPassable();
        });
        if (!passed.apm().equals(wanted.apm()) || !passed.aqm().equals(wanted.aqm())) {
            throw new ErrnoException(Errno.ECANCELED,
                    "the guest would not get all of " + wanted.apm() + " x " + wanted.aqm());
        }
        replace(wanted, held);
    }

    @Override
    public String toString() {
        return uuid();
    }
}
