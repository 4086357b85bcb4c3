// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.ScannedNumber;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The parameters of the built-in module {@code ap}, given on the kernel command line as {@code ap.NAME=VALUE}.
 * Source: Linux {@code ap_bus.c}, {@code module_param_named}.
 *
 * @param domain default domain, -1: to be chosen
 * @param pollThread not 0: start the polling thread
 * @param apmask text of the initial apmask, null: all adapters
 * @param aqmask text of the initial aqmask, null: all domains
 * @param useIrq 0: never use adapter interrupts
 */
public record ApBusParameters(int domain, int pollThread, @Nullable String apmask, @Nullable String aqmask,
        int useIrq) {
    /** Nothing given. */
    public static final ApBusParameters DEFAULT = new ApBusParameters(-1, 0, null, null, 1);

    /**
     * Reads parameters by name. An unknown name or a value that is no number is as if it had not been given, as in the
     * kernel, which starts all the same.
     */
    public static ApBusParameters of(Map<String, String> given) {
        return new ApBusParameters(number(given, "domain", -1), number(given, "poll_thread", 0), given.get("apmask"),
                given.get("aqmask"), number(given, "useirq", 1));
    }

    private static int number(Map<String, String> given, String name, int otherwise) {
        String text = given.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            return ScannedNumber.parameter(text);
        } catch (ErrnoException e) {
            return otherwise;
        }
    }

    /** Returns the mask of a parameter: all ids if not given, none if it cannot be read. */
    static ApMask mask(@Nullable String text, boolean numbersWrap) {
        if (text == null) {
            return ApMask.ALL;
        }
        try {
            return MaskText.parse(text, ApMask.NONE, numbersWrap);
        } catch (ErrnoException e) {
            return ApMask.NONE;
        }
    }
}
