// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import org.apvirt.qemu.QemuJson;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The messages of a monitor as text. */
final class QmpMessage {
    private static final Set<String> MEMBERS = Set.of("execute", "arguments", "id");

    private QmpMessage() {}

    /** Returns a message, null: it is no object. */
    static @Nullable JsonObject parse(byte[] frame) {
        try {
            JsonElement parsed = JsonParser.parseString(new String(frame, StandardCharsets.UTF_8));
            return parsed.isJsonObject() ? parsed.getAsJsonObject() : null;
        } catch (JsonParseException e) {
            return null; // QEMU says what is wrong with it
        }
    }

    /** Returns a command if QEMU would take it for one: what it would not, it is to say itself. */
    static @Nullable JsonObject parseCommand(byte[] frame) {
        JsonObject message = QemuJson.isObject(new String(frame, StandardCharsets.UTF_8)) ? parse(frame) : null;
        return message != null && MEMBERS.containsAll(message.keySet())
                && (!message.has("arguments") || message.get("arguments").isJsonObject()) ? message : null;
    }

    /** Returns a member that is a text, null: there is none. */
    static @Nullable String text(@Nullable JsonObject object, String name) {
        return object != null && object.get(name) instanceof JsonPrimitive text && text.isString()
                ? text.getAsString()
                : null;
    }

    static byte[] bytes(JsonElement value) {
        return value.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Returns a message as it is sent, with the end of its line. */
    static byte[] line(byte[] frame) {
        byte[] line = Arrays.copyOf(frame, frame.length + 2);
        line[frame.length] = '\r';
        line[frame.length + 1] = '\n';
        return line;
    }
}
