// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import org.apvirt.machine.Json;
import org.apvirt.running.http.ControlClient;
import org.apvirt.running.http.ControlClient.Reply;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** One request of {@code apvirt ctl}: which machine, how long, and what is printed of the answer. */
final class CtlSession {
    /** Time for what is not the waiting itself. */
    private static final double PART_FOR_WAITING = 0.9;

    private final CommandSpec spec;
    private final Path socket;
    private final Duration timeout;
    private final boolean json;

    /**
     * A session.
     *
     * @param spec the command that speaks
     * @param json whether the answer is printed as it is
     */
    CtlSession(CommandSpec spec, Path socket, Duration timeout, boolean json) {
        this.spec = spec;
        this.socket = socket;
        this.timeout = timeout;
        this.json = json;
    }

    /** Prints an answer for people. */
    @FunctionalInterface
    interface Printer {
        /** Prints it. */
        void print(JsonElement answer, PrintWriter out);
    }

    /** Prints nothing: that it is done is enough. */
    static final Printer NOTHING = (answer, out) -> {};

    /** Keeps an answer instead of printing it. */
    static final class Kept implements Printer {
        private @Nullable JsonElement answer;

        @Override
        public void print(JsonElement answered, PrintWriter out) {
            answer = answered;
        }

        /** Returns the answer, null: it was a refusal, which was told. */
        @Nullable
        JsonElement answer() {
            return answer;
        }
    }

    /** Returns a session with the same machine in which answers are printed for people only. */
    CtlSession forPeople() {
        return new CtlSession(spec, socket, timeout, false);
    }

    Duration timeout() {
        return timeout;
    }

    /** Returns a target with an argument for the time that the server may wait. */
    String waiting(String target) {
        double seconds = timeout.toMillis() / 1000.0 * PART_FOR_WAITING;
        return target + (target.contains("?") ? "&" : "?") + "wait="
                + String.format(java.util.Locale.ROOT, "%.3f", seconds);
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    int get(String target, Printer printer) {
        return send("GET", target, null, printer);
    }

    /**
     * Sends a request and prints what comes back.
     *
     * @param content arguments, null: none
     * @return the exit status
     */
    int send(String method, String target, @Nullable Map<String, ?> content, Printer printer) {
        Reply reply;
        try {
            reply = new ControlClient(socket, timeout).request(method, target,
                    content == null ? null : Json.text(content));
        } catch (IOException e) {
            return Apvirt.refused(spec, explained(socket, e));
        }
        try {
            return print(reply, printer);
        } catch (JsonParseException | IllegalStateException e) {
            return Apvirt.refused(spec, new IOException(socket + " answers what is no JSON: " + e.getMessage()));
        }
    }

    private int print(Reply reply, Printer printer) {
        PrintWriter out = spec.commandLine().getOut();
        JsonElement tree = reply.content().isEmpty() ? new JsonObject() : JsonParser.parseString(reply.content());
        boolean waits = reply.status() == 202;
        if (json) {
            if (!reply.content().isEmpty()) {
                out.println(CtlText.plain(tree));
            }
        } else if (waits) {
            String id = CtlText.text(tree, "id");
            return Apvirt.refused(spec,
                    new IOException("still waiting after " + timeout.toMillis() + " ms, as job " + id
                            + "; look with 'apvirt ctl job " + id + "', end it with 'apvirt ctl cancel " + id + "'"));
        } else if (reply.isDone()) {
            printer.print(tree, out);
        } else {
            Apvirt.refused(spec, new IOException(CtlText.text(tree, "detail")));
        }
        out.flush();
        return reply.isDone() && !waits ? Apvirt.DONE : reply.status() == 400 ? Apvirt.USAGE : Apvirt.REFUSED;
    }

    /** Prints text as it comes. */
    int text(String target) {
        try {
            Reply reply = new ControlClient(socket, timeout).request("GET", target, null);
            if (!reply.isDone()) {
                return print(reply, NOTHING);
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(json ? Json.text(Map.of("text", reply.content())) + '\n' : reply.content());
            out.flush();
            return Apvirt.DONE;
        } catch (IOException e) {
            return Apvirt.refused(spec, explained(socket, e));
        }
    }

    /**
     * Prints the entries of a journal.
     *
     * @param path of the journal
     * @param follow whether to go on with those to come
     */
    int journal(String path, boolean follow, Printer printer) {
        if (!follow) {
            return get(path, (all, out) -> all.getAsJsonArray().forEach(entry -> printer.print(entry, out)));
        }
        PrintWriter out = spec.commandLine().getOut();
        try {
            new ControlClient(socket, timeout).stream(path + "/stream?after=0", line -> {
                if (line.startsWith("data: ")) {
                    JsonElement entry = JsonParser.parseString(line.substring(6));
                    if (json) {
                        out.println(CtlText.plain(entry));
                    } else if (entry.getAsJsonObject().has("to")) {
                        out.println("(entries " + CtlText.text(entry, "from") + " to " + CtlText.text(entry, "to")
                                + " were not kept)");
                    } else {
                        printer.print(entry, out);
                    }
                    out.flush();
                }
                return !out.checkError(); // the reader of the pipe has gone
            });
        } catch (IOException e) {
            return Apvirt.refused(spec, explained(socket, e));
        }
        return Apvirt.DONE;
    }

    /** Calls somebody at each event of a stream, until he has enough. */
    int follow(String target, BooleanSupplier each) {
        try {
            new ControlClient(socket, timeout).stream(target,
                    line -> !line.startsWith("data: ") || each.getAsBoolean());
        } catch (IOException e) {
            return Apvirt.refused(spec, explained(socket, e));
        }
        return Apvirt.DONE;
    }

    static IOException explained(Path socket, IOException e) {
        if (e instanceof ConnectException || e instanceof NoSuchFileException || !Files.exists(socket)) {
            return new IOException("no machine listens at " + socket + " (apvirt ctl list shows those that run)");
        }
        return e;
    }

    /** Returns the status of a machine, null: nobody listens there. */
    static @Nullable JsonElement statusOf(Path socket, Duration timeout) throws IOException {
        try {
            Reply reply = new ControlClient(socket, timeout).request("GET", "/v1/status?queues=false", null);
            return JsonParser.parseString(reply.content());
        } catch (ConnectException e) {
            return null;
        } catch (JsonParseException e) {
            throw new IOException(socket + " answers what is no JSON", e);
        }
    }

    /** Returns the socket that the environment names, null: it names none. */
    static @Nullable Path socketOfEnvironment() {
        String given = System.getenv("APVIRT_CTL");
        return given == null || given.isEmpty() ? null : Path.of(given);
    }

    /**
     * Returns the socket that is meant when none is named: that of the environment, else that of the only machine.
     *
     * @throws IOException no machine runs, or several
     */
    static Path usualSocket() throws IOException {
        Path given = socketOfEnvironment();
        if (given != null) {
            return given;
        }
        List<Path> running = running();
        if (running.size() != 1) {
            throw new IOException(running.isEmpty()
                    ? "no machine of yours is running; start apvirt mount or apvirt exec"
                    : "several machines are running, name one with --socket: " + running);
        }
        return running.get(0);
    }

    /** Returns the sockets of the machines of this user that run. */
    static List<Path> running() throws IOException {
        List<Path> running = new ArrayList<>();
        for (Path candidate : RuntimeDirectory.ofUser().sockets()) {
            if (ControlSocket.isListening(candidate)) {
                running.add(candidate);
            }
        }
        return running;
    }
}
