// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import org.apvirt.device.CharDevice;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.Kernel;

/** Devices of class {@code misc}: one character device each, major 10. Source: Linux {@code drivers/char/misc.c}. */
final class MiscDevices {
    private MiscDevices() {}

    /** Makes a device, not yet visible; {@link ClassDevice#add} does that. */
    static ClassDevice create(Kernel kernel, String name, int minor, int mode, CharDevice.Opener opener) {
        return create(kernel, name, name, minor, mode, opener);
    }

    /**
     * Makes a device, not yet visible.
     *
     * @param node name below {@code /dev}
     */
    static ClassDevice create(Kernel kernel, String name, String node, int minor, int mode,
            CharDevice.Opener opener) {
        return new ClassDevice(kernel, kernel.sharedClass("misc"), name, null, node,
                CharDevice.misc(mode, minor, opener));
    }
}
