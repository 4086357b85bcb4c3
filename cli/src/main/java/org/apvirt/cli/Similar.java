// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.util.List;
import java.util.Locale;

/** Finds what somebody may have meant. */
final class Similar {
    private static final int LONGEST = 40; // a word that is longer is no slip

    private Similar() {}

    /** Returns the known words that differ least from a word, if that is little: a third of its letters. */
    static List<String> to(String word, List<String> known) {
        if (word.length() > LONGEST) {
            return List.of();
        }
        int nearest = known.stream().mapToInt(other -> distance(word, other)).min().orElse(Integer.MAX_VALUE);
        return nearest > Math.max(1, word.length() / 3)
                ? List.of()
                : known.stream().filter(other -> distance(word, other) == nearest).sorted().toList();
    }

    /** Counts the letters to insert, to leave out, to replace, or to swap with their neighbour. */
    private static int distance(String word, String other) {
        String a = word.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int replace = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + replace);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}
