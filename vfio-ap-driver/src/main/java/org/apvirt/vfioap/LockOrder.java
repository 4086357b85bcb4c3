// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

/**
 * The locks of the driver, in the order in which a thread may take them. docs/locking.md says what each one guards.
 * Source: Linux {@code Documentation/arch/s390/vfio-ap-locking.rst}.
 */
public enum LockOrder {
    /** {@code ap_attr_mutex}: which queues the host reserves stays as it is while an assignment is checked. */
    PERMISSIONS,
    /** {@code guests_lock}: the list of mdevs and which guest uses each. */
    GUESTS,
    /** {@code kvm->lock}: the masks of one guest. */
    KVM,
    /** {@code pqap_hook_rwsem}: the guest's PQAP hook. */
    HOOK,
    /** {@code mdevs_lock}: the contents of all mdevs and of their queues. */
    MDEVS;

    /** Is told each lock taken and released, by the thread that does it. Tests record the order with it. */
    public interface Recorder {
        /** A recorder that forgets everything. */
        Recorder NONE = new Recorder() {
            @Override
            public void taken(LockOrder lock) {}

            @Override
            public void released(LockOrder lock) {}
        };

        /** The calling thread has taken a lock. */
        void taken(LockOrder lock);

        /** The calling thread is about to release a lock. */
        void released(LockOrder lock);
    }
}
