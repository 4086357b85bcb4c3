// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.apvirt.machine.Json;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What {@code apvirt ctl} prints of answers, for people. */
final class CtlText {
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss")
            .withZone(ZoneId.systemDefault());
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("HH:mm:ss.SSS")
            .withZone(ZoneId.systemDefault());

    private CtlText() {}

    /** Returns JSON on one line, in ASCII: whatever a file or a guest said, a terminal does not obey it. */
    static String plain(JsonElement tree) {
        return Json.text(value(tree));
    }

    private static @Nullable Object value(JsonElement tree) {
        if (tree instanceof JsonObject object) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            object.entrySet().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
            return map;
        }
        if (tree instanceof JsonArray array) {
            List<@Nullable Object> list = new ArrayList<>();
            array.forEach(item -> list.add(value(item)));
            return list;
        }
        if (tree.isJsonNull()) {
            return null;
        }
        return tree.getAsJsonPrimitive().isBoolean()
                ? (Object) tree.getAsBoolean()
                : tree.getAsJsonPrimitive().isNumber() ? tree.getAsNumber() : tree.getAsString();
    }

    /** Returns a member as text, empty: it is not there. */
    static String text(JsonElement object, String name) {
        JsonElement member = object instanceof JsonObject map ? map.get(name) : null;
        return member == null || member.isJsonNull() ? "" : member.getAsString();
    }

    private static String time(JsonElement object, String name, DateTimeFormatter format) {
        String text = text(object, name);
        return text.isEmpty() ? "" : format.format(Instant.parse(text));
    }

    private static String ids(JsonElement object, String name, String format) {
        List<String> ids = new ArrayList<>();
        object.getAsJsonObject().getAsJsonArray(name).forEach(id -> ids.add(String.format(format, id.getAsInt())));
        return ids.isEmpty() ? "-" : String.join(" ", ids);
    }

    private static String orNone(String text) {
        return text.isEmpty() ? "-" : text;
    }

    /** Returns a member that is a list of numbers. */
    static List<Integer> numbers(JsonObject object, String name) {
        return object.getAsJsonArray(name).asList().stream().map(JsonElement::getAsInt).toList();
    }

    /** Returns a member that is a list of texts. */
    static List<String> words(JsonObject object, String name) {
        return object.getAsJsonArray(name).asList().stream().map(JsonElement::getAsString).toList();
    }

    /** Members of an answer, in lines. */
    static void lines(JsonElement answer, String name, PrintWriter out) {
        answer.getAsJsonObject().getAsJsonArray(name).forEach(line -> out.println(line.getAsString()));
    }

    /** What runs. */
    static void status(JsonElement status, PrintWriter out) {
        out.println("apvirt " + text(status, "program") + ", process " + text(status, "pid") + ", since "
                + time(status, "since", DAY));
        out.println("machine  " + text(status, "file"));
        out.println("level    " + text(status, "level") + ", QEMU " + text(status, "qemu"));
        List<String> modules = new ArrayList<>();
        status.getAsJsonObject().getAsJsonArray("modules").forEach(module -> modules.add(module.getAsString()));
        out.println("modules  " + orNone(String.join(" ", modules)));
        if (!text(status, "runningJobs").equals("0")) {
            out.println("jobs     " + text(status, "runningJobs") + " (apvirt ctl jobs)");
        }
        status.getAsJsonObject().getAsJsonArray("guests").forEach(guest -> guest(guest, out));
        status.getAsJsonObject().getAsJsonArray("queues").forEach(queue -> queue(queue, out));
    }

    /** A guest and its matrix. */
    static void guest(JsonElement guest, PrintWriter out) {
        out.println(
                "guest    " + text(guest, "name") + " " + text(guest, "state") + " since " + time(guest, "since", DAY)
                        + ", mdev " + orNone(text(guest, "mdev")) + ", gdb stub " + orNone(text(guest, "stub")));
        out.println("         adapters " + ids(guest, "adapters", "%02x") + ", domains " + ids(guest, "domains", "%04x")
                + ", control domains " + ids(guest, "controlDomains", "%04x"));
    }

    /** A queue and its owner. */
    static void queue(JsonElement queue, PrintWriter out) {
        String owner = text(queue, "owner");
        String response = text(queue, "response");
        out.println(text(queue, "apqn") + "  " + (owner.equals("guest") ? "guest " + text(queue, "guest") : owner)
                + (text(queue, "driver").isEmpty() ? "" : ", driver " + text(queue, "driver"))
                + (text(queue, "mdev").isEmpty() ? "" : ", mdev " + text(queue, "mdev"))
                + (text(queue, "configured").equals("true") ? "" : ", deconfigured")
                + (text(queue, "checkstopped").equals("true") ? ", checkstopped" : "")
                + (response.isEmpty() ? "" : String.format(", answers 0x%02x", Integer.parseInt(response))));
    }

    /** A machine in a list. */
    static void machine(JsonElement status, String socket, PrintWriter out) {
        out.printf("%-8s %-7s %-11s %s  %s  %s%n", text(status, "pid"), text(status, "program"), text(status, "level"),
                time(status, "since", DAY), text(status, "file"), socket);
    }

    static void job(JsonElement job, PrintWriter out) {
        out.println(text(job, "id") + "  " + text(job, "state")
                + (text(job, "cancelled").equals("true") ? " (cancelled)" : "")
                + "  " + text(job, "request") + "  since " + time(job, "started", MOMENT)
                + (job.getAsJsonObject().has("problem")
                        ? ": " + text(job.getAsJsonObject().get("problem"), "detail")
                        : ""));
    }

    static void logLine(JsonElement entry, PrintWriter out) {
        out.println("[" + time(entry, "time", MOMENT) + "] " + text(entry, "text"));
    }

    static void uevent(JsonElement entry, PrintWriter out) {
        List<String> variables = new ArrayList<>();
        entry.getAsJsonObject().getAsJsonArray("variables").forEach(variable -> variables.add(variable.getAsString()));
        out.println(
                "[" + time(entry, "time", MOMENT) + "] " + text(entry, "action") + "@" + text(entry, "devpath") + " "
                        + String.join(" ", variables.subList(Math.min(3, variables.size()), variables.size())));
    }

    static void change(JsonElement entry, PrintWriter out) {
        out.println("[" + time(entry, "time", MOMENT) + "] " + text(entry, "kind") + " " + text(entry, "id") + " "
                + text(entry, "action"));
    }
}
