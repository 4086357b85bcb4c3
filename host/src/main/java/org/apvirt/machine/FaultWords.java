// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A fault as people type it, for programs that hand it on as JSON: what is a number there, is a number here. */
public final class FaultWords {
    private static final List<String> NUMBERS = List.of("card", "nth", "every", "count", "seed", "reply");

    private FaultWords() {}

    /**
     * Returns the keys and values of a fault in braces.
     *
     * @throws FileFormatException the text is no fault
     */
    public static Map<String, Object> map(String text) throws FileFormatException {
        DocumentNode node = Document.parse(text, "fault");
        FaultReader.read(node);
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, DocumentNode.Entry> entry : node.map("a fault", FaultReader.KEYS).entrySet()) {
            values.put(entry.getKey(), value(entry.getKey(), entry.getValue().value()));
        }
        return values;
    }

    /**
     * Returns the keys and values of a fault in words.
     *
     * @throws FileFormatException the words are no fault
     */
    public static Map<String, Object> map(Map<String, String> words) throws FileFormatException {
        return map(words.entrySet().stream()
                .map(word -> word.getKey() + ": " + (word.getValue().startsWith("[")
                        ? word.getValue()
                        : Json.text(word.getValue())))
                .collect(Collectors.joining(", ", "{", "}")));
    }

    private static Object value(String key, DocumentNode node) throws FileFormatException {
        if (key.equals("probability")) {
            return Double.valueOf(node.text());
        }
        if (node.isList()) {
            List<Long> numbers = new ArrayList<>();
            for (DocumentNode item : node.list(key)) {
                numbers.add(item.longNumber(key, Long.MIN_VALUE, Long.MAX_VALUE));
            }
            return numbers;
        }
        return NUMBERS.contains(key) || key.equals("response")
                ? (Object) node.longNumber(key, Long.MIN_VALUE, Long.MAX_VALUE)
                : node.text();
    }
}
