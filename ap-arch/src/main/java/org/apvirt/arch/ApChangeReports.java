// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * The channel subsystem of a machine, as far as AP needs it: a channel report says that there is an event, and the event that
 * the AP configuration changed. Source: Linux {@code drivers/s390/cio/chsc.c}, {@code chsc_process_sei_ap_cfg_chg}.
 */
@FunctionalInterface
public interface ApChangeReports {
    /** A machine that reports nothing: an operating system only sees changes when it looks. */
    ApChangeReports NONE = handler -> {};

    /**
     * Registers the operating system.
     *
     * @param handler run at each event, on whichever thread makes it; returns at once
     */
    void register(Runnable handler);
}
