// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.cpu.QemuPolicy;
import org.apvirt.cpu.QemuVersion;

/**
 * A JSON object as an argument of an option, read with QEMU's errors. An older QEMU takes the whole text apart before it
 * looks at the first token; a newer one goes from token to token, and names the place where it stopped.
 * Source: QEMU {@code qobject/json-parser.c}.
 */
final class JsonObject {
    /** What is no text: a number, a truth value, null, a list, an object. */
    record Other(String kind) {}

    /** The second half of a character beyond the first 65,536. */
    private static final Pattern TRAIL = Pattern.compile("\\\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})");

    private final JsonTokens text;
    private final List<JsonTokens.Token> tokens;
    private final boolean namesPlace;
    private int next;

    private JsonObject(JsonTokens text, boolean namesPlace) {
        this.text = text;
        this.tokens = text.tokens();
        this.namesPlace = namesPlace;
    }

    /**
     * Reads an object.
     *
     * @param version whose errors
     * @return the values by name, in the order written: a {@link String} or an {@link Other}
     */
    static Map<String, Object> parse(String text, QemuVersion version) throws QemuException {
        JsonTokens tokens = JsonTokens.of(text);
        JsonObject parser = new JsonObject(tokens, version.has(QemuPolicy.JSON_ERRORS_NAME_PLACE));
        parser.lookForStray();
        parser.take();
        Map<String, Object> values = parser.members();
        if (JsonTokens.skipBlanks(text, tokens.end()) < text.length()) {
            throw new QemuException("Expecting at most one JSON value");
        }
        return values;
    }

    /** Returns an error at the token that was taken last. */
    private QemuException error(String what) {
        return error(what, what);
    }

    private QemuException error(String older, String newer) {
        return namesPlace ? error(newer, tokens.get(next - 1)) : new QemuException("JSON parse error, " + older);
    }

    private static QemuException error(String what, JsonTokens.Token token) {
        return new QemuException(token.place() + ": JSON parse error, " + what);
    }

    private void lookForStray() throws QemuException {
        JsonTokens.Token last = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
        if (last != null && last.isStray() && !namesPlace) {
            throw new QemuException("JSON parse error, " + stray(last));
        }
    }

    private static String stray(JsonTokens.Token token) {
        return "stray '" + token.text() + "'";
    }

    private String take() throws QemuException {
        if (next == tokens.size()) {
            throw new QemuException(namesPlace
                    ? text.endPlace() + ": JSON parse error, premature end of input"
                    : "JSON parse error, premature EOI");
        }
        JsonTokens.Token token = tokens.get(next++);
        if (token.isStray()) {
            throw error(stray(token));
        }
        return token.text();
    }

    private boolean takes(String token) {
        if (next < tokens.size() && tokens.get(next).text().equals(token)) {
            next++;
            return true;
        }
        return false;
    }

    private Map<String, Object> members() throws QemuException {
        Map<String, Object> values = new LinkedHashMap<>();
        if (takes("}")) {
            return values;
        }
        while (true) {
            String key = key();
            if (!take().equals(":")) {
                throw error("missing : in object pair", "expecting ':'");
            }
            Object value = value();
            if (values.putIfAbsent(key, value) != null) {
                throw error("duplicate key");
            }
            switch (take()) {
                case "}" -> {
                    return values;
                }
                case "," -> {
                }
                default -> throw error("expected separator in dict", "expected ',' or '}'");
            }
        }
    }

    private String key() throws QemuException {
        boolean isText = next < tokens.size() && "\"'".indexOf(tokens.get(next).text().charAt(0)) >= 0;
        if (namesPlace && !isText) {
            take();
            throw error("expecting key");
        }
        if (value() instanceof String key) {
            return key;
        }
        throw error("key is not a string in object");
    }

    private Object value() throws QemuException {
        String token = take();
        switch (token.charAt(0)) {
            case '"', '\'' -> {
                return unescaped(token);
            }
            case '{' -> {
                members();
                return new Other("object");
            }
            case '[' -> {
                elements();
                return new Other("list");
            }
            case '}', ']', ':', ',' -> throw error("expecting value");
            default -> {
                if (token.matches("[a-z]+") && !List.of("true", "false", "null").contains(token)) {
                    throw error("invalid keyword '" + token + "'");
                }
                return new Other(token);
            }
        }
    }

    private void elements() throws QemuException {
        if (takes("]")) {
            return;
        }
        while (true) {
            value();
            switch (take()) {
                case "]" -> {
                    return;
                }
                case "," -> {
                }
                default -> throw error("expected separator in list", "expected ',' or ']'");
            }
        }
    }

    private String unescaped(String token) throws QemuException {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < token.length() - 1; i++) {
            char c = token.charAt(i);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char escaped = token.charAt(++i);
            switch (escaped) {
                case '"', '\'', '\\', '/' -> text.append(escaped);
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    String digits = token.substring(i + 1, Math.min(i + 5, token.length() - 1));
                    if (!digits.matches("[0-9A-Fa-f]{4}")) {
                        throw error("invalid escape sequence in string");
                    }
                    char unit = (char) Integer.parseInt(digits, 16);
                    i += 4;
                    text.append(unit);
                    if (Character.isSurrogate(unit)) {
                        Matcher trail = TRAIL.matcher(token).region(i + 1, token.length() - 1);
                        if (!Character.isHighSurrogate(unit) || !trail.lookingAt()) {
                            throw error("\\u" + digits + " is not a valid Unicode character");
                        }
                        text.append((char) Integer.parseInt(String.valueOf(trail.group(1)), 16));
                        i += 6;
                    }
                }
                default -> throw error("invalid escape sequence in string");
            }
        }
        return text.toString();
    }
}
