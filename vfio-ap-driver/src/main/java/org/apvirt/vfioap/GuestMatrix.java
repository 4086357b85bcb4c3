// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Kernel;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.vfio.EventFd;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the guest of one mdev gets: the assigned matrix after filtering, held ready before a guest starts and kept when
 * it ends ({@code shadow_apcb} in the kernel), and the guest itself.
 *
 * <p>The matrix is guarded by the lock of the mdevs' contents; the reference to the guest by the lock of the guests, and
 * to write the guest's masks its own lock is held too: all three are in the handle.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_mdev_filter_matrix}, {@code vfio_ap_mdev_update_guest_apcb},
 * {@code vfio_ap_mdev_hot_unplug_adapters}.
 */
final class GuestMatrix {
    /** Interrupt of the VFIO device: the host wants the device back. */
    static final int REQUEST_IRQ = 0;
    /** Interrupt of the VFIO device: the guest's masks changed. */
    static final int CONFIG_CHANGE_IRQ = 1;

    private final MatrixMdev mdev;
    private final Kernel kernel;
    private final @Nullable EventFd[] irqs = new @Nullable EventFd[2];
    private ApMatrix shadow = ApMatrix.NONE;
    private volatile @Nullable KvmGuest guest;

    GuestMatrix(MatrixMdev mdev, Kernel kernel) {
        this.mdev = mdev;
        this.kernel = kernel;
    }

    ApMatrix shadow() {
        return shadow;
    }

    void shadow(ApMatrix newShadow, UpdateLocks held) {
        mdev.changing(held, () -> shadow = newShadow);
    }

    @Nullable
    KvmGuest guest() {
        return guest;
    }

    /** Sets the guest, or with null takes it away. */
    void guest(@Nullable KvmGuest newGuest, UpdateLocks held) {
        held.require(LockOrder.GUESTS);
        mdev.changing(held, () -> guest = newGuest);
    }

    /** Tells whether changes of the assignment wait for the next start of the guest. */
    private boolean isDeferred() {
        return guest != null && kernel.has(VfioApQuirk.WAITS_FOR_NEXT_START);
    }

    // What a change of the assignment means to the guest: at once, or where the kernel waits for its next start, later

    /** Queues were assigned, or some that are assigned arrived at vfio_ap. */
    void queuesArrived(UpdateLocks held) {
        if (!isDeferred()) {
            refilter(true, false, held);
        }
    }

    /** Control domains were assigned. */
    void controlDomainsArrived(UpdateLocks held) {
        if (!isDeferred()) {
            refilter(false, true, held);
        }
    }

    /** The whole assignment was replaced. */
    void replaced(UpdateLocks held) {
        if (isDeferred()) {
            unlinkWhatIsNotHeld(held);
        } else {
            refilter(true, true, held);
        }
    }

    /** A scan added to the host what was assigned before. */
    void hostGained(ApMatrix added, UpdateLocks held) {
        if (!isDeferred()) {
            refilter(!added.apm().isEmpty() || !added.aqm().isEmpty(), !added.adm().isEmpty(), held);
        }
    }

    /** Adapters and domains are about to leave the assignment. */
    void willLose(ApMatrix removed, UpdateLocks held) {
        if (!isDeferred()) {
            unplugAdapters(removed.apm(), held);
            unplugDomains(removed.aqm(), held);
        }
    }

    /** Adapters were unassigned. */
    void adaptersUnassigned(ApMask apids, UpdateLocks held) {
        if (isDeferred()) {
            unlinkWhatIsNotHeld(held);
        } else {
            unplugAdapters(apids, held);
        }
    }

    /** Domains were unassigned. */
    void domainsUnassigned(ApMask apqis, UpdateLocks held) {
        if (isDeferred()) {
            unlinkWhatIsNotHeld(held);
        } else {
            unplugDomains(apqis, held);
        }
    }

