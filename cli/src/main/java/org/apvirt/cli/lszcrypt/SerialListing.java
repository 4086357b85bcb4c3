// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.List;

import org.apvirt.cli.lszcrypt.TextTable.Column;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The serial numbers of coprocessors: lszcrypt -s. */
public final class SerialListing {
    private static final TextTable TABLE = new TextTable(List.of(Column.left("CARD.DOM", 8), Column.left("TYPE", 5),
            Column.left("MODE", 11), Column.left("STATUS", 10), Column.left("SERIALNR", 8)));

    private SerialListing() {}

    /** Makes the listing. */
    public static Output text(CardTree tree, Layout layout) {
        Output output = new Output();
        if (!tree.hasBus()) {
            return output.fail("Crypto device driver not available.");
        }
        if (tree.cards().isEmpty() && layout.emptyIsError()) {
            return output.fail("No crypto card devices found.");
        }
        output.print(TABLE.header());
        for (String card : tree.cards()) {
            CardRow row = new CardRow(tree, card, null);
            if (row.isPlainlyVisible() && (row.mode().startsWith("CCA") || row.mode().startsWith("EP11"))) {
                output.print(TABLE.line(List.of(row.id(), row.type(), row.mode(), row.status(),
                        serial(tree.device(card, "serialnr")))));
            }
        }
        return output;
    }

    private static String serial(@Nullable String text) {
        return text == null || text.isEmpty() ? "-" : text.substring(0, Math.min(8, text.length()));
    }
}
