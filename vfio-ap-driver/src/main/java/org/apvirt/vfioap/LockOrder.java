// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

/**
 * The locks of the driver, in the order in which a thread may take them. docs/locking.md says what each one guards.
 * Source: Linux {@code Documentation/arch/s390/vfio-ap-locking.rst}.
 */
public enum LockOrder {
    /** {@code ap_attr_mutex}: which queues the host reserves stays as it is while an assignment is checked. */
    PERMISSIONS("ap_attr_mutex"),
    /** {@code guests_lock}: the list of mdevs and which guest uses each. */
    GUESTS("guests_lock"),
    /** {@code kvm->lock}: the masks of one guest. */
    KVM("kvm->lock"),
    /** {@code pqap_hook_rwsem}: the guest's PQAP hook. */
    HOOK("pqap_hook_rwsem"),
    /** {@code mdevs_lock}: the contents of all mdevs and of their queues. */
    MDEVS("mdevs_lock");

    private final String kernelName;

    LockOrder(String kernelName) {
        this.kernelName = kernelName;
    }

    /** Returns the name that the kernel gives the lock; {@link org.apvirt.arch.LockWatch} is told it. */
    public String kernelName() {
        return kernelName;
    }
}
