// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.Printable;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A line that the guest sent, as words. What is not as agreed is an {@link IOException} that shows the line. */
final class AnswerLine {
    private static final int SHOWN = 80;
    private static final HexFormat HEX = HexFormat.of();

    /** The kernel refused. */
    record Refusal(String errno, String at) {}

    private final String line;
    private final List<String> words;

    AnswerLine(String line) {
        this.line = line;
        this.words = List.of(line.split(" "));
    }

    String line() {
        return line;
    }

    int count() {
        return words.size();
    }

    boolean isOk() {
        return !words.isEmpty() && words.get(0).equals("ok");
    }

    String word(int index) throws IOException {
        if (index >= words.size()) {
            throw unexpected(null);
        }
        return words.get(index);
    }

    /** Returns a word and all after it. */
    String rest(int index) throws IOException {
        word(index);
        return String.join(" ", words.subList(index, words.size()));
    }

    /** Returns what a word of hex digits stands for, one {@code char} per byte. */
    String text(int index) throws IOException {
        try {
            String word = word(index);
            return word.equals("-") ? "" : new String(HEX.parseHex(word), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            throw unexpected(e);
        }
    }

    Long number(int index) throws IOException {
        try {
            return Long.valueOf(word(index));
        } catch (NumberFormatException e) {
            throw unexpected(e);
        }
    }

    Refusal refusal() throws IOException {
        if (!word(0).equals("err")) {
            throw unexpected(null);
        }
        return new Refusal(word(1), words.size() > 2 ? word(2) : "");
    }

    IOException unexpected(@Nullable Throwable cause) {
        String shown = Printable.line(line.length() > SHOWN ? line.substring(0, SHOWN) : line);
        return new IOException("the guest sent '" + shown + (line.length() > SHOWN ? "..." : "")
                + "', which is no answer", cause);
    }
}