    /** A control domain was unassigned. */
    void controlDomainUnassigned(int domain, UpdateLocks held) {
        if (!isDeferred()) {
            unplugControlDomain(domain, held);
        }
    }

    /** The guest ended. Changes that waited for that take effect. */
    void guestEnded(UpdateLocks held) {
        boolean waited = isDeferred();
        guest(null, held);
        if (waited) {
            unlinkWhatIsNotHeld(held);
            refilter(true, true, held);
        }
    }

    /** Returns what the running guest keeps although it may no longer be assigned. */
    ApMatrix kept() {
        return isDeferred() ? shadow : ApMatrix.NONE;
    }

    /** Tells whether a running guest has the queue. */
    boolean isInUse(Apqn apqn) {
        return guest != null && shadow.contains(apqn);
    }

    @Nullable
    EventFd irq(int index) {
        return irqs[index];
    }

    void irq(int index, @Nullable EventFd eventFd) {
        irqs[index] = eventFd;
    }

    /** Tells user space that the masks of the guest changed. */
    void signalConfigChange() {
        EventFd changed = irqs[CONFIG_CHANGE_IRQ];
        if (changed != null) {
            changed.signal();
        }
    }

    /** Gives the masks to the guest, if one runs. */
    void update(UpdateLocks held) {
        held.require(LockOrder.MDEVS);
        KvmGuest running = guest;
        if (running != null) {
            held.require(LockOrder.KVM);
            running.setMasks(shadow.apm(), shadow.aqm(), shadow.adm());
            signalConfigChange();
        }
    }

    /**
     * Filters anew and, if that changes anything, updates the guest and resets the queues of adapters that it loses.
     *
     * @param matrix filter adapters and domains
     * @param controlDomains filter control domains
     */
    private void refilter(boolean matrix, boolean controlDomains, UpdateLocks held) {
        ApMatrix before = shadow;
        ApMask dropped = ApMask.NONE;
        ApMatrix after = before;
        if (matrix) {
            MatrixFilter result = MatrixFilter.run(mdev.matrix(held), mdev.host(), before.apm(),
                    mdev.queues(held)::isPassable);
            after = after.withApm(result.apm()).withAqm(result.aqm());
            dropped = result.dropped();
        }
        if (controlDomains || kernel.has(VfioApQuirk.USAGE_DOMAINS_ARE_CONTROL_DOMAINS)) {
            after = after.withAdm(controlDomains(after, held));
        }
        if (!after.equals(before)) {
            shadow(after, held);
            update(held);
            resetAdapters(dropped, held);
        }
    }

    private ApMask controlDomains(ApMatrix of, UpdateLocks held) {
        ApConfigInfo host = mdev.host();
        ApMask assigned = mdev.matrix(held).adm().and(host.adm());
        return kernel.has(VfioApQuirk.USAGE_DOMAINS_ARE_CONTROL_DOMAINS) ? assigned.or(of.aqm()) : assigned;
    }

    private void resetAdapters(ApMask apids, UpdateLocks held) {
        if (kernel.has(VfioApQuirk.RESETS_LEAVING_QUEUE_ONLY)) {
            return;
        }
        List<VfioApQueue> queues = new ArrayList<>();
        for (int apid = apids.next(0); apid >= 0; apid = apids.next(apid + 1)) {
            for (int apqi = shadow.aqm().next(0); apqi >= 0; apqi = shadow.aqm().next(apqi + 1)) {
                VfioApQueue queue = mdev.queues(held).get(new Apqn(apid, apqi));
                if (queue != null) {
                    queues.add(queue);
                }
            }
        }
        mdev.resets().resetAll(queues, held);
    }

