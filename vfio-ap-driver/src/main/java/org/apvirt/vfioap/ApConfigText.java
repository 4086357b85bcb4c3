// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsText;

/**
 * Reads what is written to {@code ap_config}: three masks, adapters, usage domains, control domains, separated by commas
 * or newlines. A mask is hexadecimal, its first digit the ids 0..3, and may begin with {@code 0x} or {@code x}; digits
 * that are not there are 0. Only the first 201 characters count, and what follows the third separator does not.
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code ap_config_store}; {@code ap_bus.c}, {@code ap_hex2bitmap}.
 */
final class ApConfigText {
    private static final int MAX_LENGTH = 201;
    private static final int DIGITS = ApMask.BYTES * 2;

    private final String text;
    private int at;

    private ApConfigText(String text) {
        int nul = text.indexOf('\0');
        this.text = text.substring(0, Math.min(nul < 0 ? text.length() : nul, MAX_LENGTH));
    }

    /**
     * Parses the text.
     *
     * @throws ErrnoException EINVAL: fewer than three masks, or a mask that is none
     */
    static ApMatrix parse(String text) throws ErrnoException {
        ApConfigText reader = new ApConfigText(text);
        ApMask apm = reader.nextMask();
        ApMask aqm = reader.nextMask();
        return new ApMatrix(apm, aqm, reader.nextMask());
    }

    private ApMask nextMask() throws ErrnoException {
        if (at > text.length()) {
            throw new ErrnoException(Errno.EINVAL, "fewer than three masks: '" + SysfsText.printable(text) + "'");
        }
        int end = at;
        while (end < text.length() && text.charAt(end) != ',' && text.charAt(end) != '\n') {
            end++;
        }
        String element = text.substring(at, end);
        at = end + 1; // past the separator; beyond the text if there was none
        return mask(element);
    }

    private static ApMask mask(String element) throws ErrnoException {
        int first = element.startsWith("0x") ? 2 : element.startsWith("x") ? 1 : 0;
        int count = element.length() - first;
        boolean good = count <= DIGITS;
        for (int i = first; i < element.length(); i++) {
            char c = element.charAt(i);
            good &= c < 0x80 && Character.digit(c, 16) >= 0;
        }
        if (!good) {
            throw new ErrnoException(Errno.EINVAL, "not a mask: '" + SysfsText.printable(element) + "'");
        }
        return ApMask.parseHex(element.substring(first) + "0".repeat(DIGITS - count));
    }
}
