// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.cpu.QemuVersion;
import org.apvirt.qemu.DeviceOptions;
import org.apvirt.running.ControlException;
import org.apvirt.running.Guests;
import org.apvirt.running.MigrationStream;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.GuestView;
import org.apvirt.running.http.Views.QemuCheckView;
import org.apvirt.running.http.Views.StreamView;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What QEMU is asked for: to start and end, what its monitor can do, what it would say. */
final class GuestRoutes {
    /** Where a guest of another machine arrives, with a stream that may be long. */
    static final String INCOMING = "/v1/incoming";

    private static final Set<String> NONE = Set.of();
    private static final Set<String> WAIT = Set.of("wait");

    private static final long NO_PROCESS = Long.MAX_VALUE;

    private final RunningMachine running;
    private final Guests guests;
    private final JobAnswers answers;

    GuestRoutes(RunningMachine running) {
        this.running = running;
        this.guests = running.guests();
        this.answers = new JobAnswers(running.jobs());
    }

    List<Route> table() {
        return List.of(new Route("GET", "/v1/guests", NONE, NONE, call -> Answer.ok(guests.list())),
                new Route("POST", "/v1/guests", WAIT, Set.of("name", "uuid", "stub", "words", "qemu", "process"),
                        this::start),
                new Route("GET", "/v1/guests/{name}", NONE, NONE, call -> Answer.ok(guests.find(call.text("name")))),
                new Route("DELETE", "/v1/guests/{name}", WAIT, NONE, this::stop),
                new Route("PUT", "/v1/guests/{name}/stub", WAIT, Set.of("stub"), this::serve),
                new Route("DELETE", "/v1/guests/{name}/stub", WAIT, NONE, this::letGo),
                new Route("POST", "/v1/guests/{name}/devices", WAIT, Set.of("options"), this::plug),
                new Route("DELETE", "/v1/guests/{name}/devices", Set.of("id", "wait"), NONE, this::unplug),
                new Route("POST", "/v1/guests/{name}/migration", WAIT, NONE, this::send),
                new Route("DELETE", "/v1/guests/{name}/migration", WAIT, NONE, this::run),
                new Route("POST", INCOMING, WAIT, Set.of("stream", "name", "process"), this::receive),
                new Route("POST", "/v1/guests/{name}/resets", WAIT, NONE, this::reset),
                new Route("POST", "/v1/qemu-checks", WAIT, Set.of("words", "qemu"), this::qemuCheck));
    }

    private Answer start(Call call) throws Exception {
        String name = call.text("name");
        String uuid = call.textOrNull("uuid");
        String stub = call.textOrNull("stub");
        if (uuid == null) {
            return startAsWritten(call, name, stub);
        }
        for (String other : List.of("words", "qemu", "process")) {
            if (call.has(other)) {
                throw Call.invalid(other, "goes with a command line, uuid is for a guest without; give one of them");
            }
        }
        return answers.job(call, "start " + name, () -> {
            List<String> messages = stub == null
                    ? guests.start(name, uuid)
                    : guests.start(name, uuid, stub, line -> tell(name, line));
            return new GuestView(guests.find(name), messages);
        }, made -> Answer.made(made, "/v1/guests/" + name));
    }

    private Answer startAsWritten(Call call, String name, @Nullable String stub) throws Exception {
        if (!call.has("words")) {
            throw Call.invalid("uuid", "is missing");
        }
        if (stub != null) {
            throw Call.invalid("stub", "goes with uuid; say it at /v1/guests/" + name + "/stub");
        }
        List<String> words = call.texts("words");
        QemuVersion qemu = qemu(call);
        long process = call.number("process", 1, Integer.MAX_VALUE, -1);
        return answers.job(call, "start " + name, () -> {
            List<String> messages = guests.start(name, words, qemu, process, line -> tell(name, line));
            return new GuestView(guests.find(name), messages);
        }, made -> Answer.made(made, "/v1/guests/" + name));
    }

    private void tell(String name, String line) {
        running.tell("guest " + name + ": " + line);
    }

    private Answer stop(Call call) throws Exception {
        String name = call.text("name");
        return answers.job(call, "stop " + name, () -> {
            guests.stop(name);
            return null;
        }, Answer::ok);
    }

    private Answer serve(Call call) throws Exception {
        String name = call.text("name");
        String stub = call.text("stub");
        return answers.job(call, "serve " + name, () -> {
            guests.serve(name, stub, line -> tell(name, line));
            return guests.find(name);
        }, Answer::ok);
    }

    private Answer letGo(Call call) throws Exception {
        String name = call.text("name");
        return answers.job(call, "let go of " + name, () -> {
            guests.letGo(name);
            return null;
        }, Answer::ok);
    }

    private Answer plug(Call call) throws Exception {
        String name = call.text("name");
        Map<String, String> options = new LinkedHashMap<>();
        for (String option : call.texts("options")) {
            int equals = option.indexOf('=');
            if (equals < 1) {
                throw Call.invalid("options", "'" + option + "' is no name=value");
            }
            options.put(option.substring(0, equals), option.substring(equals + 1));
        }
        return answers.job(call, "device_add " + name, () -> {
            guests.plug(name, DeviceOptions.of(options));
            return guests.find(name);
        }, Answer::ok);
    }

    private Answer unplug(Call call) throws Exception {
        String name = call.text("name");
        String id = call.text("id");
        return answers.job(call, "device_del " + name, () -> {
            guests.unplug(name, id);
            return null;
        }, Answer::ok);
    }

    private Answer send(Call call) throws Exception {
        String name = call.text("name");
        return answers.look(call, "migrate " + name, () -> new StreamView(running.migrations().send(name).text()));
    }

    private Answer run(Call call) throws Exception {
        String name = call.text("name");
        return answers.job(call, "run " + name, () -> {
            running.migrations().run(name);
            return guests.find(name);
        }, Answer::ok);
    }

    private Answer receive(Call call) throws Exception {
        MigrationStream stream = MigrationStream.parse(call.text("stream"));
        String given = call.textOrNull("name");
        String name = given == null ? stream.guest() : given;
        long process = call.number("process", 1, Integer.MAX_VALUE, NO_PROCESS);
        return answers.job(call, "take " + name, () -> {
            running.migrations().receive(stream, name, process == NO_PROCESS ? null : process,
                    line -> tell(name, line));
            return guests.find(name);
        }, made -> Answer.made(made, "/v1/guests/" + name));
    }

    private Answer reset(Call call) throws Exception {
        String name = call.text("name");
        return answers.job(call, "reset " + name, () -> {
            guests.reset(name);
            return null;
        }, Answer::ok);
    }

    private Answer qemuCheck(Call call) throws Exception {
        List<String> words = call.texts("words");
        QemuVersion qemu = qemu(call);
        return answers.look(call, "qemu-check " + words.get(0), () -> QemuCheckView.of(guests.check(words, qemu)));
    }

    private static @Nullable QemuVersion qemu(Call call) throws ControlException {
        String name = call.textOrNull("qemu");
        try {
            return name == null ? null : QemuVersion.parse(name);
        } catch (IllegalArgumentException e) {
            throw Call.invalid("qemu", "'" + name + "' is no QEMU that is played (use " + QemuVersion.names() + ")");
        }
    }
}
