// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.arch.Counted;
import org.apvirt.arch.Occurrence;
import org.apvirt.device.AttributeFault;
import org.apvirt.device.Errno;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.sim.Fault.Instruction;
import org.apvirt.sim.InstructionFault;
import org.apvirt.sim.Queues;
import org.apvirt.sim.RequestKind;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads faults, one map each. */
public final class FaultReader {
    /** The keys of a fault. */
    public static final List<String> KEYS = List.of("apqn", "card", "attribute", "instruction", "message", "access",
            "nth", "every", "count", "probability", "seed", "until", "response", "reply", "errno", "delay");
    private static final List<String> PLACES = List.of("apqn", "card", "attribute");
    private static final List<String> OF_ATTRIBUTES = List.of("access", "errno");
    private static final List<String> OF_QUEUES = List.of("instruction", "message", "response", "reply");
    private static final List<String> OCCURRENCES = List.of("nth", "every", "count", "probability", "seed", "until");
    private static final List<String> INSTRUCTIONS = List.of("pqap", "tapq", "reset", "aqic", "nqap", "dqap");
    private static final List<String> ERRNOS = java.util.Arrays.stream(Errno.values()).map(Errno::name).sorted()
            .toList();

    /** What a machine file says of one beyond that. */
    private static final String COUNTED = "counted";

    private FaultReader() {}

    /** Reads a fault that begins to count now. */
    static PlannedFault read(DocumentNode node) throws FileFormatException {
        return read(node, node.map("a fault", KEYS));
    }

    /** Reads a fault of a machine file, which may have counted before. */
    static PlannedFault readOfFile(DocumentNode node) throws FileFormatException {
        return read(node, node.map("a fault", DocumentNode.keys(KEYS, COUNTED)));
    }

    private static PlannedFault read(DocumentNode node, Map<String, Entry> map) throws FileFormatException {
        List<String> places = PLACES.stream().filter(map::containsKey).toList();
        if (places.size() > 1) {
            throw node.error("the fault has " + String.join(" and ", places) + "; where it is, is one of them");
        }
        boolean ofAttribute = map.containsKey("attribute");
        for (String key : ofAttribute ? OF_QUEUES : OF_ATTRIBUTES) {
            Entry misplaced = map.get(key);
            if (misplaced != null) {
                throw misplaced.key().error("'" + key + "' is not for a fault "
                        + (ofAttribute ? "of an attribute" : "without 'attribute'"));
            }
        }
        try {
            return ofAttribute ? new PlannedFault.OnAttribute(attribute(node, map)) : queue(node, map);
        } catch (IllegalArgumentException e) {
            throw node.error(String.valueOf(e.getMessage()));
        }
    }

    private static AttributeFault attribute(DocumentNode node, Map<String, Entry> map) throws FileFormatException {
        AttributeFault.Access access = DocumentNode.<AttributeFault.@Nullable Access>read(map, "access", null,
                value -> AttributeFault.Access
                        .valueOf(value.word("access", List.of("read", "write")).toUpperCase(Locale.ROOT)));
        Errno errno = DocumentNode.<@Nullable Errno>read(map, "errno", null,
                value -> Errno.valueOf(value.word("errno", ERRNOS)));
        return new AttributeFault(node.required(map, "attribute", "the fault").text(), access, occurrence(map), errno,
                DocumentNode.read(map, "delay", Duration.ZERO, value -> time("delay", value)));
    }

    private static PlannedFault queue(DocumentNode node, Map<String, Entry> map) throws FileFormatException {
        Entry card = map.get("card");
        Entry apqn = map.get("apqn");
        Queues queues = apqn != null
                ? Queues.of(HardwareReader.apqn(apqn.value()))
                : card != null ? Queues.ofCard(card.value().number("card", 0, 255)) : Queues.ALL;
        Entry instruction = map.get("instruction");
        Entry message = map.get("message");
        boolean when = OCCURRENCES.stream().anyMatch(map::containsKey);
        if (instruction == null && message == null) {
            if (apqn == null || when || map.containsKey("reply") || map.containsKey("delay")
                    || map.containsKey(COUNTED)) {
                throw node.error("the fault has no 'instruction' (use one of: " + String.join(", ", INSTRUCTIONS)
                        + ") and no 'message'");
            }
            return new PlannedFault.Standing(HardwareReader.apqn(apqn.value()),
                    node.required(map, "response", "the fault").number("response", 0, 255));
        }
        if (instruction != null && message != null && !instruction.value().text().equals("nqap")) {
            throw message.key().error("'message' goes with instruction nqap, which may be left out");
        }
        Instruction kind = instruction == null
                ? Instruction.NQAP
                : Instruction.valueOf(
                        instruction.value().word("instruction", INSTRUCTIONS).toUpperCase(Locale.ROOT));
        Entry reply = map.get("reply");
        RequestKind request = message != null
                ? new RequestKind(message.value().text())
                : reply != null && kind == Instruction.NQAP ? RequestKind.ANY : null;
        return new PlannedFault.OnInstruction(new InstructionFault(queues, kind, request, occurrence(map),
                DocumentNode.read(map, "response", List.of(), FaultReader::responses),
                reply == null ? null : Integer.valueOf(reply.value().number("reply", 0, 255)),
                DocumentNode.read(map, "delay", Duration.ZERO, value -> time("delay", value))));
    }

