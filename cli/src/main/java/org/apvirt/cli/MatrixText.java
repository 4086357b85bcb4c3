// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.apvirt.arch.Printable;
import org.apvirt.plan.MatrixPicture;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The matrix in a terminal: adapters down, domains across, as many side by side as it is wide. Each queue is a letter, so that
 * it can be read without colours.
 */
final class MatrixText {
    private static final int USUAL_WIDTH = 80;
    private static final int MARGIN = 4;
    private static final String FIXED = "hrncox";
    private static final List<String> MEANINGS = List.of("host", "reserved", "no driver", "conflict", "offline",
            "checkstopped");
    private static final List<String> COLOURS = List.of("44;97", "100;97", "43;30", "41;97", "47;30", "101;30");
    private static final List<String> OF_GUESTS = List.of("42;30", "45;97", "46;30", "103;30", "102;30", "104;30");

    private final MatrixPicture picture;
    private final boolean colours;
    private final int width;
    private final Charset charset;

    /**
     * A text.
     *
     * @param width characters in a line
     * @param charset in which it will be printed
     */
    MatrixText(MatrixPicture picture, boolean colours, int width, Charset charset) {
        this.picture = picture;
        this.colours = colours;
        this.width = width;
        this.charset = charset;
    }

    /** Tells whether standard output is a terminal whose user wants colours. */
    static boolean isColourful() {
        return isColourful(System.getenv("NO_COLOR"), System.getenv("TERM")) && Terminal.OUTPUT.isThere();
    }

    /** Tells whether the user and the terminal want colours, by the two variables that say so. */
    static boolean isColourful(@Nullable String without, @Nullable String terminal) {
        return (without == null || without.isEmpty()) && !"dumb".equals(terminal);
    }

    /** Returns how wide the terminal is, as the shell says it. */
    static int width() {
        String columns = System.getenv("COLUMNS");
        return columns != null && columns.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(columns) : USUAL_WIDTH;
    }

    /** Returns the lines. */
    String text() {
        StringBuilder text = new StringBuilder();
        int count = picture.domains().size();
        int across = Math.max(1, Math.min(count, width - MARGIN));
        for (int from = 0; from < count || from == 0; from += across) {
            int to = Math.min(count, from + across);
            for (int shift = 4; shift >= 0; shift -= 4) { // the last two digits, one above the other
                text.append(" ".repeat(MARGIN));
                for (int domain : picture.domains().subList(from, to)) {
                    text.append(Character.forDigit(domain >> shift & 0xf, 16));
                }
                text.append('\n');
            }
            for (int row = 0; row < picture.adapters().size(); row++) {
                text.append(String.format("%02x  ", picture.adapters().get(row)));
                append(text, picture.rows().get(row).substring(from, to));
                text.append('\n');
            }
        }
        legend(text);
        return text.toString();
    }

    private void append(StringBuilder text, String letters) {
        String last = "";
        for (int i = 0; i < letters.length(); i++) {
            String colour = colour(letters.charAt(i));
            if (!colour.equals(last)) {
                text.append(last.isEmpty() ? "" : "\033[0m").append(colour.isEmpty() ? "" : "\033[" + colour + 'm');
                last = colour;
            }
            text.append(shown(letters.charAt(i)));
        }
        text.append(last.isEmpty() ? "" : "\033[0m");
    }

    /** One character must stay one: those of guests after the 26th are in some character sets none. */
    private char shown(char letter) {
        return letter <= '~' || charset.newEncoder().canEncode(letter) ? letter : '+';
    }

    private String colour(char letter) {
        int guest = MatrixPicture.guestOf(letter);
        int fixed = FIXED.indexOf(letter);
        return !colours || guest < 0 && fixed < 0
                ? ""
                : guest >= 0 ? OF_GUESTS.get(guest % OF_GUESTS.size()) : COLOURS.get(fixed);
    }

    private void legend(StringBuilder text) {
        Set<Character> seen = new TreeSet<>();
        picture.rows().forEach(row -> row.chars().forEach(letter -> seen.add((char) letter)));
        int used = 0;
        for (char letter : seen) {
            if (letter != MatrixPicture.NONE) {
                int guest = MatrixPicture.guestOf(letter);
                String meaning = guest >= 0
                        ? Printable.line(picture.guests().get(guest))
                        : MEANINGS.get(FIXED.indexOf(letter));
                int more = 2 + meaning.length(); // colours take no room
                boolean fits = used == 0 || used + 2 + more <= width;
                text.append(used == 0 ? "" : fits ? "  " : "\n");
                used = used == 0 || !fits ? more : used + 2 + more;
                append(text, String.valueOf(letter));
                text.append(' ').append(meaning);
            }
        }
        text.append('\n');
    }

    /** Prints it: with colours past the writer that takes every control character out. */
    static void print(MatrixPicture picture, PrintWriter out) {
        if (isColourful()) {
            out.flush();
            PrintWriter terminal = Terminal.OUTPUT.writer();
            terminal.print(new MatrixText(picture, true, width(), Terminal.OUTPUT.charset()).text());
            terminal.flush();
        } else {
            out.print(new MatrixText(picture, false, width(), Terminal.OUTPUT.charset()).text());
        }
    }
}
