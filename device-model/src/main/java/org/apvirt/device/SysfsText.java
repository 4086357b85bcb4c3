// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.apvirt.arch.Printable;

/**
 * How the kernel reads numbers and flags from attribute text. Source: Linux {@code lib/kstrtox.c}, {@code kstrtoull}.
 */
public final class SysfsText {
    private static final String ON = "yYtT1";
    private static final String OFF = "nNfF0";

    /** Characters of a UUID. */
    public static final int UUID_LENGTH = 36;

    private SysfsText() {}

    /** Tells whether a text begins with a UUID: hexadecimal digits in groups of 8, 4, 4, 4 and 12. */
    public static boolean startsWithUuid(String text) {
        if (text.length() < UUID_LENGTH) {
            return false;
        }
        for (int i = 0; i < UUID_LENGTH; i++) {
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            char c = text.charAt(i);
            if (dash ? c != '-' : digit(c, 16) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Parses an unsigned number in C notation: an optional {@code +}, then {@code 0x} and hexadecimal digits, {@code 0}
     * and octal digits, or decimal digits; one newline may follow. A NUL ends the text.
     *
     * @return the 64-bit number as an unsigned {@code long}; compare it with {@link Long#compareUnsigned}
     * @throws ErrnoException EINVAL: anything else in the text, or no digit. ERANGE: 2<sup>64</sup> or more
     */
    public static long parseNumber(String text) throws ErrnoException {
        int nul = text.indexOf('\0');
        int end = nul < 0 ? text.length() : nul;
        int start = end > 0 && text.charAt(0) == '+' ? 1 : 0;
        int radix = radix(text, start, end);
        int digits = radix == 16 ? start + 2 : start;
        long value = 0;
        boolean overflow = false;
        int at = digits;
        for (; at < end; at++) {
            int digit = digit(text.charAt(at), radix);
            if (digit < 0) {
                break;
            }
            overflow |= Long.compareUnsigned(value, Long.divideUnsigned(-1 - digit, radix)) > 0;
            value = value * radix + digit;
        }
        if (at == digits) {
            throw new ErrnoException(Errno.EINVAL, "not a number: '" + printable(text) + "'");
        }
        if (overflow) {
            throw new ErrnoException(Errno.ERANGE, "number above 64 bits: '" + printable(text) + "'");
        }
        if (at < end && text.charAt(at) == '\n') {
            at++;
        }
        if (at < end) {
            throw new ErrnoException(Errno.EINVAL, "not a number: '" + printable(text) + "'");
        }
        return value;
    }

    private static int radix(String text, int start, int end) {
        if (start < end && text.charAt(start) == '0') {
            boolean hex = start + 2 < end && (text.charAt(start + 1) == 'x' || text.charAt(start + 1) == 'X')
                    && digit(text.charAt(start + 2), 16) >= 0;
            return hex ? 16 : 8;
        }
        return 10;
    }

    private static int digit(char c, int radix) {
        int digit = c < 0x80 ? Character.digit(c, 16) : -1;
        return digit < radix ? digit : -1;
    }

    /**
     * Parses yes or no: the first character decides, after an o the second.
     *
     * @param kernel decides which first characters count
     * @throws ErrnoException EINVAL: neither. Source: Linux {@code kstrtobool}
     */
    public static boolean parseBoolean(Kernel kernel, String text) throws ErrnoException {
        char first = text.isEmpty() ? '\0' : text.charAt(0);
        boolean enables = kernel.has(DeviceQuirk.BOOLEAN_TAKES_ENABLE);
        if (ON.indexOf(first) >= 0 || enables && (first == 'e' || first == 'E')) {
            return true;
        }
        if (OFF.indexOf(first) >= 0 || enables && (first == 'd' || first == 'D')) {
            return false;
        }
        if ((first == 'o' || first == 'O') && text.length() > 1) {
            char second = Character.toLowerCase(text.charAt(1));
            if (second == 'n' || second == 'f') {
                return second == 'n';
            }
        }
        throw new ErrnoException(Errno.EINVAL, "neither yes nor no: '" + printable(text) + "'");
    }

    /** Tells whether the kernel takes a character as blank: {@code isspace}, whose table is Latin-1. */
    public static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r' || c == 0xa0;
    }

    /** Returns a text without the blanks around it; a NUL ends it. Source: Linux {@code strim}. */
    public static String trim(String text) {
        int nul = text.indexOf('\0');
        int end = nul < 0 ? text.length() : nul;
        int start = 0;
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    /** Returns the text as a message may quote it: no control characters, not longer than a line. */
    public static String printable(String text) {
        return Printable.line(text.length() <= 80 ? text : text.substring(0, 80));
    }
}
