// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.time.Instant;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import com.google.gson.Strictness;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;

/**
 * How the types of a running machine look in JSON: a record is an object of its components, without those that are null; a queue
 * is its sysfs name, a mask the list of its ids, a time is ISO 8601, a constant is a word in lower case.
 */
final class ControlJson {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().setStrictness(Strictness.STRICT)
            .registerTypeAdapter(Apqn.class, text()).registerTypeAdapter(Instant.class, text())
            .registerTypeAdapter(ApMask.class, (JsonSerializer<ApMask>) (mask, type, context) -> ids(mask))
            .registerTypeHierarchyAdapter(Enum.class, text()).create();

    private ControlJson() {}

    private static JsonSerializer<Object> text() {
        return (value, type, context) -> new JsonPrimitive(value.toString());
    }

    private static JsonArray ids(ApMask mask) {
        JsonArray ids = new JsonArray();
        mask.forEach(ids::add);
        return ids;
    }

    /** Returns a value as JSON on one line. */
    static String text(Object value) {
        return GSON.toJson(value);
    }

    /** Returns a value as a tree. */
    static JsonElement tree(Object value) {
        return GSON.toJsonTree(value);
    }
}
