// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Time;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.host.Host;
import org.apvirt.host.HostFiles;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Boots a scenario's machine and does its steps, one after the other.
 *
 * <p>Time: it stands still while a step runs. After each step the machine settles: the clock moves from task to task as
 * long as the next one is due within {@value #LOOK_AHEAD_MILLIS} ms, for {@value #SETTLE_LIMIT_MILLIS} ms at most. So resets
 * and polls end between two steps, as they do between two commands of a person, while the timer of the bus scan (5 s and
 * more) runs out only in {@code sleep} steps.
 */
final class ScenarioPlayer implements AutoCloseable {
    static final int LOOK_AHEAD_MILLIS = 100;
    static final int SETTLE_LIMIT_MILLIS = 1000;
    private static final long NANOS = 1_000_000;
    private static final long PATIENCE_NANOS = 86_400_000 * NANOS;

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine;
    private final Host host;
    private final RequestLanguage process;
    private final Observations observations = new Observations();
    private final BlockedWriters writers = new BlockedWriters(time);
    private boolean loadedModules;
    private boolean afterWriteAsync; // the step before started a writer
    private boolean masksOfWriter; // some step before did, and none has carried events since

    private ScenarioPlayer(Scenario scenario, Level level) {
        machine = scenario.machine().build(time, false);
        // A kernel without a loadable rng_core has it built in, as a distribution's does.
        List<String> builtIn = scenario.modules().contains("rng_core") ? List.of() : List.of("rng_core");
        host = Host.boot(machine, new HostOptions(level, scenario.kernelParameters(), builtIn));
        process = new RequestLanguage(host.files());
    }

    /** Boots; what happens until the machine has settled is not observed. */
    static ScenarioPlayer boot(Scenario scenario, Level level) {
        ScenarioPlayer player = new ScenarioPlayer(scenario, level);
        player.settle();
        player.observe();
        return player;
    }

    private void observe() {
        host.kernel().onUevent(observations::uevent);
        host.kernel().onLog(observations::log);
        machine.onInstruction(observations::instruction);
        host.onGuest(guest -> guest.onMasks(observations::masks));
    }

    Host host() {
        return host;
    }

    SimulatedMachine machine() {
        return machine;
    }

    /** Does a step and returns what came of it, in the form that scenarios have. */
    Map<String, @Nullable Object> play(Scenario.Step step) {
        Map<String, @Nullable Object> answers = new LinkedHashMap<>();
        if (step.action() instanceof Action.LoadModule && !loadedModules) {
            observations.forgetMessages(); // what the kernel said while it booted is no answer to this step
            loadedModules = true;
        }
        boolean startsWriter = step.action() instanceof Action.WriteAsync;
        // The recorder counted both per step, but for what a writer does meanwhile; messages it read later too.
        if (!afterWriteAsync) {
            observations.forgetInstructions();
        }
        if (!masksOfWriter) {
            observations.forgetMasks();
        }
        afterWriteAsync = startsWriter;
        masksOfWriter |= startsWriter;
        writers.signal();
        answers.put("result", resultInTime(step.action()));
        // A writer that waits for a busy machine would keep it from settling; it waits as long as the steps last.
        boolean isPause = startsWriter || step.action() instanceof Action.Sleep && writers.areWaiting();
        if (!isPause) {
            settle();
        }
        if (step.carriesEvents()) {
            observations.drainTo(answers);
            masksOfWriter = false;
        }
        if (step.expected().containsKey("state")) {
            answers.put("state", StateView.of(host.files()));
        }
        return answers;
    }

    /** A step that would never end is ended by a signal after a day, as a person would do. */
    private @Nullable Object resultInTime(Action action) {
        Thread player = Thread.currentThread();
        long begun = time.nanos();
        Time.Task alarm = time.schedule(PATIENCE_NANOS, player::interrupt);
        try {
            return result(action);
        } finally {
            alarm.cancel();
            if (time.nanos() - begun >= PATIENCE_NANOS) {
                Thread.interrupted();
            }
        }
    }

    /** Takes handle and descriptor of a file that is not simulated; returns the handle. */
    String openSomethingElse() {
        return process.request("E").split(" ")[1];
    }

    private @Nullable Object result(Action action) {
        HostFiles files = host.files();
        return switch (action) {
            case Action.Write write -> write(files, write.path(), write.data());
            case Action.Scan scan -> write(files, "/sys/bus/ap/scans", "1");
            case Action.Read read -> read(files, read.path());
            case Action.Tree tree -> FileListing.of(files, tree.path());
            case Action.Link link -> {
                try {
                    yield files.readLink(link.path());
                } catch (ErrnoException e) {
                    yield "err " + e.errno();
                }
            }
            case Action.State state -> StateView.of(files);
            case Action.LoadModule load -> outcome(() -> host.insmod(load.module(), load.parameters()));
            case Action.UnloadModule unload -> outcome(() -> host.rmmod(unload.module()));
            case Action.Raw raw -> process.request(raw.request());
            case Action.WriteAsync write -> {
                writers.start(write.path(), () -> write(files, write.path(), write.data()));
                if (write.watched()) {
                    writers.watch();
                }
                yield null;
            }
            case Action.Hardware hardware -> {
                hardware.changes().forEach(change -> change.apply(machine));
                yield null;
            }
            case Action.Sleep sleep -> {
                time.advance(sleep.millis() * NANOS);
                yield null;
            }
            case Action.Shell shell -> null;
        };
    }

    private static Object write(HostFiles files, String path, String data) {
        OpenFile opened;
        try {
            opened = files.open(path, false, true);
        } catch (ErrnoException e) {
            return FileListing.refusal(e.errno().name(), "open");
        }
        try (OpenFile file = opened) {
            return Map.of("ok", HostFiles.write(file, data));
        } catch (ErrnoException e) {
            return FileListing.refusal(e.errno().name(), "write");
        }
    }

    private static Object read(HostFiles files, String path) {
        OpenFile opened;
        try {
            opened = files.open(path, true, false);
        } catch (ErrnoException e) {
            return FileListing.refusal(e.errno().name(), "open");
        }
        try (OpenFile file = opened) {
            return Map.of("data", HostFiles.readAll(file));
        } catch (ErrnoException e) {
            return FileListing.refusal(e.errno().name(), "read");
        }
    }

    /** Something that a kernel may refuse. */
    private interface Request {
        void run() throws ErrnoException;
    }

    private static String outcome(Request request) {
        try {
            request.run();
            return "ok";
        } catch (ErrnoException e) {
            return "err " + e.errno();
        }
    }

    /** Lets the clock run until nothing more is due soon. */
    void settle() {
        time.giveTurns();
        long end = time.nanos() + SETTLE_LIMIT_MILLIS * NANOS;
        while (time.nanos() < end && time.advanceToNext(LOOK_AHEAD_MILLIS * NANOS)) {
            // each task may bring the next one
        }
    }

    @Override
    public void close() {
        process.close();
        settle();
        writers.abandon();
    }
}