    private static List<Integer> responses(DocumentNode node) throws FileFormatException {
        List<Integer> responses = new ArrayList<>();
        for (DocumentNode item : node.isList() ? node.list("responses") : List.of(node)) {
            responses.add(item.number("response", 1, 255));
        }
        if (responses.isEmpty()) {
            throw node.error("an empty list of responses");
        }
        return responses;
    }

    /** Once, unless something says that it may be more often. */
    private static Occurrence occurrence(Map<String, Entry> map) throws FileFormatException {
        boolean often = map.containsKey("every") || map.containsKey("probability") || map.containsKey("until");
        double probability = DocumentNode.read(map, "probability", 1.0, FaultReader::probability);
        Entry seed = map.get("seed");
        Entry response = map.get("response");
        if (seed != null && !map.containsKey("probability") && (response == null || !response.value().isList())) {
            throw seed.key().error("'seed' decides nothing without a probability or a list of responses");
        }
        Duration until = DocumentNode.<@Nullable Duration>read(map, "until", null, value -> time("until", value));
        return new Occurrence(positive(map, "nth", 1), positive(map, "every", 1),
                positive(map, "count", often ? Occurrence.UNLIMITED : 1), probability,
                DocumentNode.read(map, "seed", 0L, value -> value.longNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE)),
                until, DocumentNode.<@Nullable Counted>read(map, COUNTED, null,
                        node -> counted(node, map.containsKey("attribute"))));
    }

    private static Counted counted(DocumentNode node, boolean ofAttribute) throws FileFormatException {
        Map<String, Entry> map = node.map("what a fault has counted", List.of("seen", "hits", "age"));
        DocumentNode seen = node.required(map, "seen", "what a fault has counted");
        SortedMap<Integer, Integer> streams = new TreeMap<>();
        if (ofAttribute) {
            streams.put(0, seen.number("seen", 0, Integer.MAX_VALUE));
        } else {
            for (Map.Entry<String, Entry> queue : seen.map("seen").entrySet()) {
                streams.put(HardwareReader.apqn(queue.getValue().key()).qid(),
                        queue.getValue().value().number("seen", 0, Integer.MAX_VALUE));
            }
        }
        return new Counted(streams,
                node.required(map, "hits", "what a fault has counted").longNumber("hits", 0, Long.MAX_VALUE),
                DocumentNode.read(map, "age", Duration.ZERO, value -> time("age", value)));
    }

    private static int positive(Map<String, Entry> map, String key, int absent) throws FileFormatException {
        return DocumentNode.read(map, key, absent, value -> value.number(key, 1, Integer.MAX_VALUE));
    }

    private static double probability(DocumentNode node) throws FileFormatException {
        String text = node.text();
        if (!text.matches("[0-9]*\\.?[0-9]+(?:[eE]-?[0-9]{1,3})?") || !(Double.parseDouble(text) > 0)
                || Double.parseDouble(text) > 1) {
            throw node.error("probability '" + text + "' is not above 0 and at most 1 (write for example 0.01)");
        }
        return Double.parseDouble(text);
    }

    /** Reads a time such as {@code 20ms} or {@code 2s}. */
    static Duration time(String what, DocumentNode node) throws FileFormatException {
        String text = node.text();
        if (!text.matches("[0-9]{1,6}(?:ms|s)")) {
            throw node.error(what + " '" + text + "' is no time (write for example 20ms or 2s)");
        }
        return text.endsWith("ms")
                ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                : Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)));
    }
}
