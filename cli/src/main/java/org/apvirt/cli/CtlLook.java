// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.apvirt.plan.MatrixPicture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The requests of {@code apvirt ctl} that only look. */
final class CtlLook {
    private CtlLook() {}

    @Command(name = "dump", description = "Prints the machine as it is now, as a machine file.")
    static final class Dump extends CtlCommand.Request {
        @Override
        int ask(CtlSession session) {
            return session.text("/v1/machine/file");
        }
    }

    @Command(name = "snapshot", description = {
            "Writes all that the machine and its host are now into a machine file: hardware, keys, faults, masks, bindings, mediated"
                    + " devices, guests, counters. 'apvirt mount FILE DIR' goes on from there.",
            "The file has the cards' keys in it; it is made with mode 0600."})
    static final class Snapshot extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "FILE", description = "File to write, - for standard output.")
        private Path file;

        @Override
        int ask(CtlSession session) {
            List<IOException> failed = new ArrayList<>();
            int status = session.get(session.waiting("/v1/snapshot"), (answer, out) -> {
                String text = CtlText.text(answer, "text");
                try {
                    if (file.toString().equals("-")) {
                        out.print(text);
                    } else {
                        PrivateFile.write(file, text);
                    }
                } catch (IOException e) {
                    failed.add(e);
                }
            });
            return failed.isEmpty() ? status : Apvirt.refused(spec, failed.get(0));
        }
    }

    @Command(name = "status", description = "Shows what runs: level, guests with their matrix, who owns each queue.")
    static final class Status extends CtlCommand.Request {
        @Override
        int ask(CtlSession session) {
            return session.get("/v1/status", CtlText::status);
        }
    }

    @Command(name = "matrix", description = "Draws the matrix of adapters and domains: who has which queue.")
    static final class Matrix extends CtlCommand.Request {
        @Option(names = {"-w", "--watch"}, description = "Draws it anew at each change.")
        private boolean watch;

        @Override
        int ask(CtlSession session) {
            int status = draw(session);
            return !watch || status != Apvirt.DONE
                    ? status
                    : session.follow("/v1/changes/stream", () -> draw(session) == Apvirt.DONE);
        }

        private int draw(CtlSession session) {
            return session.get("/v1/matrix", (answer, out) -> {
                JsonObject matrix = answer.getAsJsonObject();
                if (watch && MatrixText.isColourful()) {
                    PrintWriter terminal = Terminal.OUTPUT.writer();
                    terminal.print("\033[H\033[2J");
                    terminal.flush();
                }
                MatrixText.print(new MatrixPicture(CtlText.numbers(matrix, "adapters"),
                        CtlText.numbers(matrix, "domains"), CtlText.words(matrix, "guests"),
                        CtlText.words(matrix, "rows")), out);
            });
        }
    }

    @Command(name = "log", description = "Prints the kernel's log.")
    static final class Log extends CtlCommand.Request {
        @Option(names = {"-f", "--follow"}, description = "Goes on with what comes.")
        private boolean follow;

        @Override
        int ask(CtlSession session) {
            return session.journal("/v1/log", follow, CtlText::logLine);
        }
    }

    @Command(name = "events", description = "Prints the uevents.")
    static final class Events extends CtlCommand.Request {
        @Option(names = {"-f", "--follow"}, description = "Goes on with what comes.")
        private boolean follow;

        @Override
        int ask(CtlSession session) {
            return session.journal("/v1/uevents", follow, CtlText::uevent);
        }
    }

    @Command(name = "changes", description = "Prints what changed.")
    static final class Changes extends CtlCommand.Request {
        @Option(names = {"-f", "--follow"}, description = "Goes on with what comes.")
        private boolean follow;

        @Override
        int ask(CtlSession session) {
            return session.journal("/v1/changes", follow, CtlText::change);
        }
    }

    /** {@code list}: the only request that is not to one machine. */
    @Command(name = "list", description = "Lists all machines of yours that run.")
    static final class Machines implements Callable<Integer> {
        private static final Duration EACH = Duration.ofSeconds(5); // a busy computer takes two for a first answer

        @Spec
        private CommandSpec spec;

        @ParentCommand
        private CtlCommand ctl;

        @Override
        public Integer call() {
            Duration timeout = ctl.timeout(spec);
            long deadline = System.nanoTime() + timeout.toNanos();
            JsonArray all = new JsonArray();
            List<String> silent = new ArrayList<>();
            PrintWriter out = spec.commandLine().getOut();
            try {
                for (Path socket : CtlSession.running()) {
                    long rest = Math.max(10_000_000, deadline - System.nanoTime());
                    try {
                        Duration wait = EACH.toNanos() < rest ? EACH : Duration.ofNanos(rest);
                        JsonElement status = CtlSession.statusOf(socket, wait);
                        if (status instanceof JsonObject object) {
                            object.addProperty("socket", socket.toString());
                            all.add(object);
                        }
                    } catch (IOException e) {
                        silent.add(String.valueOf(e.getMessage()));
                    }
                }
            } catch (IOException e) {
                return Apvirt.refused(spec, e);
            }
            if (ctl.json()) {
                out.println(CtlText.plain(all));
            } else {
                all.forEach(status -> CtlText.machine(status, CtlText.text(status, "socket"), out));
            }
            out.flush();
            silent.forEach(line -> Apvirt.refused(spec, new IOException(line)));
            return silent.isEmpty() ? Apvirt.DONE : Apvirt.REFUSED;
        }
    }
}
