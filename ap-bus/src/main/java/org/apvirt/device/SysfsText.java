package org.apvirt.device;

import java.util.Set;

import org.apvirt.arch.Printable;

/**
 * How the kernel reads numbers and flags from attribute text. Source: Linux {@code lib/kstrtox.c}, {@code kstrtoull}.
 */
public final class SysfsText {
    private static final Set<String> ON = Set.of("y", "Y", "t", "T", "1");
    private static final Set<String> OFF = Set.of("n", "N", "f", "F", "0");

    private SysfsText() {}

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
     * @throws ErrnoException EINVAL: neither. Source: Linux {@code kstrtobool}
     */
    public static boolean parseBoolean(String text) throws ErrnoException {
        String first = text.isEmpty() ? "" : text.substring(0, 1);
        if (ON.contains(first)) {
            return true;
        }
        if (OFF.contains(first)) {
            return false;
        }
        if (first.equalsIgnoreCase("o") && text.length() > 1) {
            char second = Character.toLowerCase(text.charAt(1));
            if (second == 'n' || second == 'f') {
                return second == 'n';
            }
        }
        throw new ErrnoException(Errno.EINVAL, "neither yes nor no: '" + printable(text) + "'");
    }

    /** Returns the text as a message may quote it: no control characters, not longer than a line. */
    public static String printable(String text) {
        return Printable.line(text.length() <= 80 ? text : text.substring(0, 80));
    }
}
