package org.apvirt.zcrypt;

/** What the user of a device node may do: everything that the host may, or what an additional node allows. */
interface AccessRights {
    /** Tells whether an ioctl is allowed, by the low 8 bits of its request number. */
    boolean allowsIoctl(int number);

    /** Tells whether requests may go to a queue. */
    boolean allows(int apid, int apqi);
}
