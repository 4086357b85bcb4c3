// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import org.apvirt.cli.qmp.MonitoredGuest;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.machine.Json;
import org.apvirt.running.http.ControlClient;
import org.apvirt.running.http.ControlClient.Reply;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The guest of a drop-in QEMU on the machine that it runs on: who has its mediated device, and stands behind its AP instructions, is a
 * guest there. It ends with this process.
 */
final class EmulatedGuest implements MonitoredGuest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String WAIT = "wait=25";
    private static final int MOST_TRIES = 50; // of 100 ms: one of the same name may still be ending
    private static final String GENERIC = "GenericError";

    private final ControlClient client;
    private final String name;
    private final boolean wantsKvm;
    private final Consumer<? super String> log;
    private final Object looking = new Object(); // one at a time compares what is there with what was
    private volatile @Nullable String stub; // of gdb's kind; null: there is none
    private volatile boolean served;
    private volatile @Nullable Consumer<? super String> deleted;
    private @Nullable String device; // guarded by this

    private EmulatedGuest(Path socket, String name, boolean wantsKvm, Consumer<? super String> log) {
        this.client = new ControlClient(socket, TIMEOUT);
        this.name = name;
        this.wantsKvm = wantsKvm;
        this.log = log;
    }

    /** Something without a guest: no machine is asked. */
    static MonitoredGuest none(boolean wantsKvm) {
        return new EmulatedGuest(Path.of("/"), "", wantsKvm, line -> {});
    }

    /**
     * Starts it.
     *
     * @param socket of the machine
     * @param given the name that it has in QEMU, null: none
     * @param words what it is to have, as a command line of QEMU
     * @param qemu which QEMU runs it, null: as the machine has it
     * @throws IOException nobody listens, or the machine or the kernel on it refuses; one line
     */
    static EmulatedGuest start(Path socket, @Nullable String given, List<String> words, @Nullable QemuVersion qemu,
            boolean wantsKvm, Consumer<? super String> log) throws IOException, InterruptedException {
        long pid = ProcessHandle.current().pid();
        String usable = given == null ? "" : given.replaceAll("[^A-Za-z0-9_.-]", "_");
        String name = usable.matches("[A-Za-z0-9].{0,62}") ? usable : "qemu-" + pid;
        EmulatedGuest guest = new EmulatedGuest(socket, name, wantsKvm, log);
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("name", name);
        content.put("words", words);
        if (qemu != null) {
            content.put("qemu", qemu.toString());
        }
        content.put("process", pid);
        for (int tries = 1;; tries++) {
            Reply reply = guest.client.request("POST", "/v1/guests?" + WAIT, Json.text(content));
            JsonObject answer = tree(reply);
            if (reply.status() == 201) {
                guest.look(answer.getAsJsonObject("guest"));
                return guest;
            }
            if (!answer.has("argument") || !answer.get("argument").getAsString().equals("name")
                    || reply.status() != 409 || tries == MOST_TRIES) {
                throw new IOException(problem(answer));
            }
            Thread.sleep(100);
        }
    }

    private static JsonObject tree(Reply reply) throws IOException {
        try {
            return reply.content().isEmpty()
                    ? new JsonObject()
                    : JsonParser.parseString(reply.content()).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException("the machine answers what is no JSON", e);
        }
    }

    private static String problem(JsonObject answer) {
        JsonElement detail = answer.get("detail");
        return detail == null ? "the machine is still busy with it" : detail.getAsString();
    }

    /** Takes note of what it is like; returns where its device was that is gone. */
    private synchronized @Nullable String look(JsonObject status) {
        JsonElement there = status.get("device");
        String before = device;
        device = there == null ? null : there.getAsString();
        return device == null ? before : null;
    }

    /** Asks for something that may wait; a refusal is the monitor's. */
    private JsonObject ask(String method, String target, @Nullable Object content, String errorClass) throws Refusal {
        try {
            Reply reply = client.request(method, "/v1/guests/" + encoded(name) + target,
                    content == null ? null : Json.text(content));
            JsonObject answer = tree(reply);
            if (reply.status() == 200 || reply.status() == 204) {
                return answer;
            }
            throw new Refusal(errorClass, problem(answer));
        } catch (IOException e) {
            throw new Refusal(GENERIC, "the simulated machine: " + e.getMessage());
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /**
     * Has its AP instructions answered.
     *
     * @param address {@code plugin:PATH}, or where its gdb stub listens
     */
    void serve(String address) throws IOException {
        try {
            ask("PUT", "/stub?" + WAIT, Map.of("stub", address), GENERIC);
        } catch (Refusal e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * Has them answered by way of QEMU's gdb stub, before the guest's first instruction. Who holds the stub decides whether the guest
     * runs, not the monitor.
     *
     * @param address where the stub will listen
     * @param whenContinued whether the monitor's {@code cont} is waited for, else only the stub
     */
    void serveFirst(String address, boolean whenContinued) {
        stub = address;
        if (whenContinued) {
            return;
        }
        Thread thread = new Thread(() -> {
            try {
                while (!QemuCommand.isListening(Path.of(address))) {
                    Thread.sleep(10);
                }
                beforeContinue();
            } catch (IOException | Refusal e) {
                log.accept(String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "first instruction");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Tells from now on of a device that goes, whoever takes it.
     *
     * @param listener takes where it was
     */
    void onDeleted(Consumer<? super String> listener) {
        deleted = listener;
        Thread thread = new Thread(this::watch, "watch");
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        try {
            client.stream("/v1/changes/stream", line -> {
                if (line.startsWith("data: ") && isOurs(line.substring(6)) || line.startsWith("event: lost")) {
                    lookAgain();
                }
                return true;
            });
            log.accept("the simulated machine has ended; the guest's cards are gone");
        } catch (IOException e) {
            log.accept("cannot follow the simulated machine: " + e.getMessage());
        }
    }

    private boolean isOurs(String data) {
        JsonObject change = JsonParser.parseString(data).getAsJsonObject();
        return change.has("kind") && change.get("kind").getAsString().equals("guest")
                && change.get("id").getAsString().equals(name);
    }

    private void lookAgain() {
        String gone;
        synchronized (looking) {
            try {
                Reply reply = client.request("GET", "/v1/guests/" + encoded(name), null);
                gone = look(reply.status() == 200 ? tree(reply) : new JsonObject());
            } catch (IOException e) {
                log.accept("cannot look at the simulated machine: " + e.getMessage());
                return;
            }
        }
        if (gone != null) {
            wasDeleted(gone);
        }
    }

    @Override
    public void wasDeleted(String path) {
        Consumer<? super String> listener = deleted;
        if (listener != null) {
            listener.accept(path);
        }
    }

    /** Ends it, if it is still there. */
    void stop() {
        try {
            client.request("DELETE", "/v1/guests/" + encoded(name) + "?" + WAIT, null);
        } catch (HttpTimeoutException e) {
            log.accept("the simulated machine does not let go of the guest: " + e.getMessage());
        } catch (IOException e) {
            return; // it has ended
        }
    }

    @Override
    public boolean wantsKvm() {
        return wantsKvm;
    }

    @Override
    public synchronized @Nullable String device() {
        return device;
    }

    @Override
    public void plug(Map<String, String> options) throws Refusal {
        List<String> list = options.entrySet().stream().map(it -> it.getKey() + "=" + it.getValue()).toList();
        look(ask("POST", "/devices?" + WAIT, Map.of("options", list), GENERIC));
    }

    @Override
    public @Nullable String unplug(String id) throws Refusal {
        synchronized (looking) { // else the change that this is would be told too
            ask("DELETE", "/devices?id=" + encoded(id) + "&" + WAIT, null, "DeviceNotFound");
            return look(new JsonObject());
        }
    }

    @Override
    public void wasReset() {
        try {
            ask("POST", "/resets?" + WAIT, null, GENERIC);
        } catch (Refusal e) {
            log.accept("the queues are not reset with the guest: " + e.getMessage());
        }
    }

    @Override
    public boolean isHeld() {
        return served;
    }

    @Override
    public void beforeContinue() throws Refusal {
        String address = stub;
        if (address != null && !served) {
            served = true; // from the first stop on
            try {
                ask("PUT", "/stub?" + WAIT, Map.of("stub", address), GENERIC);
            } catch (Refusal e) {
                served = false;
                throw e;
            }
        }
    }

    /** Lets go of a stub, so that it is the monitor that decides; the guest takes it up again when it continues. */
    @Override
    public void beforeStop() throws Refusal {
        if (stub != null && served) {
            ask("DELETE", "/stub?" + WAIT, null, GENERIC);
            served = false;
        }
    }
}
