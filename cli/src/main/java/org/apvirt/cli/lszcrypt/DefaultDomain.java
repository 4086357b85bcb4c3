// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import org.checkerframework.checker.nullness.qual.Nullable;

/** The default domain of the AP bus, and the warning about it. */
final class DefaultDomain {
    private DefaultDomain() {}

    /** Returns the default domain, -1 if there is none. */
    static long of(CardTree tree) {
        String text = tree.bus("ap_domain");
        try {
            return text == null ? -1 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Tells whether a domain's bit is set in a mask of sysfs. */
    static boolean contains(@Nullable String mask, long domain) {
        int digit = (int) (2 + domain / 4);
        return mask != null && domain >= 0 && digit < mask.length()
                && (Character.digit(mask.charAt(digit), 16) & 8 >> domain % 4) != 0;
    }

    static boolean isAvailable(CardTree tree) {
        return contains(tree.bus("ap_usage_domain_mask"), of(tree));
    }

    static void warn(CardTree tree, Layout layout, Output output) {
        if (layout.warns() && !isAvailable(tree)) {
            output.warn(String.format("Warning: Default domain 0x%02x is not available.", of(tree)));
        }
    }
}
