// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.host.Level;
import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.HardwareReader;
import org.apvirt.machine.MachineReader;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads scenario files. */
final class ScenarioReader {
    private static final List<String> KEYS = List.of("name", "level", "desc", "hardware", "kernel_params", "modules",
            "emulator", "seed", "steps");
    private static final List<String> OPERATIONS = List.of("write", "read", "tree", "link", "scan", "hw", "state",
            "insmod", "rmmod", "sh", "sleep", "write_async", "raw");
    /** What a step may say beside its operation: answers, and annotations for people. */
    static final List<String> ANSWERS = List.of("result", "uevents", "pqap", "kvm_masks", "kmsg", "state");
    private static final List<String> ANNOTATIONS = List.of("op", "note", "desc", "timeout", "mdev", "request_counts",
            "matches_pow", "ls_after_1s", "messages", "dbf");

    private final DocumentNode root;

    ScenarioReader(DocumentNode root) {
        this.root = root;
    }

    Scenario scenario(String file) throws FileFormatException {
        Map<String, Entry> map = root.map("a scenario", KEYS);
        DocumentNode hardware = root.required(map, "hardware", "the scenario");
        List<Scenario.Step> steps = new ArrayList<>();
        for (DocumentNode step : root.required(map, "steps", "the scenario").list("steps")) {
            steps.add(step(steps.size(), step));
        }
        return new Scenario(file, DocumentNode.read(map, "name", file, DocumentNode::text), level(map),
                new HardwareReader().machine(hardware),
                DocumentNode.read(map, "kernel_params", "", DocumentNode::text), modules(steps),
                List.copyOf(steps));
    }

    /** The key {@code modules} is for people; what counts is which modules the steps load. */
    private static List<String> modules(List<Scenario.Step> steps) {
        return steps.stream().map(Scenario.Step::action).filter(Action.LoadModule.class::isInstance)
                .map(action -> ((Action.LoadModule) action).module().replace('-', '_')).distinct().toList();
    }

    private static @Nullable Level level(Map<String, Entry> map) throws FileFormatException {
        Entry entry = map.get("level");
        return entry == null ? null : MachineReader.level(entry.value());
    }

    private static Scenario.Step step(int number, DocumentNode node) throws FileFormatException {
        Map<String, Entry> any = node.map("a step");
        String operation = node.required(any, "op", "the step").word("op", OPERATIONS);
        List<String> own = operands(operation);
        Map<String, Entry> map = node.map("a " + operation + " step",
                DocumentNode.keys(DocumentNode.keys(own, ANSWERS.toArray(String[]::new)),
                        ANNOTATIONS.toArray(String[]::new)));
        Map<String, @Nullable Object> expected = new LinkedHashMap<>();
        for (String key : ANSWERS) {
            Entry entry = map.get(key);
            if (entry != null) {
                AnswerForms.check(operation, key, entry.value());
                expected.put(key, entry.value().plain());
            }
        }
        Entry messages = map.get("messages");
        return new Scenario.Step(number, node.line(), action(operation, node, map), expected,
                messages == null ? List.of() : CardMessage.read(messages.value()));
    }

    private static List<String> operands(String operation) {
        return switch (operation) {
            case "write", "write_async" -> List.of("path", "data");
            case "read", "tree", "link" -> List.of("path");
            case "hw" -> List.of("change");
            case "insmod" -> List.of("module", "params");
            case "rmmod" -> List.of("module");
            case "sh" -> List.of("cmd");
            case "sleep" -> List.of("ms");
            case "raw" -> List.of("call", "req");
            default -> List.of();
        };
    }

    private static Action action(String operation, DocumentNode node, Map<String, Entry> map)
            throws FileFormatException {
        String what = "the " + operation + " step";
        return switch (operation) {
            case "write" -> new Action.Write(path(node, map, what), data(node, map, what));
            case "write_async" -> new Action.WriteAsync(path(node, map, what), data(node, map, what),
                    map.containsKey("ls_after_1s"));
            case "read" -> new Action.Read(path(node, map, what));
            case "tree" -> new Action.Tree(path(node, map, what));
            case "link" -> new Action.Link(path(node, map, what));
            case "scan" -> new Action.Scan();
            case "hw" -> new Action.Hardware(new HardwareReader().changes(node.required(map, "change", what)));
            case "state" -> new Action.State();
            case "insmod" -> new Action.LoadModule(node.required(map, "module", what).text(),
                    DocumentNode.read(map, "params", "", DocumentNode::text));
            case "rmmod" -> new Action.UnloadModule(node.required(map, "module", what).text());
            case "sh" -> new Action.Shell(node.required(map, "cmd", what).text());
            case "sleep" -> new Action.Sleep(node.required(map, "ms", what).number("ms", 0, 86_400_000));
            case "raw" -> new Action.Raw(node.required(map, "req", what).text());
            default -> throw node.error("unknown op '" + operation + "'");
        };
    }

    private static String path(DocumentNode node, Map<String, Entry> map, String what) throws FileFormatException {
        DocumentNode path = node.required(map, "path", what);
        if (!path.text().startsWith("/") && !path.text().isEmpty()) { // the empty one is a question to the kernel
            throw path.error("path '" + path.text() + "' is not absolute (use /sys/... or /dev/...)");
        }
        return path.text();
    }

    private static String data(DocumentNode node, Map<String, Entry> map, String what) throws FileFormatException {
        return node.required(map, "data", what).text();
    }
}
