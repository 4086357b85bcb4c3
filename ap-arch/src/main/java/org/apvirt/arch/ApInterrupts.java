// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * Adapter interruptions of a machine, as far as AP needs them. The operating system registers once and gets the
 * absolute address of its notification byte, which it hands to AQIC for each queue; the machine stores to that byte
 * and calls the handler when a reply arrives on an enabled queue.
 *
 * <p>A hypervisor also places the storage of its virtual machines, and their interruption state areas (GISA), into the
 * absolute storage of the machine: then AQIC can name a guest's notification byte and its GISA, and the machine serves
 * both as it would the operating system's own.
 */
public interface ApInterrupts {
    /** A machine that delivers none. */
    ApInterrupts NONE = handler -> 0;

    /**
     * Registers the handler of the AP interruption subclass.
     *
     * @return the absolute address of the notification byte, 0 if adapter interruptions cannot be used
     */
    long register(Runnable handler);

    /**
     * Gives storage an absolute address on this machine, so that notification bytes and GISAs may lie in it.
     *
     * @param storage read and written from its absolute address 0 on
     * @param size in bytes
     * @return the absolute address of its first byte, on a page boundary, below 2 GiB for a single page; 0: this
     *     machine stores to nobody
     */
    default long place(Storage storage, long size) {
        return 0;
    }

    /** Takes placed storage away; addresses in it are invalid from now on, and nobody is alerted for a GISA in it. */
    default void displace(long address) {}

    /**
     * Registers who is alerted when the machine has made an interruption pending in a GISA whose alert mask has the bit
     * of that subclass.
     *
     * @param gisaAddress absolute address of the GISA, in placed storage
     */
    default void onAlert(long gisaAddress, Runnable handler) {}
}
