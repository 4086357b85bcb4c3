// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import com.google.gson.JsonElement;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.device.Uevent;
import org.apvirt.machine.MachineFile;
import org.apvirt.machine.PlannedFault;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.running.Change;
import org.apvirt.running.FaultStatus;
import org.apvirt.running.GuestStatus;
import org.apvirt.running.Job;
import org.apvirt.running.Journal.Entry;
import org.apvirt.running.RunningMachine;
import org.apvirt.sim.InstructionFault;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/** How things look that have no record of their own below: what a client gets as JSON. */
final class Views {
    private Views() {}

    /** A job. */
    record JobView(long id, String request, Job.State state, boolean cancelled, Instant started,
            @Nullable Instant ended,
            @Nullable JsonElement result, @Nullable Problem problem) {
        static JobView of(Job job) {
            Object result = job.result();
            Throwable failure = job.failure();
            return new JobView(job.id(), job.request(), job.state(), job.isCancelled(), job.started(), job.ended(),
                    result == null ? null : ControlJson.tree(result), failure == null ? null : Problem.of(failure));
        }
    }

    /** A line of the kernel's log. */
    record LogView(long sequence, Instant time, String text) {
        static LogView of(Entry<String> entry) {
            return new LogView(entry.sequence(), entry.time(), entry.value());
        }
    }

    /** A uevent. */
    record UeventView(long sequence, Instant time, String action, String devpath, List<String> variables) {
        static UeventView of(Entry<Uevent> entry) {
            Uevent event = entry.value();
            return new UeventView(entry.sequence(), entry.time(), event.action(), event.devpath(), event.variables());
        }
    }

    /** A change. */
    record ChangeView(long sequence, Instant time, Change.Kind kind, String id, Change.Action action) {
        static ChangeView of(Entry<Change> entry) {
            Change change = entry.value();
            return new ChangeView(entry.sequence(), entry.time(), change.kind(), change.id(), change.action());
        }
    }

    /** The machine itself. */
    record MachineView(String level, String qemu, List<String> facilities, boolean secureGuest, ApMask adapters,
            ApMask usageDomains, ApMask controlDomains) {
        static MachineView of(RunningMachine running) {
            MachineFile file = running.file();
            SimulatedMachine machine = running.machine();
            List<String> facilities = new ArrayList<>();
            Facilities has = machine.facilities();
            if (has.has(Facilities.QCI)) {
                facilities.add("qci");
            }
            if (has.has(Facilities.APFT)) {
                facilities.add("apft");
            }
            if (has.has(Facilities.APQI)) {
                facilities.add("apqi");
            }
            if (file.machine().apxa()) {
                facilities.add("apxa");
            }
            return new MachineView(file.level().toString(), file.qemu().toString(), facilities,
                    file.machine().secureGuest(),
                    machine.adapterMask(), machine.usageDomains(), machine.controlDomains());
        }
    }

    /** The domains of the machine. */
    record DomainsView(ApMask usage, ApMask control) {}

    /** An attribute or a directory. */
    record FileView(String path, @Nullable String text, @Nullable List<String> entries) {}

    /** A write that was taken. */
    record WrittenView(String path, int written) {}

    /** A scan that is over. */
    record ScanView(boolean changed) {}

    /** A machine file of all that there is. */
    record SnapshotView(String text) {}

    /** A guest that was started, and what QEMU said. */
    record GuestView(GuestStatus guest, List<String> messages) {}

    /** A guest on its way. */
    record StreamView(String stream) {}

    /** A module. */
    record ModuleView(String name) {}

    /** What QEMU says to a command line. */
    record QemuCheckView(int status, List<String> messages, List<String> output) {
        static QemuCheckView of(QemuCheck check) {
            return new QemuCheckView(check.exitStatus(), check.messages(), check.output());
        }
    }

    /**
     * A fault.
     *
     * @param number by which it is lifted, absent: it stands, and is lifted by its queue
     * @param fault as a machine file has it
     * @param apqn the queue, absent: not one queue only
     * @param instruction which ones, absent: every one, or none
     * @param nth the first of them, from 1, absent: it stands
     * @param response the response code, absent: none, or several
     * @param delayMillis for how long, or how much longer, absent: until it is lifted
     * @param seen how many it has counted, absent: it stands
     * @param hits how many went wrong, absent: it stands
     */
    record FaultView(@Nullable Integer number, @Nullable String fault, @Nullable Apqn apqn,
            @Nullable String instruction, @Nullable Integer nth, @Nullable Integer response,
            @Nullable Long delayMillis, @Nullable Long seen, @Nullable Long hits) {
        static List<FaultView> of(RunningMachine running) {
            return running.faults().list().stream().map(FaultView::of).toList();
        }

        static FaultView of(FaultStatus status) {
            Apqn apqn = null;
            String instruction = null;
            Integer nth = null;
            Integer response = null;
            Long delay = null;
            switch (status.fault()) {
                case PlannedFault.Standing it -> {
                    apqn = it.apqn();
                    response = it.response();
                }
                case PlannedFault.OnAttribute it -> {
                    nth = it.fault().when().nth();
                    delay = it.fault().delay().toMillis();
                }
                case PlannedFault.OnInstruction it -> {
                    InstructionFault fault = it.fault();
                    Integer apid = fault.queues().apid();
                    Integer apqi = fault.queues().apqi();
                    apqn = apid == null || apqi == null ? null : new Apqn(apid, apqi);
                    instruction = fault.instruction().name().toLowerCase(java.util.Locale.ROOT);
                    nth = fault.when().nth();
                    response = fault.responses().size() == 1 ? fault.responses().get(0) : null;
                    delay = fault.delay().toMillis();
                }
            }
            return new FaultView(status.number(),
                    status.fault() instanceof PlannedFault.Standing ? null : status.fault().toString(), apqn,
                    instruction, nth, response, delay, status.seen(), status.hits());
        }
    }
}
