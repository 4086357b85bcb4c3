// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

import org.apvirt.running.ControlException;
import org.apvirt.running.Job;
import org.apvirt.running.Jobs;
import org.apvirt.running.MachineControl;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.FileView;
import org.apvirt.running.http.Views.JobView;
import org.apvirt.running.http.Views.ModuleView;
import org.apvirt.running.http.Views.ScanView;
import org.apvirt.running.http.Views.SnapshotView;
import org.apvirt.running.http.Views.WrittenView;

/**
 * What the kernel is asked for. It may wait, so it is a job ({@link JobAnswers}).
 */
final class KernelRoutes {
    private static final Set<String> NONE = Set.of();
    private static final Set<String> WAIT = Set.of("wait");
    private static final String MODULE = "[A-Za-z0-9_-]{1,55}"; // MODULE_NAME_LEN

    private final RunningMachine running;
    private final MachineControl control;
    private final Jobs jobs;
    private final JobAnswers answers;

    KernelRoutes(RunningMachine running) {
        this.running = running;
        this.control = running.control();
        this.jobs = running.jobs();
        this.answers = new JobAnswers(running.jobs());
    }

    List<Route> table() {
        return List.of(new Route("POST", "/v1/scans", WAIT, NONE,
                call -> answers.job(call, "scan", () -> new ScanView(control.scan()), Answer::ok)),
                new Route("GET", "/v1/snapshot", WAIT, NONE,
                        call -> answers.job(call, "snapshot", () -> new SnapshotView(running.snapshot()), Answer::ok)),
                new Route("GET", "/v1/attributes", Set.of("path", "wait"), NONE, this::read),
                new Route("PUT", "/v1/attributes", WAIT, Set.of("path", "text"), this::write),
                new Route("GET", "/v1/modules", NONE, NONE,
                        call -> Answer.ok(running.host().modules().stream().map(ModuleView::new).toList())),
                new Route("POST", "/v1/modules", WAIT, Set.of("name"), this::insmod),
                new Route("DELETE", "/v1/modules/{name}", WAIT, NONE, this::rmmod),
                new Route("GET", "/v1/jobs", NONE, NONE,
                        call -> Answer.ok(jobs.list().stream().map(JobView::of).toList())),
                new Route("GET", "/v1/jobs/{id}", WAIT, NONE, call -> {
                    Job job = find(call);
                    job.await(JobAnswers.wait(call, 0));
                    return Answer.ok(JobView.of(job));
                }), new Route("DELETE", "/v1/jobs/{id}", WAIT, NONE, call -> {
                    Job job = find(call);
                    job.cancel();
                    job.await(JobAnswers.wait(call, 1));
                    return Answer.ok(JobView.of(job));
                }));
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
        return answers.look(call, "read " + path, () -> {
            List<String> names = control.list(path);
            return names != null
                    ? new FileView(path, null, names)
                    : new FileView(path, control.read(path), null);
        });
    }

    private Answer write(Call call) throws Exception {
        String path = path(call);
        String text = call.text("text");
        if (!text.chars().allMatch(c -> c <= 0xff)) {
            throw Call.invalid("text", "has a character above U+00FF; each stands for one byte");
        }
        return answers.job(call, "write " + path, () -> new WrittenView(path, control.write(path, text)), Answer::ok);
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
        return answers.job(call, "insmod " + name, () -> {
            control.insmod(name);
            return new ModuleView(name);
        }, made -> Answer.made(made, "/v1/modules"));
    }

    private Answer rmmod(Call call) throws Exception {
        String name = module(call);
        return answers.job(call, "rmmod " + name, () -> {
            control.rmmod(name);
            return null;
        }, Answer::ok);
    }
}
