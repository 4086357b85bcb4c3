// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.checkerframework.checker.nullness.qual.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A value of a YAML or JSON file together with its place, read strictly. */
public final class DocumentNode {
    private final String file;
    private final Node node;

    DocumentNode(String file, Node node) {
        this.file = file;
        this.node = node;
    }

    /** Returns the place, for example {@code machine.yaml:3:5}; lines and columns count from 1. */
    String place() {
        return node.getStartMark().map(mark -> file + ':' + (mark.getLine() + 1) + ':' + (mark.getColumn() + 1))
                .orElse(file);
    }

    /** Returns the line, from 1. */
    public int line() {
        return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
    }

    /** Returns an error about this value. */
    public FileFormatException error(String problem) {
        return new FileFormatException(place(), problem);
    }

    /** Tells whether the value is null or left out. */
    public boolean isNull() {
        return node.getTag().equals(Tag.NULL);
    }

    /** Tells whether the value is a map. */
    boolean isMap() {
        return node instanceof MappingNode;
    }

    /** Tells whether the value is a list. */
    boolean isList() {
        return node instanceof SequenceNode;
    }

    private void refuseAnchor() throws FileFormatException {
        if (node.getAnchor().isPresent()) {
            throw error("anchors and aliases are not taken; write the value out");
        }
    }

    /** Returns the text of a scalar of any kind, as written but without quotes. */
    public String text() throws FileFormatException {
        refuseAnchor();
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw error("a " + kind() + " where a single value belongs");
    }

    private String kind() {
        return node instanceof MappingNode ? "map" : node instanceof SequenceNode ? "list" : "value";
    }

    /**
     * Returns a whole number, decimal or with {@code 0x}.
     *
     * @param what the name of the value, for the error
     */
    public int number(String what, int lowest, int highest) throws FileFormatException {
        return Math.toIntExact(longNumber(what, lowest, highest));
    }

    /** Returns a whole number, decimal or with {@code 0x}. */
    long longNumber(String what, long lowest, long highest) throws FileFormatException {
        String text = text();
        long value;
        try {
            value = Long.decode(text.matches("[+-]?0[0-9]+") ? "x" : text);
        } catch (NumberFormatException e) {
            throw error(what + " '" + shortened(text) + "' is not a number (use " + range(lowest, highest) + ")");
        }
        if (value < lowest || value > highest) {
            throw error(what + " " + text + " is out of range (use " + range(lowest, highest) + ")");
        }
        return value;
    }

    private static String range(long lowest, long highest) {
        return lowest + ".." + highest;
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }

    /** Returns {@code true} or {@code false}. */
    boolean truth(String what) throws FileFormatException {
        String text = text();
        if (!text.equals("true") && !text.equals("false")) {
            throw error(what + " '" + shortened(text) + "' is neither true nor false");
        }
        return text.equals("true");
    }

    /** Returns what a name stands for; what its type says to one that there is not is the error. */
    <T extends Object> T named(Function<? super String, T> parser) throws FileFormatException {
        try {
            return parser.apply(shortened(text()));
        } catch (IllegalArgumentException e) {
            throw error(String.valueOf(e.getMessage()));
        }
    }

    /** Returns one of some words. */
    public String word(String what, List<String> words) throws FileFormatException {
        String text = text();
        if (!words.contains(text)) {
            throw error("unknown " + what + " '" + shortened(text) + "' (use one of: " + String.join(", ", words)
                    + ")");
        }
        return text;
    }

    /** Returns the items of a list; a missing value is an empty list. */
    public List<DocumentNode> list(String what) throws FileFormatException {
        refuseAnchor();
        if (isNull()) {
            return List.of();
        }
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().stream().map(item -> new DocumentNode(file, item)).toList();
        }
        throw error(what + " must be a list, for example [1, 2]");
    }

    /** Returns the entries of a map in the order of the file; a missing value is an empty map. */
    public Map<String, Entry> map(String what) throws FileFormatException {
        refuseAnchor();
        Map<String, Entry> entries = new LinkedHashMap<>();
        if (isNull()) {
            return entries;
        }
        if (!(node instanceof MappingNode mapping)) {
            throw error(what + " must be a map of 'key: value'");
        }
        for (NodeTuple tuple : mapping.getValue()) {
            DocumentNode key = new DocumentNode(file, tuple.getKeyNode());
            String name = key.text();
            if (entries.put(name, new Entry(key, new DocumentNode(file, tuple.getValueNode()))) != null) {
                throw key.error("duplicate key '" + name + "'");
            }
        }
        return entries;
    }

    /** Returns the entries of a map that may have only some keys. */
    public Map<String, Entry> map(String what, List<String> keys) throws FileFormatException {
        Map<String, Entry> entries = map(what);
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            if (!keys.contains(entry.getKey())) {
                throw entry.getValue().key().error("unknown key '" + entry.getKey() + "' in " + what
                        + " (use one of: " + keys.stream().sorted().collect(Collectors.joining(", ")) + ")");
            }
        }
        return entries;
    }

    /** Returns the value as plain Java: null, Boolean, Long, String, List, Map. */
    public @Nullable Object plain() throws FileFormatException {
        refuseAnchor();
        if (node instanceof SequenceNode sequence) {
            List<@Nullable Object> values = new ArrayList<>(sequence.getValue().size());
            for (Node item : sequence.getValue()) {
                values.add(new DocumentNode(file, item).plain());
            }
            return values;
        }
        if (node instanceof MappingNode) {
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            for (Map.Entry<String, Entry> entry : map("value").entrySet()) {
                values.put(entry.getKey(), entry.getValue().value().plain());
            }
            return values;
        }
        Tag tag = node.getTag();
        if (tag.equals(Tag.NULL)) {
            return null;
        }
        if (tag.equals(Tag.BOOL)) {
            return truth("value");
        }
        if (tag.equals(Tag.INT)) {
            return longNumber("number", Long.MIN_VALUE, Long.MAX_VALUE);
        }
        return text();
    }

    /** Returns the list {@code first, then rest}: for the keys of one map, spelled once. */
    public static List<String> keys(List<String> first, String... rest) {
        return Stream.concat(first.stream(), Stream.of(rest)).toList();
    }

    /** Returns a value of a map read by a function, or something else if the key is absent or null. */
    public static <T> T read(Map<String, Entry> map, String key, T absent, Reader<T> reader)
            throws FileFormatException {
        Entry entry = map.get(key);
        return entry == null || entry.value().isNull() ? absent : reader.read(entry.value());
    }

    /** Returns a value of a map that must be there. */
    public DocumentNode required(Map<String, Entry> map, String key, String what) throws FileFormatException {
        Entry entry = map.get(key);
        if (entry == null) {
            throw error(what + " has no '" + key + "'");
        }
        return entry.value();
    }

    /** A function that reads a value. */
    @FunctionalInterface
    public interface Reader<T> {
        /** Reads. */
        T read(DocumentNode node) throws FileFormatException;
    }

    /** A key and its value. */
    public record Entry(DocumentNode key, DocumentNode value) {}
}
