// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.List;

/**
 * A table of columns one blank apart, a header, a line of dashes. Source: s390-tools {@code libutil/util_rec.c}.
 *
 * @param columns the columns from left to right
 */
record TextTable(List<Column> columns) {
    /**
     * A column.
     *
     * @param width characters; longer texts are not cut
     */
    record Column(String title, int width, boolean right) {
        static Column left(String title, int width) {
            return new Column(title, width, false);
        }

        static Column right(String title, int width) {
            return new Column(title, width, true);
        }

        private String pad(String text) {
            String blanks = " ".repeat(Math.max(0, width - text.length()));
            return right ? blanks + text : text + blanks;
        }
    }

    /** Returns the line of titles and the line of dashes. */
    String header() {
        return line(columns.stream().map(Column::title).toList()) + rule();
    }

    /** Returns the line of dashes. */
    String rule() {
        return "-".repeat(columns.stream().mapToInt(Column::width).sum() + columns.size() - 1) + '\n';
    }

    /** Returns one line; a left-aligned last column keeps its blanks. */
    String line(List<String> texts) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < texts.size(); i++) {
            line.append(i == 0 ? "" : " ").append(columns.get(i).pad(texts.get(i)));
        }
        return line.append('\n').toString();
    }
}
