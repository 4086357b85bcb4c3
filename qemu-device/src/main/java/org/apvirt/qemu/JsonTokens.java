// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens of the first JSON value in a text. Strings stand in double or single quotes.
 * Source: QEMU {@code qobject/json-lexer.c}, {@code json-streamer.c}.
 *
 * @param tokens up to the bracket that closes the value, to the first that is none, or to the end of the text
 * @param end where the text goes on after them
 * @param endPlace line and column of that
 */
record JsonTokens(List<Token> tokens, int end, String endPlace) {
    private static final String PUNCTUATION = "{}[]:,";
    /** Source: {@code MAX_NESTING} of {@code json-streamer.c}. */
    private static final int DEEPEST = 1024;

    /**
     * A token.
     *
     * @param isStray whether it is none, but what the lexer refused
     * @param place line and column as QEMU names them, for example {@code 1:7}
     */
    record Token(String text, boolean isStray, String place) {}

    /**
     * Takes a text apart.
     *
     * @throws QemuException brackets in brackets, more than QEMU takes
     */
    static JsonTokens of(String text) throws QemuException {
        List<Token> tokens = new ArrayList<>();
        boolean lookedAhead = false;
        int braces = 0;
        int brackets = 0;
        int at = skipBlanks(text, 0);
        while (at < text.length()) {
            int end = endOfToken(text, at);
            String token = text.substring(at, Math.abs(end));
            tokens.add(new Token(token, end < 0, place(text, at, lookedAhead)));
            if (end < 0) {
                return new JsonTokens(tokens, at, place(text, at, false));
            }
            at = end;
            lookedAhead = PUNCTUATION.indexOf(token.charAt(0)) < 0 && "\"'".indexOf(token.charAt(0)) < 0;
            switch (token) {
                case "{" -> braces++;
                case "}" -> braces--;
                case "[" -> brackets++;
                case "]" -> brackets--;
                default -> {
                }
            }
            if (braces + brackets > DEEPEST) {
                throw new QemuException("JSON nesting depth limit exceeded");
            }
            if (braces < 0 || brackets < 0 || braces == 0 && brackets == 0) {
                break;
            }
            int next = skipBlanks(text, at);
            lookedAhead &= next == at;
            at = next;
        }
        return new JsonTokens(tokens, at, place(text, at, lookedAhead));
    }

    /**
     * Returns line and column of a character, in bytes. The end of a number or word is only seen at the character after it,
     * which QEMU then places one column too far.
     */
    private static String place(String text, int at, boolean lookedAhead) {
        String before = text.substring(0, at);
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        int column = before.substring(before.lastIndexOf('\n') + 1).getBytes(StandardCharsets.UTF_8).length + 1;
        return line + ":" + (lookedAhead ? column + 1 : column);
    }

    static int skipBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    /** Returns where a token ends; where what is none ends, negated. */
    private static int endOfToken(String text, int at) {
        char first = text.charAt(at);
        if (PUNCTUATION.indexOf(first) >= 0) {
            return at + 1;
        }
        if (first == '"' || first == '\'') {
            return endOfString(text, at, first);
        }
        if (first >= 'a' && first <= 'z') {
            int end = at + 1;
            while (end < text.length() && text.charAt(end) >= 'a' && text.charAt(end) <= 'z') {
                end++;
            }
            return end;
        }
        if (first == '-' || isDigit(first)) {
            return endOfNumber(text, at);
        }
        return -(at + 1);
    }

    private static int endOfString(String text, int at, char quote) {
        for (int i = at + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return i + 1;
            } else if (c < ' ') {
                return -(i + 1);
            }
        }
        return -text.length();
    }

    private static int endOfNumber(String text, int at) {
        int i = text.charAt(at) == '-' ? at + 1 : at;
        if (i == text.length() || !isDigit(text.charAt(i))) {
            return -Math.min(i + 1, text.length());
        }
        if (text.charAt(i) == '0' && i + 1 < text.length() && isDigit(text.charAt(i + 1))) {
            return -(i + 2);
        }
        i = skipDigits(text, i);
        if (i < text.length() && text.charAt(i) == '.') {
            i++;
            if (i == text.length() || !isDigit(text.charAt(i))) {
                return -Math.min(i + 1, text.length());
            }
            i = skipDigits(text, i);
        }
        if (i < text.length() && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
            i++;
            if (i < text.length() && (text.charAt(i) == '+' || text.charAt(i) == '-')) {
                i++;
            }
            if (i == text.length() || !isDigit(text.charAt(i))) {
                return -Math.min(i + 1, text.length());
            }
            i = skipDigits(text, i);
        }
        return i;
    }

    private static int skipDigits(String text, int from) {
        int at = from;
        while (at < text.length() && isDigit(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
