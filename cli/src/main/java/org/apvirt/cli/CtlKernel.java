// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apvirt.host.HostOptions;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The requests of {@code apvirt ctl} to the kernel and to QEMU, which may have to wait. */
final class CtlKernel {
    private CtlKernel() {}

    /** The modules, for the completion. */
    static final class Modules extends java.util.ArrayList<String> {
        private static final long serialVersionUID = 1;

        Modules() {
            super(HostOptions.ALL_MODULES);
        }
    }

    @Command(name = "scan", description = "Lets the AP bus look at once; else it looks every config_time seconds.")
    static final class Scan extends CtlCommand.Request {
        @Override
        int ask(CtlSession session) {
            return session.send("POST", session.waiting("/v1/scans"), null, CtlSession.NOTHING);
        }
    }

    @Command(name = "read", description = "Reads an attribute or lists a directory, for example: read /sys/bus/ap/apmask")
    static final class Read extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "PATH")
        private String path;

        @Override
        int ask(CtlSession session) {
            return session.get(session.waiting("/v1/attributes?path=" + CtlSession.encode(path)), (answer, out) -> {
                if (answer.getAsJsonObject().has("entries")) {
                    CtlText.lines(answer, "entries", out);
                } else {
                    out.print(CtlText.text(answer, "text"));
                }
            });
        }
    }

    @Command(name = "write", description = "Writes an attribute, for example: write /sys/bus/ap/apmask -5")
    static final class Write extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "PATH")
        private String path;

        @Parameters(index = "1", paramLabel = "TEXT")
        private String text;

        @Override
        int ask(CtlSession session) {
            String bytes = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            return session.send("PUT", session.waiting("/v1/attributes"), Map.of("path", path, "text", bytes),
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "insmod", description = "Loads a module.")
    static final class Insmod extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "NAME", completionCandidates = Modules.class)
        private String name;

        @Override
        int ask(CtlSession session) {
            return session.send("POST", session.waiting("/v1/modules"), Map.of("name", name), CtlSession.NOTHING);
        }
    }

    @Command(name = "rmmod", description = "Unloads a module.")
    static final class Rmmod extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "NAME", completionCandidates = Modules.class)
        private String name;

        @Override
        int ask(CtlSession session) {
            return session.send("DELETE", session.waiting("/v1/modules/" + CtlSession.encode(name)), null,
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "start", description = {"Starts a guest that has a mediated device, as QEMU on KVM would.",
            "With ADDRESS its kernel is the real one behind QEMU's gdb stub there."})
    static final class Start extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "NAME")
        private String name;

        @Parameters(index = "1", paramLabel = "UUID")
        private String uuid;

        @Parameters(index = "2", arity = "0..1", paramLabel = "ADDRESS")
        private @Nullable String stub;

        @Override
        int ask(CtlSession session) {
            Map<String, String> arguments = new LinkedHashMap<>(Map.of("name", name, "uuid", uuid));
            String address = stub;
            if (address != null) {
                // The server has another working directory.
                arguments.put("stub", address.contains(":") ? address : Path.of(address).toAbsolutePath().toString());
            }
            return session.send("POST", session.waiting("/v1/guests"), arguments,
                    (answer, out) -> CtlText.lines(answer, "messages", out));
        }
    }

    @Command(name = "stop", description = "Stops a guest.")
    static final class Stop extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "NAME")
        private String name;

        @Override
        int ask(CtlSession session) {
            return session.send("DELETE", session.waiting("/v1/guests/" + CtlSession.encode(name)), null,
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "jobs", description = "Lists what runs or waits, and what is over.")
    static final class Jobs extends CtlCommand.Request {
        @Override
        int ask(CtlSession session) {
            return session.get("/v1/jobs", (all, out) -> all.getAsJsonArray().forEach(job -> CtlText.job(job, out)));
        }
    }

    @Command(name = "job", description = "Waits for a job and shows it.")
    static final class Job extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "ID")
        private String id;

        @Override
        int ask(CtlSession session) {
            return session.get(session.waiting("/v1/jobs/" + CtlSession.encode(id)), CtlText::job);
        }
    }

    @Command(name = "cancel", description = "Sends a signal to a job: what waits interruptibly ends.")
    static final class Cancel extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "ID")
        private String id;

        @Override
        int ask(CtlSession session) {
            return session.send("DELETE", "/v1/jobs/" + CtlSession.encode(id) + "?wait=0.2", null, CtlText::job);
        }
    }
}
