// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import org.checkerframework.checker.nullness.qual.Nullable;

/** The attributes of the AP bus: lszcrypt -b. */
public final class BusListing {
    private BusListing() {}

    /** Makes the listing. */
    public static Output text(CardTree tree, Layout layout) {
        Output output = new Output();
        if (!tree.hasBus()) {
            return output.fail("Crypto device driver not available.");
        }
        String features = tree.bus("features");
        if (features != null && !features.isEmpty()) {
            output.print("features: " + features + '\n');
        }
        output.print("ap_domain=" + domain(tree, layout) + '\n');
        output.print("ap_max_domain_id=" + hex(layout, number(tree.bus("ap_max_domain_id"))) + '\n');
        state(output, "ap_interrupts are ", tree.bus("ap_interrupts"));
        output.print("config_time=" + number(tree.bus("config_time")) + " (seconds)\n");
        state(output, "poll_thread is ", tree.bus("poll_thread"));
        if (tree.bus("poll_timeout") != null) {
            output.print("poll_timeout=" + number(tree.bus("poll_timeout")) + " (nanoseconds)\n");
        }
        return output;
    }

    private static String domain(CardTree tree, Layout layout) {
        long domain = DefaultDomain.of(tree);
        if (!layout.pads()) {
            return hex(layout, domain);
        }
        if (domain < 0) {
            return "-1 (not set)";
        }
        return hex(layout, domain) + (DefaultDomain.isAvailable(tree) ? "" : " (unavailable)");
    }

    private static String hex(Layout layout, long value) {
        return String.format(layout.pads() ? "0x%02x" : "0x%x", value);
    }

    private static long number(@Nullable String text) {
        try {
            return text == null ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static void state(Output output, String what, @Nullable String text) {
        if (text != null) {
            output.print(what + (number(text) != 0 ? "enabled" : "disabled") + '\n');
        }
    }
}
