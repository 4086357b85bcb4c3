// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import org.apvirt.ap.ApQuirk;
import org.apvirt.device.Quirk;
import org.apvirt.vfio.VfioQuirk;

/**
 * An option that a kernel may be built with, and that the kernels of the levels are not; the names are those of Kconfig without
 * their prefix.
 */
public enum BuildOption {
    /** Queues have {@code states} and {@code last_err_rc}. */
    AP_DEBUG(ApQuirk.QUEUE_STATES),
    /** Devices have nodes of their own, {@code /dev/vfio/devices/vfioN}, for use with {@code /dev/iommu}. */
    VFIO_DEVICE_CDEV(VfioQuirk.DEVICE_CDEV);

    private final Quirk quirk;

    BuildOption(Quirk quirk) {
        this.quirk = quirk;
    }

    /** Returns what a kernel that is built so does differently. */
    Quirk quirk() {
        return quirk;
    }
}
