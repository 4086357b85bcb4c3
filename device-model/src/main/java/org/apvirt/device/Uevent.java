// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;

/**
 * A message of the kernel to user space about one object.
 *
 * @param sequence SEQNUM, from 1
 * @param action add, remove, bind, unbind, change or another word of the kernel
 * @param devpath path below {@code /sys}, for example {@code /devices/ap/card05}
 * @param variables {@code KEY=value}, in the kernel's order: ACTION, DEVPATH, SUBSYSTEM, the event's own, the
 *     object's; SEQNUM is not among them
 */
public record Uevent(long sequence, String action, String devpath, List<String> variables) {
    /** Returns the first line of the netlink message, for example {@code add@/devices/ap/card05}. */
    public String header() {
        return action + '@' + devpath;
    }

    @Override
    public String toString() {
        return header() + ' ' + variables;
    }
}