    /** Takes adapters from the guest. Their queues leave the mdev; those that the guest had are reset. */
    private void unplugAdapters(ApMask apids, UpdateLocks held) {
        List<VfioApQueue> leaving = new ArrayList<>();
        ApMask domains = mdev.matrix(held).aqm();
        for (int apid = apids.next(0); apid >= 0; apid = apids.next(apid + 1)) {
            for (int apqi = domains.next(0); apqi >= 0; apqi = domains.next(apqi + 1)) {
                leave(new Apqn(apid, apqi), leaving, held);
            }
        }
        ApMask left = shadow.apm().minus(apids);
        if (!left.equals(shadow.apm())) {
            shadow(shadow.withApm(left), held);
            update(held);
        }
        resetLeaving(leaving, held);
    }

    /** Takes domains from the guest, like {@link #unplugAdapters}. */
    private void unplugDomains(ApMask apqis, UpdateLocks held) {
        List<VfioApQueue> leaving = new ArrayList<>();
        ApMask adapters = mdev.matrix(held).apm();
        for (int apqi = apqis.next(0); apqi >= 0; apqi = apqis.next(apqi + 1)) {
            for (int apid = adapters.next(0); apid >= 0; apid = adapters.next(apid + 1)) {
                leave(new Apqn(apid, apqi), leaving, held);
            }
        }
        ApMask left = shadow.aqm().minus(apqis);
        if (!left.equals(shadow.aqm())) {
            ApMatrix after = shadow.withAqm(left);
            shadow(kernel.has(VfioApQuirk.USAGE_DOMAINS_ARE_CONTROL_DOMAINS)
                    ? after.withAdm(controlDomains(after, held))
                    : after, held);
            update(held);
        }
        resetLeaving(leaving, held);
    }

    private void resetLeaving(List<VfioApQueue> leaving, UpdateLocks held) {
        if (kernel.has(VfioApQuirk.RESETS_ONE_BY_ONE)) {
            LinkedQueues.sortAsTable(leaving); // they are gathered in a table, not in a list
        }
        mdev.resets().resetAll(leaving, held);
    }

    private void leave(Apqn apqn, List<VfioApQueue> toReset, UpdateLocks held) {
        VfioApQueue queue = mdev.queues(held).get(apqn);
        if (queue != null) {
            if (shadow.contains(apqn)) {
                toReset.add(queue);
            }
            mdev.queues(held).unlink(queue);
        }
    }

    /** Takes a control domain from the guest. */
    private void unplugControlDomain(int domain, UpdateLocks held) {
        boolean implied = kernel.has(VfioApQuirk.USAGE_DOMAINS_ARE_CONTROL_DOMAINS) && shadow.aqm().contains(domain);
        if (shadow.adm().contains(domain) && !implied) {
            shadow(shadow.withAdm(shadow.adm().without(domain)), held);
            update(held);
        }
    }

    /**
     * A queue leaves vfio_ap. A guest cannot lose a single queue, so it loses the adapter.
     *
     * @return whether the guest had it; its queues on the adapter are then reset, the leaving one included
     */
    boolean unplugQueue(Apqn apqn, UpdateLocks held) {
        if (!shadow.contains(apqn)) {
            return false;
        }
        shadow(shadow.withApm(shadow.apm().without(apqn.apid())), held);
        update(held);
        resetAdapters(ApMask.of(apqn.apid()), held);
        unlinkWhatIsNotHeld(held);
        return true;
    }

    /**
     * The host lost something; whatever is assigned, the guest loses it at once.
     *
     * @param left what the guest keeps
     */
    void shrink(ApMatrix left, UpdateLocks held) {
        if (!left.equals(shadow)) {
            shadow(left, held);
            update(held);
            unlinkWhatIsNotHeld(held);
        }
    }

    /** A queue that was unassigned while the guest ran stays linked as long as the guest has it, and no longer. */
    private void unlinkWhatIsNotHeld(UpdateLocks held) {
        for (VfioApQueue queue : mdev.queues(held).inTableOrder()) {
            if (!mdev.matrix(held).contains(queue.apqn()) && !kept().contains(queue.apqn())) {
                mdev.queues(held).unlink(queue);
            }
        }
    }
}
