// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import org.apvirt.arch.Apqn;
import org.apvirt.running.ControlException;
import org.apvirt.running.ControlException.Reason;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A request, taken apart. Every argument is asked for by its name and refused by its name, wherever it stands: in the path, after
 * the question mark, in the content. Arguments that the route does not know are refused too, before anything is done.
 */
final class Call {
    private static final TypeAdapter<JsonElement> TREE = new Gson().getAdapter(JsonElement.class);

    private final String method;
    private final List<String> path;
    private final Map<String, String[]> query;
    private final String content;
    private final @Nullable String lastEventId;
    private Map<String, String> variables = Map.of();
    private @Nullable JsonObject body;

    /**
     * A request.
     *
     * @param path decoded
     * @param query what stands after the question mark
     * @param lastEventId the header of a client that was in the midst of a stream, null: it was not
     */
    Call(String method, String path, Map<String, String[]> query, String content, @Nullable String lastEventId) {
        this.method = method;
        this.path = segments(path);
        this.query = query;
        this.content = content;
        this.lastEventId = lastEventId;
    }

    static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            segments.add(segment);
        }
        return segments;
    }

    String method() {
        return method;
    }

    List<String> path() {
        return path;
    }

    @Nullable
    String lastEventId() {
        return lastEventId;
    }

    /** Gives the request what its path means to the route, and what else the route takes. */
    void arrived(Map<String, String> pathVariables, Set<String> queryNames, Set<String> bodyNames)
            throws ControlException {
        variables = pathVariables;
        for (Map.Entry<String, String[]> given : query.entrySet()) {
            if (!queryNames.contains(given.getKey())) {
                throw unknown(given.getKey(), queryNames);
            }
            if (given.getValue().length != 1) {
                throw invalid(given.getKey(), "is given more than once");
            }
        }
        if (bodyNames.isEmpty()) {
            if (!content.isBlank()) {
                throw new ControlException(Reason.INVALID, null, "this request takes no content");
            }
            return;
        }
        JsonObject parsed = parse();
        for (String name : parsed.keySet()) {
            if (!bodyNames.contains(name)) {
                throw unknown(name, bodyNames);
            }
        }
        body = parsed;
    }

    private static ControlException unknown(String name, Set<String> known) {
        return new ControlException(Reason.INVALID, name, "unknown argument '" + name + "'"
                + (known.isEmpty() ? "; this request takes none" : " (there are: " + String.join(", ", known) + ")"));
    }

    static ControlException invalid(String name, String problem) {
        return new ControlException(Reason.INVALID, name, name + " " + problem);
    }

    private JsonObject parse() throws ControlException {
        JsonReader reader = new JsonReader(new StringReader(content));
        reader.setStrictness(Strictness.STRICT);
        try {
            JsonElement tree = TREE.read(reader);
            if (tree instanceof JsonObject object && reader.peek() == com.google.gson.stream.JsonToken.END_DOCUMENT) {
                return object;
            }
        } catch (IOException | JsonParseException | IllegalStateException | StackOverflowError e) {
            throw new ControlException(Reason.INVALID, null, "the content is not JSON: " + e.getMessage());
        }
        throw new ControlException(Reason.INVALID, null,
                "the content is not one JSON object, for example {\"apid\": 7, \"type\": \"CEX8C\"}");
    }

    /** Returns an argument of the path or the query, null: not given. */
    @Nullable
    String word(String name) {
        String variable = variables.get(name);
        String[] given = query.get(name);
        return variable != null ? variable : given == null ? null : given[0];
    }

    private @Nullable JsonElement element(String name) {
        JsonObject object = body;
        JsonElement element = object == null ? null : object.get(name);
        return element == null || element.isJsonNull() ? null : element;
    }

    /** Tells whether the content has an argument. */
    boolean has(String name) {
        return element(name) != null;
    }

    private static ControlException lacking(String name) {
        return invalid(name, "is missing");
    }

    /** Returns a copy of the content, without what is null. */
    JsonObject content() {
        JsonObject copy = new JsonObject();
        JsonObject object = body;
        if (object != null) {
            object.entrySet().stream().filter(entry -> !entry.getValue().isJsonNull())
                    .forEach(entry -> copy.add(entry.getKey(), entry.getValue()));
        }
        return copy;
    }

    /** Returns text of the content, the path or the query, null: not given. */
    @Nullable
    String textOrNull(String name) throws ControlException {
        JsonElement element = element(name);
        if (element == null) {
            return word(name);
        }
        if (element instanceof JsonPrimitive primitive && primitive.isString()) {
            return primitive.getAsString();
        }
        throw invalid(name, element + " is no string");
    }

    String text(String name) throws ControlException {
        String text = textOrNull(name);
        if (text == null) {
            throw lacking(name);
        }
        return text;
    }

    /** Returns a list of texts of the content. */
    List<String> texts(String name) throws ControlException {
        JsonElement element = element(name);
        if (element == null) {
            throw lacking(name);
        }
        List<String> texts = new ArrayList<>();
        if (element instanceof JsonArray array) {
            for (JsonElement item : array) {
                if (item instanceof JsonPrimitive primitive && primitive.isString()) {
                    texts.add(primitive.getAsString());
                }
            }
            if (!texts.isEmpty() && texts.size() == array.size()) {
                return texts;
            }
        }
        throw invalid(name, "is no list of strings that has any");
    }

    /** Returns true or false of the content, null: not given. */
    @Nullable
    Boolean truth(String name) throws ControlException {
        JsonElement element = element(name);
        if (element == null) {
            return null;
        }
        if (element instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        throw invalid(name, element + " is neither true nor false");
    }

    /**
     * Returns a whole number: a JSON number in the content, decimal or 0x in the path and the query.
     *
     * @param absent what it is when it is not given; below {@code from}: it must be
     */
    long number(String name, long from, long to, long absent) throws ControlException {
        JsonElement element = element(name);
        String text = element == null ? word(name) : element.toString();
        if (text == null && absent < from) {
            throw lacking(name);
        }
        if (text == null) {
            return absent;
        }
        try {
            long number = element == null ? Long.decode(withoutOctal(text)) : Long.parseLong(text);
            if (number >= from && number <= to) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw invalid(name, "'" + text + "' is no whole number from " + from + " to " + to);
        }
        throw invalid(name, "'" + text + "' is not from " + from + " to " + to);
    }

    /**
     * Returns a time of the query in seconds, whole or not.
     *
     * @param most how long it may be
     * @param absent what it is when it is not given
     */
    Duration seconds(String name, long most, Duration absent) throws ControlException {
        String text = word(name);
        if (text == null) {
            return absent;
        }
        if (!text.matches("[0-9]{1,9}(?:\\.[0-9]{1,9})?") || Double.parseDouble(text) > most) {
            throw invalid(name, "'" + text + "' is no time from 0 to " + most + " seconds");
        }
        return Duration.ofNanos((long) (Double.parseDouble(text) * 1e9));
    }

    /** Nobody who writes 010 means eight. */
    static String withoutOctal(String text) {
        return text.matches("0[0-9]+") ? text.replaceFirst("^0+(?=.)", "") : text;
    }

    int id(String name) throws ControlException {
        return (int) number(name, 0, 255, -1);
    }

    Apqn queue(String name) throws ControlException {
        String text = text(name);
        try {
            return Apqn.parse(text);
        } catch (IllegalArgumentException e) {
            throw invalid(name, "'" + text + "' is no queue (write for example 05.0004)");
        }
    }
}
