// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;

/**
 * Does on a booted host, with the writes an administrator would make, what a plan says of one guest: its queues are
 * reserved for vfio_ap and a mediated device holds its matrix.
 */
public final class PlannedMdev {
    private static final String BUS = "/sys/bus/ap/";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    private final Host host;
    private final String uuid;

    private PlannedMdev(Host host, String uuid) {
        this.host = host;
        this.uuid = uuid;
    }

    /**
     * Makes the mediated device of a guest. Its UUID follows from the guest's name, so that it is the same each time.
     *
     * @throws ErrnoException the kernel refused one of the writes: an id above the machine's, a queue of another guest
     */
    public static PlannedMdev create(Host host, String name, Plan.Guest guest) throws ErrnoException {
        reserve(host, guest);
        PlannedMdev mdev = new PlannedMdev(host, uuidOf(name));
        host.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", mdev.uuid);
        mdev.assign("assign_adapter", guest.adapters());
        mdev.assign("assign_domain", guest.domains());
        mdev.assign("assign_control_domain", guest.controlDomains());
        return mdev;
    }

    /** Returns the UUID that the mediated device of a guest of this name has. */
    public static String uuidOf(String name) {
        return UUID.nameUUIDFromBytes(("apvirt guest " + name).getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** Returns the path of its directory, as {@code sysfsdev} takes it. */
    public String path() {
        return MATRIX + uuid;
    }

    private void assign(String attribute, ApMask ids) throws ErrnoException {
        for (int id = ids.next(0); id >= 0; id = ids.next(id + 1)) {
            host.write(path() + '/' + attribute, Integer.toString(id));
        }
    }

    /** Where masks decide, the guest's adapters leave the host; else each of its queues is bound by hand. */
    private static void reserve(Host host, Plan.Guest guest) throws ErrnoException {
        if (host.kernel().has(ApQuirk.MASKS_RESERVE)) {
            StringBuilder less = new StringBuilder();
            guest.adapters().forEach(apid -> less.append(less.isEmpty() ? "-" : ",-").append(apid));
            if (!less.isEmpty()) {
                host.write(BUS + "apmask", less.toString());
            }
            return;
        }
        ApBus bus = host.bus();
        for (int apid = guest.adapters().next(0); bus != null && apid >= 0; apid = guest.adapters().next(apid + 1)) {
            for (int apqi = guest.domains().next(0); apqi >= 0; apqi = guest.domains().next(apqi + 1)) {
                if (bus.queue(new Apqn(apid, apqi)) != null) {
                    String queue = new Apqn(apid, apqi).toString();
                    host.write(BUS + "drivers/cex4queue/unbind", queue);
                    host.write(BUS + "drivers/vfio_ap/bind", queue);
                }
            }
        }
    }
}
