// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsText;

/**
 * The text forms of a mask that an administrator may write: all of it in hexadecimal, or changes to the present one.
 *
 * <p>Absolute: {@code 0x41}, left-aligned, the first digit holds ids 0-3; missing digits are zero, at most 64.
 * Relative: {@code -5,+0x10-0x1f}, applied from left to right.
 *
 * <p>Source: Linux {@code ap_bus.c}, {@code ap_parse_bitmap_str}, {@code hex2bitmap}, {@code modify_bitmap}.
 */
public final class MaskText {
    private static final int DIGITS = ApMask.BITS / 4;

    private final String text;
    private final boolean numbersWrap;
    private int at;

    private MaskText(String text, boolean numbersWrap) {
        int nul = text.indexOf('\0');
        this.text = nul < 0 ? text : text.substring(0, nul);
        this.numbersWrap = numbersWrap;
    }

    /**
     * Returns the mask that a text asks for.
     *
     * @param present what a relative text changes
     * @param numbersWrap ids of 2<sup>64</sup> and more wrap, as kernels before 7.2 have it; otherwise they are refused
     * @throws ErrnoException EINVAL: the text has another form, or names an id above 255
     */
    public static ApMask parse(String text, ApMask present, boolean numbersWrap) throws ErrnoException {
        MaskText parser = new MaskText(text, numbersWrap);
        return parser.peek() == '+' || parser.peek() == '-' ? parser.relative(present) : parser.absolute();
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private ErrnoException refusal() {
        return new ErrnoException(Errno.EINVAL, "not a mask: '" + SysfsText.printable(text) + "'");
    }

    private static int digit(char c, int radix) {
        int digit = c < 0x80 ? Character.digit(c, 16) : -1;
        return digit < radix ? digit : -1;
    }

    private ApMask absolute() throws ErrnoException {
        if (text.startsWith("0x")) {
            at = 2;
        } else if (peek() == 'x') {
            at = 1;
        }
        long[] words = new long[4];
        int digits = 0;
        for (int digit = digit(peek(), 16); digit >= 0 && digits < DIGITS; digit = digit(peek(), 16)) {
            words[digits >> 4] |= (long) digit << 60 - (digits & 15) * 4;
            digits++;
            at++;
        }
        if (peek() == '\n') {
            at++;
        }
        if (at < text.length()) {
            throw refusal();
        }
        return ApMask.ofWords(words[0], words[1], words[2], words[3]);
    }

    private ApMask relative(ApMask present) throws ErrnoException {
        ApMask mask = present;
        while (at < text.length()) {
            char sign = text.charAt(at++);
            if (sign != '+' && sign != '-') {
                throw refusal();
            }
            int first = id();
            int last = first;
            if (peek() == '-') {
                at++;
                last = id();
                if (first > last) {
                    throw refusal();
                }
            }
            ApMask ids = ApMask.range(first, last);
            mask = sign == '+' ? mask.or(ids) : mask.minus(ids);
            while (peek() == ',' || peek() == '\n') {
                at++;
            }
        }
        return mask;
    }

    /** A number in C notation, 0..255. Without digits there is none; {@code 0x} alone is the number 0 before an x. */
    private int id() throws ErrnoException {
        int radix = 10;
        if (peek() == '0') {
            boolean x = at + 2 < text.length() && (text.charAt(at + 1) | 0x20) == 'x';
            radix = x && digit(text.charAt(at + 2), 16) >= 0 ? 16 : 8;
        }
        if (radix == 16) {
            at += 2;
        }
        int start = at;
        long value = 0;
        boolean overflow = false;
        for (int digit = digit(peek(), radix); digit >= 0; digit = digit(peek(), radix)) {
            overflow |= Long.compareUnsigned(value, Long.divideUnsigned(-1 - digit, radix)) > 0;
            value = value * radix + digit;
            at++;
        }
        if (at == start || overflow && !numbersWrap || Long.compareUnsigned(value, ApMask.BITS) >= 0) {
            throw refusal();
        }
        return (int) value;
    }
}
