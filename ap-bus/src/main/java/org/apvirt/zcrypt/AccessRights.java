// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What the user of a device node may do: everything that the host may, or what an additional node allows. */
public interface AccessRights {
    /** What a request with secure keys does to the domain that it names, as its control block tells. */
    enum Purpose {
        /** It uses the domain. */
        USAGE,
        /** It controls the domain. */
        ADMINISTRATION,
        /** Its control block is of a kind that the kernel does not know. */
        UNKNOWN
    }

    /** Tells whether an ioctl is allowed, by the low 8 bits of its request number. */
    boolean allowsIoctl(int number);

    /** Tells whether requests may go to a queue. */
    boolean allows(int apid, int apqi);

    /**
     * Checks a request that names a domain.
     *
     * @throws ErrnoException ENODEV: it controls a domain that may not be controlled from here. EOPNOTSUPP: whether it
     *     does cannot be told
     */
    default void requireAllowed(int domain, Purpose purpose) throws ErrnoException {}

    /** Returns the rights of {@code /dev/z90crypt} and of the kernel itself: all that the bus keeps for the host. */
    static AccessRights ofHost(@Nullable ApBus bus) {
        return new HostRights(bus);
    }

    /**
     * As {@link #ofHost}.
     *
     * @param bus null on a machine without AP
     */
    record HostRights(@Nullable ApBus bus) implements AccessRights {
        @Override
        public boolean allowsIoctl(int number) {
            return true;
        }

        @Override
        public boolean allows(int apid, int apqi) {
            return bus != null && bus.permissions().reservedForDefault(new Apqn(apid, apqi));
        }
    }
}
