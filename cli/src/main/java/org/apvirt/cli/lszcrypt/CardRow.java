// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import org.apvirt.arch.ApHardwareInfo;
import org.checkerframework.checker.nullness.qual.Nullable;

/** One card or queue: reads its files and words them as columns. */
final class CardRow {
    /** The tool knows drivers by their names; others, also {@code cex2acard}, count as none. */
    private static final Pattern KNOWN_DRIVER = Pattern.compile("cex[0-9](?:card|queue)|vfio.ap");
    private static final String LETTERS = "SMCDAXNHFR";

    private final CardTree tree;
    private final String card;
    private final @Nullable String queue;
    private final String device;

    /**
     * A row.
     *
     * @param card directory name, for example {@code card05}
     * @param queue directory name of a queue below it, null: the card itself
     */
    CardRow(CardTree tree, String card, @Nullable String queue) {
        this.tree = tree;
        this.card = card;
        this.queue = queue;
        this.device = queue == null ? card : card + '/' + queue;
    }

    String id() {
        return queue == null ? card.substring("card".length()) : queue;
    }

    boolean isQueue() {
        return queue != null;
    }

    /** Returns for example {@code CEX5C}, {@code -} if no driver has told it. */
    String type() {
        return orDash(tree.device(card, "type"));
    }

    /** Tells whether a driver has told the type. */
    boolean hasType() {
        return tree.device(card, "type") != null;
    }

    private static String orDash(@Nullable String text) {
        return text == null ? "-" : text;
    }

    /** Tells whether the zcrypt drivers have this device, which the table without -V asks for. */
    boolean isPlainlyVisible() {
        return tree.device(card, "type") != null && tree.device(device, "online") != null;
    }

    long functions() {
        return parse(tree.device(card, "ap_functions"));
    }

    /** Parses as strtoul with base 0 does; what is no number is 0. */
    private static long parse(@Nullable String text) {
        try {
            return text == null ? 0 : Long.decode(text.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    String mode() {
        long functions = functions();
        return (functions & ApHardwareInfo.CCA) != 0
                ? "CCA-Coproc"
                : (functions & ApHardwareInfo.ACCEL) != 0
                        ? "Accelerator"
                        : (functions & ApHardwareInfo.EP11) != 0 ? "EP11-Coproc" : "Unknown";
    }

    private boolean isDeconfigured(String of) {
        return "0".equals(tree.device(of, "config"));
    }

    String status() {
        if (isDeconfigured(device)) {
            return "deconfig";
        }
        if (parse(tree.device(device, "chkstop")) > 0) {
            return "chkstop";
        }
        String online = tree.device(device, "online");
        if (online != null) {
            return parse(online) > 0 ? "online" : "offline";
        }
        return queue == null ? "-" : orDash(tree.device(device, "status"));
    }

    /** A configured queue of a deconfigured card tells its own. */
    String requests() {
        return isDeconfigured(device) ? "-" : orDash(tree.device(device, "request_count"));
    }

    private String pending() {
        if (isDeconfigured(card) || isQueue() && !driver().startsWith("cex")) {
            return "-";
        }
        return String.valueOf(
                parse(tree.device(device, "pendingq_count")) + parse(tree.device(device, "requestq_count")));
    }

    private String driver() {
        String driver = tree.driver(device);
        return driver != null && KNOWN_DRIVER.matcher(driver).find() ? driver : "-no-driver-";
    }

    private String letters() {
        long functions = functions();
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < LETTERS.length(); i++) {
            letters.append((functions & 0x8000_0000L >> i) != 0 ? LETTERS.charAt(i) : '-');
        }
        return letters.toString();
    }

    private String bindState() {
        String text = queue == null ? null : tree.device(device, "ap_functions");
        if (text == null) {
            return queue == null ? "-" : "error";
        }
        long functions = parse(text);
        return functions == 0
                ? "invalid"
                : List.of("usable", "bound", "unbound", "illicit").get((int) (functions >> 14 & 3));
    }

    /** Returns the texts of the columns of {@link Listing}. */
    List<String> columns(Layout layout, boolean verbose, boolean withBindState) {
        List<String> texts = new ArrayList<>(List.of(id(), type(), mode()));
        if (!layout.seedTable()) {
            texts.add(status());
            texts.add(requests());
        }
        if (verbose) {
            texts.add(pending());
            texts.add(orDash(tree.device(card, "hwtype")));
            texts.add(String.format("%02d",
                    parse(tree.device(card, "depth")) + (layout.addsOneToDepth() ? 1 : 0)));
            texts.add(letters());
            texts.add(driver());
        }
        if (withBindState) {
            texts.add(bindState());
        }
        return texts;
    }
}
