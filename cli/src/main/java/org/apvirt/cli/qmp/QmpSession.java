// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.regex.Pattern;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import org.apvirt.cli.qmp.MonitoredGuest.Refusal;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One client of a monitor, and the connection to QEMU that it has. What is answered here is answered in its turn: when QEMU has
 * answered all that the client sent before, which a command of ours behind it tells.
 */
final class QmpSession implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final Set<String> ABOUT_MODELS = Set.of("query-cpu-model-expansion", "query-cpu-model-comparison",
            "query-cpu-model-baseline");
    private static final Set<String> VFIO_AP = Set.of("vfio-ap", "vfio_ap");

    /** Source: {@code qemu_savevm_state_blocked()} of {@code migration/savevm.c}; the device's bus calls its place 1. */
    private static final String UNMIGRATABLE = "State blocked by non-migratable device '/1/vfio-ap'";
    private static final Pattern SAVES = Pattern.compile("\\s*(savevm|migrate)(\\s.*)?");

    private static final int LONGEST_EVENT = 1 << 12;
    /** A command that is longer is none of those that are answered here. */
    private static final int LONGEST_ANSWERED = 1 << 14;
    /** A client that takes so few events has stopped reading. */
    private static final int MOST_EVENTS = 100;
    /** What a guest is that a gdb stub has stopped. */
    private static final Set<String> BETWEEN = Set.of("paused", "debug");

    private final UnixSocket client;
    private final UnixSocket qemu;
    private final MonitoredGuest guest;
    private final Object sending = new Object(); // to the client: a reply and an event are whole
    private final Turn turn = new Turn();
    private final BlockingQueue<JsonObject> events = new ArrayBlockingQueue<>(MOST_EVENTS);
    private volatile boolean hasAsked; // for the capabilities
    private volatile boolean negotiated; // QEMU has agreed; before that it sends no events and takes no commands

    QmpSession(UnixSocket client, UnixSocket qemu, MonitoredGuest guest) {
        this.client = client;
        this.qemu = qemu;
        this.guest = guest;
    }

    /** Passes on until either end closes. */
    void serve() throws IOException {
        Thread back = new Thread(this::passBack, "monitor to client");
        back.setDaemon(true);
        back.start();
        Thread teller = new Thread(this::tellEvents, "events to client");
        teller.setDaemon(true);
        teller.start();
        JsonFrames frames = new JsonFrames();
        byte[] buffer = new byte[BUFFER_BYTES];
        List<Integer> passed = new ArrayList<>();
        try {
            int count;
            while ((count = client.receive(buffer, passed)) > 0) {
                frames.take(buffer, count, frame -> {
                    if (forward(frame, passed)) {
                        UnixSocket.close(passed);
                        passed.clear();
                    }
                });
            }
        } finally {
            UnixSocket.close(passed);
            close();
            teller.interrupt();
            awaitEnd(back); // its descriptors are closed next
            awaitEnd(teller);
        }
    }

    private static void awaitEnd(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void passBack() {
        JsonFrames frames = new JsonFrames();
        byte[] buffer = new byte[BUFFER_BYTES];
        List<Integer> none = new ArrayList<>();
        try {
            int count;
            while ((count = qemu.receive(buffer, none)) > 0) {
                frames.take(buffer, count, frame -> {
                    byte[] passed = look(frame);
                    if (passed.length > 0) {
                        reply(passed);
                    }
                });
            }
        } catch (IOException e) {
            return; // one end has gone
        } finally {
            close();
        }
    }

    /** Takes note of what comes from QEMU; returns what of it is passed on, empty if nothing. */
    private byte[] look(byte[] frame) throws IOException {
        if (frame.length > LONGEST_EVENT) {
            return frame;
        }
        JsonObject message = QmpMessage.parse(frame);
        if (message != null && turn.isOurs(message.get("id"))) {
            return new byte[0];
        }
        String event = QmpMessage.text(message, "event");
        if ("RESET".equals(event)) {
            guest.wasReset();
        }
        if (hasAsked && !negotiated && message != null && message.has("return")) {
            synchronized (sending) { // events come behind the answer
                negotiated = true;
                reply(frame);
            }
            return new byte[0];
        }
        if (!guest.isHeld()) {
            return frame;
        }
        if ("STOP".equals(event) || "RESUME".equals(event)) {
            return new byte[0];
        }
        if (message != null && message.get("return") instanceof JsonObject result && result.has("running")
                && BETWEEN.contains(String.valueOf(QmpMessage.text(result, "status")))) {
            result.addProperty("status", "running");
            result.addProperty("running", true);
            return QmpMessage.bytes(message);
        }
        return frame;
    }

    /** Answers a command, or passes it on; returns whether it was passed on. */
    private boolean forward(byte[] frame, List<Integer> passed) throws IOException {
        JsonObject message = frame.length > LONGEST_ANSWERED ? null : QmpMessage.parseCommand(frame);
        String command = QmpMessage.text(message, "execute");
        if (message == null || command == null) {
            qemu.send(QmpMessage.line(frame), passed);
            return true;
        }
        JsonObject arguments = message.get("arguments") instanceof JsonObject given ? given : new JsonObject();
        try {
            if (hasAsked && concernsUs(command, arguments)) {
                turn.await(qemu);
                if (negotiated && answer(command, arguments, message.get("id"))) {
                    return false;
                }
            }
        } catch (Refusal e) {
            reply(message.get("id"), "error", e.toJson());
            return false;
        }
        hasAsked |= command.equals("qmp_capabilities");
        qemu.send(QmpMessage.line(ABOUT_MODELS.contains(command) && guest.wantsKvm() && nameMax(arguments)
                ? QmpMessage.bytes(message)
                : frame), passed);
        return true;
    }

    /** Tells whether a command may be answered here; QEMU says which arguments there are not. */
    private boolean concernsUs(String command, JsonObject arguments) {
        return switch (command) {
            case "query-kvm" -> guest.wantsKvm() && arguments.isEmpty();
            case "cont", "stop" -> arguments.isEmpty();
            case "device_add" -> VFIO_AP.contains(String.valueOf(QmpMessage.text(arguments, "driver")));
            case "device_del" -> arguments.size() == 1 && QmpMessage.text(arguments, "id") != null;
            case "migrate", "snapshot-save", "human-monitor-command" -> true;
            default -> false;
        };
    }

    /** Answers what concerns the device that QEMU does not have, and KVM. Returns false if QEMU is to answer. */
    private boolean answer(String command, JsonObject arguments, @Nullable JsonElement id) throws Refusal, IOException {
        JsonElement result = new JsonObject();
        switch (command) {
            case "query-kvm" -> {
                result.getAsJsonObject().addProperty("enabled", true);
                result.getAsJsonObject().addProperty("present", true);
            }
            case "device_add" -> {
                guest.plug(options(arguments));
            }
            case "device_del" -> {
                String device = QmpMessage.text(arguments, "id");
                String path = guest.device();
                if (device == null || path == null || !device.equals(path) && !device.equals(idOf(path))) {
                    return false;
                }
                String gone = guest.unplug(device);
                reply(id, "return", result);
                if (gone != null) {
                    guest.wasDeleted(gone); // libvirt, told before it has its reply, waits for another five seconds
                }
                return true;
            }
            case "migrate", "snapshot-save" -> {
                refuseToSave(guest.device() != null);
                return false;
            }
            case "human-monitor-command" -> {
                String words = QmpMessage.text(arguments, "command-line");
                if (guest.device() == null || words == null || !SAVES.matcher(words).matches()) {
                    return false;
                }
                reply(id, "return", new JsonPrimitive("Error: " + UNMIGRATABLE + "\r\n"));
                return true;
            }
            case "cont" -> {
                guest.beforeContinue();
                if (!guest.isHeld()) {
                    return false;
                }
                reply(QmpMessage.bytes(QmpProxy.event("RESUME"))); // who holds the stub lets it run; QEMU would do so at the wrong moment
            }
            case "stop" -> {
                guest.beforeStop();
                return false;
            }
            default -> {
                return false;
            }
        }
        reply(id, "return", result);
        return true;
    }

    /** QEMU does not let a vfio-ap device be saved; behind this one it has none. The job of snapshot-save is refused at once, there when it runs. */
    private static void refuseToSave(boolean hasDevice) throws Refusal {
        if (hasDevice) {
            throw new Refusal("GenericError", UNMIGRATABLE);
        }
    }

    private static Map<String, String> options(JsonObject arguments) {
        Map<String, String> options = new LinkedHashMap<>();
        arguments.asMap().forEach((name, value) -> options.put(name,
                value instanceof JsonPrimitive text && text.isString() ? text.getAsString() : value.toString()));
        return options;
    }

    /** Returns the id of a device by where it is, null if it has none. */
    static @Nullable String idOf(String path) {
        String parent = "/machine/peripheral/";
        return path.startsWith(parent) ? path.substring(parent.length()) : null;
    }

    /** The model {@code host} is KVM's; of what TCG has, {@code max} is the same. Returns whether there was one. */
    private static boolean nameMax(JsonObject arguments) {
        boolean found = false;
        for (JsonElement argument : arguments.asMap().values()) {
            if (argument instanceof JsonObject model && "host".equals(QmpMessage.text(model, "name"))) {
                model.addProperty("name", "max");
                found = true;
            }
        }
        return found;
    }

    private void reply(@Nullable JsonElement id, String kind, JsonElement value) throws IOException {
        JsonObject message = new JsonObject();
        message.add(kind, value);
        if (id != null) {
            message.add("id", id);
        }
        reply(QmpMessage.bytes(message));
    }

    private void reply(byte[] frame) throws IOException {
        synchronized (sending) {
            client.send(QmpMessage.line(frame), List.of());
        }
    }

    /** Sends an event, to a client that takes them already. Waits for nobody: a client that reads nothing is let go. */
    void event(JsonObject event) {
        if (negotiated && !events.offer(event)) {
            close();
        }
    }

    private void tellEvents() {
        try {
            while (true) {
                reply(QmpMessage.bytes(events.take()));
            }
        } catch (IOException e) {
            close(); // the client has gone
        } catch (InterruptedException e) {
            return; // the session has ended
        }
    }

    @Override
    public void close() {
        turn.end();
        client.shutdown();
        qemu.shutdown();
    }
}
