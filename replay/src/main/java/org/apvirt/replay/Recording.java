// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.host.Level;
import org.apvirt.machine.Document;
import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Json;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A recording while it is made: a scenario whose answers are replaced, step by step, by those of another kernel. All
 * else that the scenario says is kept.
 */
public final class Recording {
    /** Whatever these look like, they are texts: a 0x5 without quotes must not become 5. */
    private static final Set<String> TEXTS = Set.of("name", "desc", "note", "kernel_params", "op", "path", "data",
            "cmd",
            "module", "req", "call");

    private final Scenario scenario;
    private final Map<String, @Nullable Object> head;
    private final List<@Nullable Map<String, @Nullable Object>> steps; // null: left out
    private final List<Map<String, @Nullable Object>> before = new ArrayList<>();

    private Recording(Scenario scenario, Map<String, @Nullable Object> head,
            List<@Nullable Map<String, @Nullable Object>> steps) {
        this.scenario = scenario;
        this.head = head;
        this.steps = steps;
    }

    /**
     * Starts a recording of a scenario, in which no step has an answer yet.
     *
     * @throws FileFormatException the file is wrong
     */
    public static Recording of(Path file) throws FileFormatException {
        return of(Document.read(file), file.toString());
    }

    /**
     * Starts a recording of a scenario that is at hand as text.
     *
     * @param name what errors call the text
     * @throws FileFormatException the text is wrong
     */
    public static Recording of(String text, String name) throws FileFormatException {
        return of(Document.parse(text, name), name);
    }

    private static Recording of(DocumentNode root, String file) throws FileFormatException {
        Scenario scenario = new ScenarioReader(root).scenario(file);
        Map<String, @Nullable Object> head = new LinkedHashMap<>();
        List<@Nullable Map<String, @Nullable Object>> steps = new ArrayList<>();
        for (Map.Entry<String, Entry> entry : root.map("a scenario").entrySet()) {
            if (entry.getKey().equals("steps")) {
                for (DocumentNode step : entry.getValue().value().list("steps")) {
                    Map<String, @Nullable Object> plain = plain(step.map("a step"));
                    plain.keySet().removeAll(ScenarioReader.ANSWERS);
                    steps.add(plain);
                }
            } else {
                head.putAll(plain(Map.of(entry.getKey(), entry.getValue())));
            }
        }
        return new Recording(scenario, head, steps);
    }

    private static Map<String, @Nullable Object> plain(Map<String, Entry> entries) throws FileFormatException {
        Map<String, @Nullable Object> plain = new LinkedHashMap<>();
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            DocumentNode value = entry.getValue().value();
            plain.put(entry.getKey(), TEXTS.contains(entry.getKey()) ? value.text() : value.plain());
        }
        return plain;
    }

    /** Returns the scenario, with the answers that it came with. */
    public Scenario scenario() {
        return scenario;
    }

    /**
     * Says who answers.
     *
     * @param level the level that plays this kernel, null: there is none
     * @param facts what is worth knowing about it; nobody compares it
     */
    public void answeredBy(@Nullable Level level, Map<String, ?> facts) {
        if (level == null) {
            head.remove("level");
        } else {
            head.put("level", level.toString());
        }
        head.put("emulator", facts);
    }

    /** Adds a change of the hardware before the first step, which the machine has seen already. */
    public void changeBefore(List<?> change, String note) {
        Map<String, @Nullable Object> step = new LinkedHashMap<>();
        step.put("op", "hw");
        step.put("change", List.of(change));
        step.put("note", note);
        step.put("result", null);
        before.add(step);
    }

    /**
     * Takes the answer of a step. Empty lists are left out, as an absent list is an empty one.
     *
     * @param number the step's number, from 0
     * @param answer plain values by name: {@code result} and the lists and the state beside it
     */
    public void answer(int number, Map<String, @Nullable Object> answer) {
        Map<String, @Nullable Object> step = steps.get(number);
        if (step == null) {
            throw new IllegalStateException("step " + number + " was left out");
        }
        answer.forEach((name, value) -> {
            if (!(value instanceof List<?> list && list.isEmpty()) || name.equals("result")) {
                step.put(name, value);
            }
        });
    }

    /** Leaves a step out: it has no place in what this kernel answers. */
    public void leaveOut(int number) {
        steps.set(number, null);
    }

    /** Returns the file: JSON, the head and then each step on a line of its own. */
    public String text() {
        StringBuilder text = new StringBuilder("{");
        head.forEach((name, value) -> text.append(Json.text(name)).append(": ").append(Json.text(value)).append(", "));
        text.append("\"steps\": [\n");
        List<String> lines = new ArrayList<>();
        before.forEach(step -> lines.add(Json.text(step)));
        for (Map<String, @Nullable Object> step : steps) {
            if (step != null) {
                lines.add(Json.text(step));
            }
        }
        return text.append(String.join(",\n", lines)).append("\n]}\n").toString();
    }
}
