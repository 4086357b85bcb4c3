package org.apvirt.arch;

/**
 * Adapter interruptions of a machine, as far as AP needs them. The operating system registers once and gets the
 * absolute address of its notification byte, which it hands to AQIC for each queue; the machine stores to that byte
 * and calls the handler when a reply arrives on an enabled queue.
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
}
