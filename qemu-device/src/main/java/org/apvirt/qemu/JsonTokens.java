package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.List;

/**
 * The tokens of the first JSON value in a text. Strings stand in double or single quotes.
 * Source: QEMU {@code qobject/json-lexer.c}, {@code json-streamer.c}.
 *
 * @param tokens up to the bracket that closes the value, or to the end of the text
 * @param end where the text goes on after them
 */
record JsonTokens(List<String> tokens, int end) {
    private static final String PUNCTUATION = "{}[]:,";

    static JsonTokens of(String text) throws QemuException {
        List<String> tokens = new ArrayList<>();
        int braces = 0;
        int brackets = 0;
        int at = skipBlanks(text, 0);
        while (at < text.length()) {
            int end = endOfToken(text, at);
            String token = text.substring(at, end);
            tokens.add(token);
            at = end;
            switch (token) {
                case "{" -> braces++;
                case "}" -> braces--;
                case "[" -> brackets++;
                case "]" -> brackets--;
                default -> {
                }
            }
            if (braces < 0 || brackets < 0 || braces == 0 && brackets == 0) {
                break;
            }
            at = skipBlanks(text, at);
        }
        return new JsonTokens(tokens, at);
    }

    static int skipBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    private static int endOfToken(String text, int at) throws QemuException {
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
        throw stray(text, at, at + 1);
    }

    private static int endOfString(String text, int at, char quote) throws QemuException {
        for (int i = at + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return i + 1;
            } else if (c < ' ') {
                throw stray(text, at, i + 1);
            }
        }
        throw stray(text, at, text.length());
    }

    private static int endOfNumber(String text, int at) throws QemuException {
        int i = text.charAt(at) == '-' ? at + 1 : at;
        if (i == text.length() || !isDigit(text.charAt(i))) {
            throw stray(text, at, Math.min(i + 1, text.length()));
        }
        if (text.charAt(i) == '0' && i + 1 < text.length() && isDigit(text.charAt(i + 1))) {
            throw stray(text, at, i + 2);
        }
        while (i < text.length() && (isDigit(text.charAt(i)) || ".eE+-".indexOf(text.charAt(i)) >= 0)) {
            i++;
        }
        return i;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static QemuException stray(String text, int from, int to) {
        return new QemuException("JSON parse error, stray '" + text.substring(from, to) + "'");
    }
}
