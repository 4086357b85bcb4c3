// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.util.Locale;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.machine.FileFormatException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How a guest's numbers are written in its plan: in decimal, but for these. What is said about a number is said in the same
 * notation, so that it can be found.
 *
 * @param adapters adapters written as {@code 0x}
 * @param domains usage domains written as {@code 0x}
 * @param controlDomains control domains written as {@code 0x}
 */
public record Notation(ApMask adapters, ApMask domains, ApMask controlDomains) {
    /** All in decimal. */
    public static final Notation DECIMAL = new Notation(ApMask.NONE, ApMask.NONE, ApMask.NONE);

    static Notation of(Map<String, Entry> guest) throws FileFormatException {
        return new Notation(hexadecimal(guest.get("adapters")), hexadecimal(guest.get("domains")),
                hexadecimal(guest.get("control-domains")));
    }

    private static ApMask hexadecimal(@Nullable Entry ids)
            throws FileFormatException {
        ApMask mask = ApMask.NONE;
        if (ids != null) {
            for (DocumentNode id : ids.value().list("ids")) {
                boolean hexadecimal = id.text().toLowerCase(Locale.ROOT).contains("x");
                mask = hexadecimal ? mask.with(id.number("id", 0, ApMask.BITS - 1)) : mask;
            }
        }
        return mask;
    }

    /** Returns a number as another of its kind is written. */
    static String like(int sample, ApMask hexadecimal, int number) {
        return hexadecimal.contains(sample) ? String.format("0x%02x", number) : String.valueOf(number);
    }
}
