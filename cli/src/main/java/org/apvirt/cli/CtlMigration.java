// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import com.google.gson.JsonElement;
import org.apvirt.running.MigrationStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The requests of {@code apvirt ctl} by which a guest goes from one machine to another. */
final class CtlMigration {
    /** What the other side says when it has the guest, and what it is then told. */
    static final String READY = "ready";
    static final String GO = "go";

    private CtlMigration() {}

    private static String path(String guest) {
        return "/v1/guests/" + CtlSession.encode(guest);
    }

    @Command(name = "migrate", description = {"Migrates a guest live to another machine, at level next.",
            "COMMAND is run by the shell and is to end in 'apvirt ctl incoming' for that machine; ssh may stand before it.",
            "Whatever goes wrong before the other side is told to go on, the guest runs on here."}, footer = {"",
                    "Example: apvirt ctl migrate guest1 --to 'apvirt ctl --socket B incoming'"})
    static final class Migrate extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "GUEST")
        private String guest;

        @Option(names = "--to", paramLabel = "COMMAND", description = "Takes the guest from its standard input.")
        private @Nullable String command;

        @Option(names = "--resume", description = "Lets a guest run here again that an earlier migration left paused.")
        private boolean resume;

        @Override
        int ask(CtlSession given) {
            CtlSession session = given.forPeople();
            String to = command;
            if (resume == (to != null)) {
                throw new ParameterException(spec.commandLine(), "give either --to or --resume");
            }
            if (to == null) {
                return session.send("DELETE", session.waiting(path(guest) + "/migration"), null, CtlSession.NOTHING);
            }
            return new GuestTransfer(spec, session, guest, to).run();
        }
    }

    @Command(name = "incoming", description = {"Takes a guest that 'apvirt ctl migrate' sends, from standard input.",
            "Says 'ready' when this machine has it, and lets it run when it is told to."})
    static final class Incoming extends CtlCommand.Request {
        @Option(names = "--name", paramLabel = "NAME", description = "What it is called here; default: as there.")
        private @Nullable String name;

        @Override
        int ask(CtlSession given) {
            CtlSession session = given.forPeople();
            try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                return take(session, in);
            } catch (IOException e) {
                return Apvirt.refused(spec, new IOException("standard input cannot be read: " + e.getMessage()));
            }
        }

        private int take(CtlSession session, BufferedReader in) throws IOException {
            Map<String, Object> arguments = new LinkedHashMap<>();
            arguments.put("stream", stream(in));
            arguments.put("process", ProcessHandle.current().pid());
            String wanted = name;
            if (wanted != null) {
                arguments.put("name", wanted);
            }
            CtlSession.Kept made = new CtlSession.Kept();
            int status = session.send("POST", session.waiting("/v1/incoming"), arguments, made);
            JsonElement guest = made.answer();
            if (guest == null) {
                return status;
            }
            String here = CtlText.text(guest, "name");
            say(READY);
            if (GO.equals(in.readLine())) {
                int done = session.send("DELETE", session.waiting(path(here) + "/migration"), null, CtlSession.NOTHING);
                if (done == Apvirt.DONE) {
                    say(here + " runs");
                }
                return done;
            }
            session.send("DELETE", session.waiting(path(here)), null, CtlSession.NOTHING);
            return Apvirt.refused(spec,
                    new IOException("guest '" + here + "' was not let go by the other side; it is not taken"));
        }

        private void say(String line) {
            spec.commandLine().getOut().println(line);
            spec.commandLine().getOut().flush();
        }

        /** Returns the stream as far as it comes, up to its last line; what is wrong with it the machine says. */
        private static String stream(Reader in) throws IOException {
            StringBuilder text = new StringBuilder();
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c >= 0
                    && text.length() + line.length() <= MigrationStream.MOST_CHARACTERS; c = in.read()) {
                line.append((char) c);
                if (c == '\n') {
                    text.append(line);
                    if (MigrationStream.isLast(line.toString())) {
                        return text.toString();
                    }
                    line.setLength(0);
                }
            }
            return text.append(line).toString();
        }
    }
}
