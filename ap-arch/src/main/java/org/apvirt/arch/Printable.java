// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Text of unknown origin made fit for a terminal and for one line. What a terminal would obey instead of show (control
 * characters, also those above 0x7f), what changes the order or hides (format characters, line separators) and what is no
 * character at all is written as JSON writes it: {@code \n}, {@code \t}, {@code \r} or {@code \}{@code u} and four hex
 * digits. So text that is JSON already means the same afterwards.
 */
public final class Printable {
    /** A message that is longer has a file in it, not a value of it. */
    private static final int LONGEST_MESSAGE = 2000;

    private Printable() {}

    /** Tells whether a terminal shows a character and does nothing else. */
    public static boolean isShown(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR, Character.UNASSIGNED ->
                false;
            default -> true;
        };
    }

    /** Appends the escape of a character. */
    public static void escape(int codePoint, StringBuilder out) {
        switch (codePoint) {
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            default -> {
                for (char unit : Character.toChars(codePoint)) {
                    out.append(String.format("\\u%04x", (int) unit));
                }
            }
        }
    }

    /** Returns text as it can be shown inside one line; text that can be already is returned as it is. */
    public static String line(@Nullable String text) {
        if (text == null) {
            return "";
        }
        int plain = 0;
        while (plain < text.length() && text.charAt(plain) >= ' ' && text.charAt(plain) <= '~') {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, plain);
        text.codePoints().skip(plain).forEach(codePoint -> {
            if (isShown(codePoint)) {
                out.appendCodePoint(codePoint);
            } else {
                escape(codePoint, out);
            }
        });
        return out.toString();
    }

    /** Returns a message as one line of a length that can be read; what is left out is its middle. */
    public static String message(@Nullable String text) {
        String line = line(text == null ? "" : text.strip());
        int half = LONGEST_MESSAGE / 2;
        return line.length() <= LONGEST_MESSAGE
                ? line
                : line.substring(0, half) + " ... " + line.substring(line.length() - half);
    }
}
