// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.cli.lszcrypt.TextTable.Column;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The table of cards and queues: lszcrypt without an option, or with -V.
 *
 * @param tree the cards
 * @param layout which release is followed
 * @param verbose -V
 * @param which what to show
 */
public record Listing(CardTree tree, Layout layout, boolean verbose, Filter which) {
    private static final String NO_CARDS = "No crypto card devices found.";
    private static final Pattern ID = Pattern
            .compile("(?:0[xX])?([0-9a-fA-F]++)(?:\\.(?:0[xX])?([0-9a-fA-F]+).*|.*)");
    private static final Pattern DOMAIN = Pattern.compile("\\.(?:0[xX])?([0-9a-fA-F]+).*");

    /**
     * What to show.
     *
     * @param mode last letter of the type, null: all; a device whose type is not known passes
     * @param cards whether to show cards
     * @param queues whether to show queues
     */
    public record Filter(@Nullable String mode, boolean cards, boolean queues) {
        /** Everything. */
        public static final Filter ALL = new Filter(null, true, true);

        boolean shows(CardRow row) {
            return (row.isQueue() ? queues : cards) && (mode == null || !row.hasType() || row.type().endsWith(mode));
        }
    }

    private TextTable table() {
        List<Column> columns = new ArrayList<>(
                List.of(Column.left(layout.seedTable() ? "CARD.DOMAIN" : "CARD.DOM", layout.seedTable() ? 11 : 8),
                        Column.left("TYPE", 5), Column.left("MODE", layout.seedTable() ? 12 : 11)));
        if (!layout.seedTable()) {
            columns.add(Column.left("STATUS", 10));
            columns.add(Column.right("REQUESTS", 8));
        }
        if (verbose) {
            columns.addAll(List.of(Column.right("PENDING", 8), Column.right("HWTYPE", 6), Column.right("QDEPTH", 6),
                    Column.left("FUNCTIONS", 10), Column.left("DRIVER", 11)));
        }
        if (hasBindState()) {
            columns.add(Column.left("SESTAT", 11));
        }
        return new TextTable(columns);
    }

    private boolean hasBindState() {
        String features = tree.bus("features");
        return verbose && features != null && features.contains("APSB");
    }

    /**
     * Makes the listing.
     *
     * @param ids cards and queues as {@code 05}, {@code 5.4}, {@code .4}; none: all
     */
    public Output text(List<String> ids) {
        Output output = new Output();
        if (!tree.hasBus()) {
            return output.fail("Crypto device driver not available.");
        }
        if (ids.isEmpty() && lacksCards()) {
            return output.fail(NO_CARDS);
        }
        TextTable table = table();
        output.print(layout.seedTable() ? table.header().replaceAll(" +\n", "\n") : table.header());
        if (ids.isEmpty()) {
            tree.cards().forEach(card -> card(output, table, card));
            DefaultDomain.warn(tree, layout, output);
        }
        for (String id : ids) {
            if (!add(output, table, id)) {
                break;
            }
        }
        return output;
    }

    /** Who names a card or queue is told about that one, even if there is none at all. */
    private boolean lacksCards() {
        return tree.cards().isEmpty() && layout.emptyIsError();
    }

    /** Adds the rows of one id; false: the rest is not looked at. */
    private boolean add(Output output, TextTable table, String id) {
        Matcher domain = DOMAIN.matcher(id);
        if (domain.matches()) {
            String name = queueSuffix(domain.group(1));
            List<String> cards = tree.cards().stream().filter(card -> tree.exists(queue(card, name))).toList();
            if (cards.isEmpty()) {
                output.fail(lacksCards() ? NO_CARDS : "No queue devices with given domain value found.");
                return false;
            }
            cards.forEach(card -> row(output, table, new CardRow(tree, card, card.substring(4) + name)));
            return true;
        }
        Matcher number = ID.matcher(id);
        if (!number.matches()) {
            output.print("Invalid adpater id!\n"); // sic, as the program has it; not an error there either
            return true;
        }
        String card = String.format("card%02x", hex(number.group(1)));
        String part = number.group(2);
        if (part == null) {
            if (!tree.exists(card)) {
                output.fail("Error - cryptographic device " + card + " does not exist.");
                return false;
            }
            card(output, table, card);
            return true;
        }
        String queue = queue(card, queueSuffix(part));
        if (!tree.exists(queue)) {
            output.fail("Error - cryptographic device " + tree.shownPath(queue) + " does not exist.");
            return false;
        }
        row(output, table, new CardRow(tree, card, queue.substring(queue.indexOf('/') + 1)));
        return true;
    }

    private static String queueSuffix(@Nullable String domain) {
        return String.format(".%04x", hex(domain));
    }

    /** Reads hexadecimal digits as sscanf does; of more than 32 bits the low ones count. */
    private static long hex(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits.substring(Math.max(0, digits.length() - 8)), 16);
    }

    private static String queue(String card, String suffix) {
        return card + '/' + card.substring(4) + suffix;
    }

    private void card(Output output, TextTable table, String card) {
        row(output, table, new CardRow(tree, card, null));
        tree.queues(card).forEach(queue -> row(output, table, new CardRow(tree, card, queue)));
    }

    private void row(Output output, TextTable table, CardRow row) {
        if (which.shows(row) && (verbose || row.isPlainlyVisible())) {
            String line = table.line(row.columns(layout, verbose, hasBindState()));
            output.print(layout.seedTable() && !verbose ? line.stripTrailing() + '\n' : line);
        }
    }
}
