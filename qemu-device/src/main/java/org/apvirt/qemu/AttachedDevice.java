// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.apvirt.vfio.VfioDeviceFile;

/** A device of the host that QEMU has open, through its group or through its own node, and how to give it back. */
interface AttachedDevice {
    /** Returns the open device. */
    VfioDeviceFile file();

    /** Closes it, and with it what was opened for it alone. */
    void detach();
}
