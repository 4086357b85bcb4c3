// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.checkerframework.checker.nullness.qual.Nullable;

/** The registers of a domain out of its attribute {@code mkvps}, in the words of a machine file: patterns, no keys. */
final class ImportedKeys {
    private static final Map<String, String> REGISTERS = Map.of("NEW", "new", "CUR", "current", "OLD", "old");

    private ImportedKeys() {}

    /** Returns the registers without the braces around them, empty: it says of none that it has a key. */
    static String of(@Nullable String mkvps, boolean ep11) {
        if (mkvps == null) {
            return "";
        }
        Map<String, List<String>> keys = new LinkedHashMap<>();
        for (String line : mkvps.split("\n")) {
            String[] words = line.split("[: ]+");
            if (words.length == 4 && words[3].matches("0x(?:[0-9a-f]{2})+")) {
                String register = ep11 ? words[1].equals("NEW") ? "next" : "current" : REGISTERS.get(words[1]);
                String text = register == null ? "" : register(register, words[2], words[3].substring(2));
                if (!text.isEmpty()) {
                    keys.computeIfAbsent(words[0].toLowerCase(Locale.ROOT), fresh -> new ArrayList<>()).add(text);
                }
            }
        }
        if (ep11) {
            return String.join(", ", keys.getOrDefault("wk", List.of()));
        }
        List<String> sets = new ArrayList<>();
        keys.forEach((set, registers) -> sets.add(set + ": {" + String.join(", ", registers) + '}'));
        return String.join(", ", sets);
    }

    private static String register(String name, String state, String pattern) {
        String known = "{pattern: \"" + pattern + '"';
        return switch (state) {
            case "full", "valid", "uncommitted" -> name + ": " + known + '}';
            case "committed" -> name + ": " + known + "}, committed: true";
            default -> pattern.matches("0*") ? "" : name + ": " + known + ", valid: false}";
        };
    }
}
