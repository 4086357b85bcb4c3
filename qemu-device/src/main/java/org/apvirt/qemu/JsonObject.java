package org.apvirt.qemu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON object as an argument of an option, read with QEMU's errors. Source: QEMU {@code qobject/json-parser.c}.
 */
final class JsonObject {
    /** What is no text: a number, a truth value, null, a list, an object. */
    record Other(String kind) {}

    private final List<String> tokens;
    private int next;

    private JsonObject(List<String> tokens) {
        this.tokens = tokens;
    }

    /**
     * Reads an object.
     *
     * @return the values by name, in the order written: a {@link String} or an {@link Other}
     */
    static Map<String, Object> parse(String text) throws QemuException {
        JsonTokens tokens = JsonTokens.of(text);
        JsonObject parser = new JsonObject(tokens.tokens());
        parser.take();
        Map<String, Object> values = parser.members();
        if (JsonTokens.skipBlanks(text, tokens.end()) < text.length()) {
            throw new QemuException("Expecting at most one JSON value");
        }
        return values;
    }

    private static QemuException error(String what) {
        return new QemuException("JSON parse error, " + what);
    }

    private String take() throws QemuException {
        if (next == tokens.size()) {
            throw error("premature EOI");
        }
        return tokens.get(next++);
    }

    private Map<String, Object> members() throws QemuException {
        Map<String, Object> values = new LinkedHashMap<>();
        if (next < tokens.size() && tokens.get(next).equals("}")) {
            next++;
            return values;
        }
        while (true) {
            if (!(value() instanceof String key)) {
                throw error("key is not a string in object");
            }
            if (!take().equals(":")) {
                throw error("missing : in object pair");
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
                default -> throw error("expected separator in dict");
            }
        }
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
        if (next < tokens.size() && tokens.get(next).equals("]")) {
            next++;
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
                default -> throw error("expected separator in list");
            }
        }
    }

    private static String unescaped(String token) throws QemuException {
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
                    if (Character.isSurrogate(unit)) {
                        throw error("\\u" + digits + " is not a valid Unicode character");
                    }
                    text.append(unit);
                    i += 4;
                }
                default -> throw error("invalid escape sequence in string");
            }
        }
        return text.toString();
    }
}
