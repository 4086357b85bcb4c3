// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * The service processor, as far as AP needs it: configuring and deconfiguring an adapter.
 * Source: Linux {@code drivers/s390/char/sclp_ap.c}.
 */
public interface ApFirmware {
    /** What the firmware answered. */
    enum Answer {
        /** The adapter has the wanted state. */
        DONE,
        /** The firmware refused. */
        IO_ERROR,
        /** The firmware cannot do it at all. */
        NOT_SUPPORTED
    }

    /** A machine without the facility. */
    ApFirmware UNSUPPORTED = (apid, on) -> Answer.NOT_SUPPORTED;

    /**
     * Configures or deconfigures an adapter.
     *
     * @param apid adapter number, 0..255
     * @param on true: configure
     */
    Answer configure(int apid, boolean on);
}
