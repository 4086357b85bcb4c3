// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.List;
import java.util.Map;

import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.FileFormatException;

/** The forms that the expected answers of a step may have. */
final class AnswerForms {
    /** Number of items of an entry of a {@code tree} answer, by its first letter. */
    private static final Map<String, Integer> ENTRY_LENGTHS = Map.of("d", 3, "f", 5, "l", 3, "c", 3, "?", 2);

    private AnswerForms() {}

    /**
     * Checks one answer.
     *
     * @param operation the step's operation
     * @param name {@code result} or the name of a list
     */
    static void check(String operation, String name, DocumentNode node) throws FileFormatException {
        switch (name) {
            case "result" -> {
                if (operation.equals("tree")) {
                    for (DocumentNode entry : node.list("the answer of a tree step")) {
                        entry(entry);
                    }
                }
            }
            case "uevents" -> {
                for (DocumentNode event : node.list("uevents")) {
                    if (event.list("an event").isEmpty()) {
                        throw event.error("an event without its header, for example \"add@/devices/ap/card05\"");
                    }
                }
            }
            case "pqap" -> {
                for (DocumentNode instruction : node.list("pqap")) {
                    instruction(instruction);
                }
            }
            case "kmsg", "kvm_masks" -> node.list(name);
            default -> node.map(name);
        }
    }

    private static void entry(DocumentNode node) throws FileFormatException {
        List<DocumentNode> items = node.list("an entry");
        String kind = items.isEmpty() ? "" : items.get(0).text();
        Integer length = ENTRY_LENGTHS.get(kind);
        if (length == null || length != items.size()) {
            throw node.error("an entry is [d, mode, path], [f, mode, size, path, content], [l, path, target],"
                    + " [c, mode, path] or [\"?\", text]");
        }
    }

    private static void instruction(DocumentNode node) throws FileFormatException {
        List<DocumentNode> items = node.list("an instruction");
        if (items.size() != 3) {
            throw node
                    .error("an instruction is [function code, queue, response code], for example [1, \"05.0004\", 0]");
        }
        items.get(0).number("function code", 0, 255);
        items.get(1).text();
        items.get(2).number("response code", 0, 255);
    }
}
