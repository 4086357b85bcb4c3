// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.HexFormat;
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
        Apqn apqn = ofName(name);
        if (apqn == null) {
            throw new IllegalArgumentException(
                    "not an APQN: '" + Printable.line(name) + "' (expected for example 05.0004)");
        }
        return apqn;
    }

    /** Returns the APQN of a name that {@link #parse} takes; null if it is none. */
    public static @Nullable Apqn ofName(String name) {
        if (name.length() != 7 || name.charAt(2) != '.') {
            return null;
        }
        int apid = number(name, 0, 2);
        int apqi = number(name, 3, 7);
        return apid < 0 || apqi < 0 || apqi >= ApMask.BITS ? null : new Apqn(apid, apqi);
    }

    private static int number(String text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!HexFormat.isHexDigit(c) || c >= 'A' && c <= 'F') {
                return -1; // names have lower-case digits
            }
            value = value << 4 | HexFormat.fromHexDigit(c);
        }
        return value;
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
