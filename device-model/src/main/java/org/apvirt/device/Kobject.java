// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;

/**
 * What a bus, a driver and a module are to sysfs: an object that tells of its coming and going in events without
 * variables of its own, and whose file {@code uevent} sends more of them.
 * Source: Linux {@code lib/kobject.c}, {@code __kobject_del}; {@code lib/kobject_uevent.c}.
 */
final class Kobject {
    private final Kernel kernel;
    private final String devpath;
    private final String subsystem;
    private volatile boolean toldRemoval;

    /**
     * An object.
     *
     * @param devpath path below {@code /sys}
     * @param subsystem value of SUBSYSTEM in its events
     */
    Kobject(Kernel kernel, String devpath, String subsystem) {
        this.kernel = kernel;
        this.devpath = devpath;
        this.subsystem = subsystem;
    }

    /** Tells that the object is there. */
    void added() {
        kernel.uevent("add", devpath, subsystem, List.of(), List.of());
    }

    /** Tells that the object goes, unless a write to its file has told so already. */
    void removed() {
        if (!toldRemoval) {
            kernel.uevent("remove", devpath, subsystem, List.of(), List.of());
        }
    }

    /** Returns the write-only file {@code uevent}. */
    SysfsFile file() {
        return SysfsAttribute.<Kobject>wo("uevent", Kobject::store).on(this);
    }

    private void store(String text) throws ErrnoException {
        SyntheticUevent asked = SyntheticUevent.parse(kernel, devpath, text);
        toldRemoval |= asked.action().equals("remove");
        kernel.uevent(asked.action(), devpath, subsystem, asked.variables(), List.of());
    }
}
