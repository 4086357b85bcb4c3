// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An AP queue number: the (adapter, domain) pair that names one queue.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/ap.h}, {@code AP_MKQID}.
 *
 * @param apid adapter (card) number, 0..255
 * @param apqi usage-domain (queue index) number, 0..255
 */
public record Apqn(int apid, int apqi) implements Comparable<Apqn> {
    private static final HexFormat HEX = HexFormat.of();

    /** Checks both numbers. */
    public Apqn {
        Objects.checkIndex(apid, ApMask.BITS);
        Objects.checkIndex(apqi, ApMask.BITS);
    }

    /**
     * Decodes the rightmost 16 bits of general register 0 of PQAP, NQAP and DQAP.
     *
     * @param qid the register's low word; other bits are ignored
     */
    public static Apqn ofQid(int qid) {
        return new Apqn(qid >> 8 & 0xff, qid & 0xff);
    }

    /**
     * Parses the sysfs name of a queue, for example {@code 05.0004}: exactly 2 and 4 hexadecimal digits in
     * lower case.
     *
     * @throws IllegalArgumentException if the text has another form or the domain is above 255
     */
    public static Apqn parse(String name) {
        if (name.length() == 7 && name.charAt(2) == '.') {
            try {
                int apqi = HexFormat.fromHexDigits(name, 3, 7);
                if (apqi < ApMask.BITS && name.equals(name.toLowerCase(Locale.ROOT))) {
                    return new Apqn(HexFormat.fromHexDigits(name, 0, 2), apqi);
                }
            } catch (NumberFormatException e) {
                throw refusal(name, e);
            }
        }
        throw refusal(name, null);
    }

    private static IllegalArgumentException refusal(String name, @Nullable NumberFormatException cause) {
        return new IllegalArgumentException(
                "not an APQN: '" + Printable.line(name) + "' (expected for example 05.0004)", cause);
    }

    /** Returns the 16-bit number that the instructions take: adapter in the high byte, domain in the low byte. */
    public int qid() {
        return apid << 8 | apqi;
    }

    @Override
    public int compareTo(Apqn other) {
        return Integer.compare(qid(), other.qid());
    }

    /** Returns the sysfs name, for example {@code 05.0004}: lower-case hex, 2 and 4 digits. */
    @Override
    public String toString() {
        return HEX.toHexDigits((byte) apid) + '.' + HEX.toHexDigits((short) apqi);
    }
}
