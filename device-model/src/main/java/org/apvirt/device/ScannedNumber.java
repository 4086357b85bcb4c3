// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * Numbers as the kernel's {@code sscanf} finds them at the start of a text: blanks before and anything after are
 * ignored, and only the low 32 bits count; what a number of 2<sup>64</sup> and more counts as depends on the release.
 * Source: Linux {@code lib/vsprintf.c}, {@code vsscanf}, {@code simple_strntoull}.
 */
public final class ScannedNumber {
    private ScannedNumber() {}

    /** {@code %d}: decimal, with an optional minus sign. */
    public static int decimal(Kernel kernel, String text) throws ErrnoException {
        return scan(kernel, text, true);
    }

    /** {@code %i}: decimal, or hexadecimal after {@code 0x}, or octal after {@code 0}. */
    public static int anyBase(Kernel kernel, String text) throws ErrnoException {
        return scan(kernel, text, false);
    }

    /** {@code %llu}: decimal without a sign; of more than 64 bits the low ones count. */
    public static long unsignedDecimal(String text) throws ErrnoException {
        int at = skipBlanks(text);
        if (digit(text, at, 10) < 0) {
            throw refusal(text);
        }
        long value = 0;
        for (int digit = digit(text, at, 10); digit >= 0; digit = digit(text, ++at, 10)) {
            value = value * 10 + digit;
        }
        return value;
    }

    /** {@code 0} or {@code 1}, as {@link #decimal}. */
    public static boolean flag(Kernel kernel, String text) throws ErrnoException {
        int value = decimal(kernel, text);
        if (value != 0 && value != 1) {
            throw refusal(text);
        }
        return value == 1;
    }

    /** An integer module parameter: {@code kstrtoint} with any base. */
    public static int parameter(String text) throws ErrnoException {
        boolean negative = text.startsWith("-");
        if (text.startsWith("-+")) {
            throw refusal(text);
        }
        long value = SysfsText.parseNumber(negative ? text.substring(1) : text);
        if (value < 0 || value > (negative ? 1L << 31 : Integer.MAX_VALUE)) {
            throw new ErrnoException(Errno.ERANGE, "not a 32-bit number: '" + SysfsText.printable(text) + "'");
        }
        return (int) (negative ? -value : value);
    }

    private static ErrnoException refusal(String text) {
        return new ErrnoException(Errno.EINVAL, "not an accepted number: '" + SysfsText.printable(text) + "'");
    }

    private static int scan(Kernel kernel, String text, boolean decimalOnly) throws ErrnoException {
        int at = skipBlanks(text);
        boolean negative = at < text.length() && text.charAt(at) == '-';
        if (negative) {
            at++;
        }
        if (at >= text.length() || text.charAt(at) < '0' || text.charAt(at) > '9') {
            throw refusal(text);
        }
        int radix = 10;
        if (!decimalOnly && text.charAt(at) == '0') {
            boolean x = at + 2 < text.length() && (text.charAt(at + 1) | 0x20) == 'x' && digit(text, at + 2, 16) >= 0;
            radix = x ? 16 : 8;
            at += x ? 2 : 0;
        }
        long value = 0;
        boolean overflow = false;
        for (int digit = digit(text, at, radix); digit >= 0; digit = digit(text, ++at, radix)) {
            overflow |= Long.compareUnsigned(value, Long.divideUnsigned(-1 - digit, radix)) > 0;
            value = value * radix + digit;
        }
        if (overflow && !kernel.has(DeviceQuirk.NUMBERS_WRAP)) {
            value = -1; // 2^64-1
        }
        return (int) (negative ? -value : value);
    }

    private static int skipBlanks(String text) {
        int at = 0;
        while (at < text.length() && SysfsText.isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static int digit(String text, int at, int radix) {
        char c = at < text.length() ? text.charAt(at) : '\0';
        int digit = c < 0x80 ? Character.digit(c, 16) : -1;
        return digit < radix ? digit : -1;
    }
}
