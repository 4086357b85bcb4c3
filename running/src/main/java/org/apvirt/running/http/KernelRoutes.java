// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;

import org.apvirt.cpu.QemuVersion;
import org.apvirt.running.ControlException;
import org.apvirt.running.Guests;
import org.apvirt.running.Job;
import org.apvirt.running.Jobs;
import org.apvirt.running.MachineControl;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.FileView;
import org.apvirt.running.http.Views.GuestView;
import org.apvirt.running.http.Views.JobView;
import org.apvirt.running.http.Views.ModuleView;
import org.apvirt.running.http.Views.QemuCheckView;
import org.apvirt.running.http.Views.ScanView;
import org.apvirt.running.http.Views.WrittenView;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the kernel and QEMU are asked for. It may wait, so it is a job; a request waits for it as long as its argument {@code
 * wait} says, and is then told where the job can be looked at.
 */
final class KernelRoutes {
    private static final Set<String> NONE = Set.of();
    private static final Set<String> WAIT = Set.of("wait");
    private static final int DEFAULT_WAIT_SECONDS = 10;
    private static final int MOST_WAIT_SECONDS = 3600;
    private static final String MODULE = "[A-Za-z0-9_-]{1,55}"; // MODULE_NAME_LEN

    private final RunningMachine running;
    private final MachineControl control;
    private final Guests guests;
    private final Jobs jobs;

    KernelRoutes(RunningMachine running) {
        this.running = running;
        this.control = running.control();
        this.guests = running.guests();
        this.jobs = running.jobs();
    }

    List<Route> table() {
        return List.of(new Route("POST", "/v1/scans", WAIT, NONE,
                call -> job(call, "scan", () -> new ScanView(control.scan()), Answer::ok)),
                new Route("GET", "/v1/attributes", Set.of("path", "wait"), NONE, this::read),
                new Route("PUT", "/v1/attributes", WAIT, Set.of("path", "text"), this::write),
                new Route("GET", "/v1/modules", NONE, NONE,
                        call -> Answer.ok(running.host().modules().stream().map(ModuleView::new).toList())),
                new Route("POST", "/v1/modules", WAIT, Set.of("name"), this::insmod),
                new Route("DELETE", "/v1/modules/{name}", WAIT, NONE, this::rmmod),
                new Route("GET", "/v1/guests", NONE, NONE, call -> Answer.ok(guests.list())),
                new Route("POST", "/v1/guests", WAIT, Set.of("name", "uuid", "stub"), this::start),
                new Route("GET", "/v1/guests/{name}", NONE, NONE, call -> Answer.ok(guests.find(call.text("name")))),
                new Route("DELETE", "/v1/guests/{name}", WAIT, NONE, this::stop),
                new Route("POST", "/v1/qemu-checks", WAIT, Set.of("words", "qemu"), this::qemuCheck),
                new Route("GET", "/v1/jobs", NONE, NONE,
                        call -> Answer.ok(jobs.list().stream().map(JobView::of).toList())),
                new Route("GET", "/v1/jobs/{id}", WAIT, NONE, call -> {
                    Job job = find(call);
                    job.await(wait(call, 0));
                    return Answer.ok(JobView.of(job));
                }), new Route("DELETE", "/v1/jobs/{id}", WAIT, NONE, call -> {
                    Job job = find(call);
                    job.cancel();
                    job.await(wait(call, 1));
                    return Answer.ok(JobView.of(job));
                }));
    }

    private static Duration wait(Call call, int absent) throws ControlException {
        return call.seconds("wait", MOST_WAIT_SECONDS, Duration.ofSeconds(absent));
    }

    private Job find(Call call) throws ControlException {
        long id = call.number("id", 0, Long.MAX_VALUE, -1);
        Job job = jobs.find(id);
        if (job == null) {
            throw new ControlException(ControlException.Reason.MISSING, "id",
                    "id " + id + ": there is no such job, or it is over for long");
        }
        return job;
    }

