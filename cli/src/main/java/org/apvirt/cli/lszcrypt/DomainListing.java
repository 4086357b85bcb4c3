// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.cli.lszcrypt.TextTable.Column;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The map of usage and control domains: lszcrypt -d. */
public final class DomainListing {
    private DomainListing() {}

    /** Makes the listing. */
    public static Output text(CardTree tree, Layout layout) {
        Output output = new Output();
        if (!tree.hasBus()) {
            return output.fail("Crypto device driver not available.");
        }
        String control = tree.bus("ap_control_domain_mask");
        String usage = tree.bus("ap_usage_domain_mask");
        if (isMissing(control)) {
            return output.fail("Control domain mask not available.");
        }
        if (isMissing(usage)) {
            return output.fail("Usage domain mask not available.");
        }
        List<Column> columns = new ArrayList<>(List.of(Column.right("DOMAIN", 6)));
        for (int i = 0; i < 16; i++) {
            columns.add(Column.right(String.format("%02x", i), 2));
        }
        TextTable table = new TextTable(columns);
        output.print(table.header());
        for (int row = 0; row < 256; row += 16) {
            List<String> texts = new ArrayList<>(List.of(String.format("%02x", row)));
            for (int domain = row; domain < row + 16; domain++) {
                boolean controls = DefaultDomain.contains(control, domain);
                boolean uses = DefaultDomain.contains(usage, domain);
                texts.add(controls ? uses ? "B" : "C" : uses ? "U" : ".");
            }
            output.print(table.line(texts));
        }
        output.print(table.rule());
        output.print("C: Control domain\nU: Usage domain\nB: Both (Control + Usage domain)\n");
        DefaultDomain.warn(tree, layout, output);
        return output;
    }

    private static boolean isMissing(@Nullable String mask) {
        return mask == null || mask.equals("not supported");
    }
}
