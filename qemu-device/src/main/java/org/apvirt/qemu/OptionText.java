// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The argument of an option in QEMU's old form: {@code first,name=value,flag}. Two commas in a value are one comma.
 * Source: QEMU {@code util/qemu-option.c}.
 *
 * @param values by name, in order of first appearance; of several values for one name the last holds, but the first id
 * @param warnings about flags without a value, with the hint after a line break
 */
record OptionText(Map<String, String> values, List<String> warnings) {
    static final String ID_HINT = "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.";

    /**
     * Takes an argument apart.
     *
     * @param impliedName what a first part without equals sign is the value of
     */
    static OptionText parse(String text, String impliedName) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> warnings = new ArrayList<>();
        boolean first = true;
        for (String part : split(text)) {
            int equals = part.indexOf('=');
            if (equals >= 0) {
                String name = part.substring(0, equals);
                String value = part.substring(equals + 1);
                if (name.equals("id")) {
                    values.putIfAbsent(name, value);
                } else {
                    values.put(name, value);
                }
            } else if (first) {
                values.put(impliedName, part);
            } else if (!part.isEmpty()) {
                flag(part, values, warnings);
            }
            first = false;
        }
        return new OptionText(values, warnings);
    }

    private static void flag(String part, Map<String, String> values, List<String> warnings) {
        boolean off = part.startsWith("no");
        String name = off ? part.substring(2) : part;
        String value = off ? "off" : "on";
        if (!name.equals("help") && !name.equals("?")) {
            warnings.add(
                    "warning: short-form boolean option '" + part + "' deprecated\nPlease use " + name + "=" + value
                            + " instead");
        }
        values.put(name, value);
    }

    /** Splits at single commas. An empty text has no parts. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        if (text.isEmpty()) {
            return parts;
        }
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != ',') {
                part.append(c);
            } else if (i + 1 < text.length() && text.charAt(i + 1) == ','
                    && (parts.isEmpty() || part.indexOf("=") >= 0)) {
                part.append(',');
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }

    /** Returns the value of a name, null if there is none. */
    @Nullable
    String value(String name) {
        return values.get(name);
    }

    /** Tells whether QEMU takes a text for a switch that is on. Source: {@code qapi_bool_parse()} of {@code qapi/qapi-util.c}. */
    static boolean isOn(String value) {
        return value.matches("on|yes|true|y");
    }

    /** Tells whether QEMU takes a text for a switch that is off. */
    static boolean isOff(String value) {
        return value.matches("off|no|false|n");
    }

    /** Tells whether QEMU takes a text for an id. */
    static boolean isIdentifier(String id) {
        return id.matches("[A-Za-z][A-Za-z0-9._-]*");
    }

    static QemuException badId() {
        return new QemuException("Parameter 'id' expects an identifier", ID_HINT);
    }
}
