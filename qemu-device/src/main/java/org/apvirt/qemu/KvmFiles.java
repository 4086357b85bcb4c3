// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.apvirt.vfio.KvmVfioDevice;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The KVM-VFIO device of one QEMU: which groups and devices of VFIO its virtual machine uses. It is made for the first of
 * them. Source: QEMU {@code hw/vfio/helpers.c}, {@code vfio_kvm_device_add_fd}. The machine's lock guards it.
 */
final class KvmFiles {
    private final @Nullable KvmVm vm;
    private @Nullable KvmVfioDevice device;

    /** @param vm null: there is none, and nobody is told */
    KvmFiles(@Nullable KvmVm vm) {
        this.vm = vm;
    }

    /** Tells the virtual machine of a file. */
    void add(OpenFile file) throws ErrnoException {
        KvmVfioDevice known = device;
        if (known == null && vm != null) {
            known = KvmVfioDevice.of(vm);
            device = known;
        }
        if (known != null) {
            known.add(file);
        }
    }

    /** Takes back what {@link #add} told. */
    void remove(OpenFile file) {
        KvmVfioDevice known = device;
        if (known != null) {
            try {
                known.remove(file);
            } catch (ErrnoException e) {
                throw new IllegalStateException("the file was added when it was opened", e);
            }
        }
    }

    /** Closes the device; nothing uses it any more. */
    void close() {
        KvmVfioDevice known = device;
        device = null;
        if (known != null) {
            known.close();
        }
    }
}