    private Answer job(Call call, String request, Callable<? extends @Nullable Object> work,
            Function<Object, Answer> answer) throws Exception {
        Duration wait = wait(call, DEFAULT_WAIT_SECONDS);
        return follow(jobs.start(request, work), wait, answer);
    }

    private static Answer follow(Job job, Duration wait, Function<Object, Answer> answer) throws InterruptedException {
        if (!job.await(wait)) {
            return Answer.json(202, JobView.of(job), "/v1/jobs/" + job.id());
        }
        Throwable failure = job.failure();
        if (failure != null) {
            return Answer.of(Problem.of(failure));
        }
        Object result = job.result();
        return result == null ? Answer.nothing() : answer.apply(result);
    }

    /** A sysfs path; what it leads to is the kernel's to say. */
    private static String path(Call call) throws ControlException {
        String path = call.text("path");
        if (!path.startsWith("/") || path.length() > 4095 || path.indexOf('\0') >= 0) {
            throw Call.invalid("path", "'" + path + "' is no absolute path (write for example /sys/bus/ap/apmask)");
        }
        return new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private Answer read(Call call) throws Exception {
        String path = path(call);
        return look(call, "read " + path, () -> {
            List<String> names = control.list(path);
            return names != null
                    ? new FileView(path, null, names)
                    : new FileView(path, control.read(path), null);
        });
    }

    /** What only looks is of no interest once it is over. */
    private Answer look(Call call, String request, Callable<? extends @Nullable Object> work) throws Exception {
        Duration wait = wait(call, DEFAULT_WAIT_SECONDS);
        Job job = jobs.look(request, work);
        Answer answer = follow(job, wait, Answer::ok);
        jobs.forget(job);
        return answer;
    }

    private Answer qemuCheck(Call call) throws Exception {
        List<String> words = call.texts("words");
        QemuVersion qemu = qemu(call);
        return look(call, "qemu-check " + words.get(0), () -> QemuCheckView.of(guests.check(words, qemu)));
    }

    private static @Nullable QemuVersion qemu(Call call) throws ControlException {
        String name = call.textOrNull("qemu");
        try {
            return name == null ? null : QemuVersion.parse(name);
        } catch (IllegalArgumentException e) {
            throw Call.invalid("qemu", "'" + name + "' is no QEMU that is played (use " + QemuVersion.names() + ")");
        }
    }

    private Answer write(Call call) throws Exception {
        String path = path(call);
        String text = call.text("text");
        if (!text.chars().allMatch(c -> c <= 0xff)) {
            throw Call.invalid("text", "has a character above U+00FF; each stands for one byte");
        }
        return job(call, "write " + path, () -> new WrittenView(path, control.write(path, text)), Answer::ok);
    }

    private static String module(Call call) throws ControlException {
        String name = call.text("name");
        if (!name.matches(MODULE)) {
            throw Call.invalid("name", "'" + name + "' is no name of a module (write for example vfio_ap)");
        }
        return name.replace('-', '_');
    }

    private Answer insmod(Call call) throws Exception {
        String name = module(call);
        return job(call, "insmod " + name, () -> {
            control.insmod(name);
            return new ModuleView(name);
        }, made -> Answer.made(made, "/v1/modules"));
    }

    private Answer rmmod(Call call) throws Exception {
        String name = module(call);
        return job(call, "rmmod " + name, () -> {
            control.rmmod(name);
            return null;
        }, Answer::ok);
    }

    private Answer start(Call call) throws Exception {
        String name = call.text("name");
        String uuid = call.text("uuid");
        String stub = call.textOrNull("stub");
        return job(call, "start " + name, () -> {
            List<String> messages = stub == null
                    ? guests.start(name, uuid)
                    : guests.start(name, uuid, stub, line -> running.tell("guest " + name + ": " + line));
            return new GuestView(guests.find(name), messages);
        }, made -> Answer.made(made, "/v1/guests/" + name));
    }

    private Answer stop(Call call) throws Exception {
        String name = call.text("name");
        return job(call, "stop " + name, () -> {
            guests.stop(name);
            return null;
        }, Answer::ok);
    }
}
