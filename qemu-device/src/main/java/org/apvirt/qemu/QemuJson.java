// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.apvirt.cpu.QemuVersion;

/** JSON as QEMU reads it: strings may stand in single quotes too, a name may not come twice, nothing else is let pass. */
public final class QemuJson {
    private QemuJson() {}

    /** Tells whether QEMU takes this for one JSON object. */
    public static boolean isObject(String text) {
        try {
            JsonObject.parse(text, QemuVersion.V11);
            return true;
        } catch (QemuException e) {
            return false;
        }
    }
}
