// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An open file of VFIO that a KVM-VFIO device may be told: of a group or of a device. */
interface KvmVfioFile {
    /** Tells which virtual machine will use it; null: none any more. */
    void kvm(@Nullable KvmVm kvm);

    /** Somebody else uses the file. */
    void hold();

    /** Somebody uses it no more. */
    void drop();
}
