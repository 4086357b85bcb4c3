// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.arch.Facilities;
import org.apvirt.arch.RealTime;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.replay.Action;
import org.apvirt.replay.Recording;
import org.apvirt.replay.Scenario;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Plays scenarios in a kernel and writes down what it answers. Each scenario gets a guest of its own, whose machine is
 * the scenario's.
 *
 * <p>The modules that the scenario loads are looked for in the directory given, then in the initramfs. Steps about a
 * module that the kernel has built in are left out of the recording: that the kernel has it is what the recording then
 * says. What these modules need besides is loaded before the first step.
 */
public final class Recorder {
    private static final Pattern RELEASE = Pattern.compile("(\\d+\\.\\d+).*");
    private static final Pattern CARD_CONFIG = Pattern.compile("/sys/.*/card[0-9a-f]{2}/config");

    private final KernelImage image;
    private final Consumer<String> log;
    private boolean leavesOutMissing;

    /**
     * A recorder of one kernel.
     *
     * @param log takes one line for each thing worth telling
     */
    public Recorder(KernelImage image, Consumer<String> log) {
        this.image = image;
        this.log = log;
    }

    /** From now on steps about modules that the kernel does not have are left out, instead of refusing the scenario. */
    public Recorder leavingOutMissingModules() {
        leavesOutMissing = true;
        return this;
    }

    /**
     * Records a scenario.
     *
     * @param scenario what to do; answers in it are not looked at, but where it has a {@code state} the recording gets one
     * @throws FileFormatException the scenario is wrong, or needs what this kernel does not have
     * @throws IOException the guest does not start, or ends on the way
     */
    public Recording record(Path scenario) throws FileFormatException, IOException {
        return record(Recording.of(scenario));
    }

    /** Records a scenario that was read already, into the same object, which is returned. */
    public Recording record(Recording recording) throws FileFormatException, IOException {
        Scenario scenario = recording.scenario();
        ModuleFiles files = image.modules() == null ? new ModuleFiles() : new ModuleFiles(image.modules());
        List<String> asked = image.load().stream().map(module -> module.replace('-', '_')).toList();
        List<String> before = new ArrayList<>(files.neededBefore(asked));
        before.addAll(asked);
        files.neededBefore(scenario.modules()).stream().filter(module -> !before.contains(module)).forEach(before::add);
        List<String> all = new ArrayList<>(before);
        all.addAll(scenario.modules());
        try (RealTime time = new RealTime()) {
            SimulatedMachine machine = scenario.machine().build(time, false);
            try (RecordingGuest guest = RecordingGuest.boot(image, parameters(scenario), files.find(all),
                    machine.platform(), log)) {
                try {
                    play(recording, guest, machine, files, before);
                } catch (IOException e) {
                    throw guest.explained(e);
                }
                return recording;
            }
        }
    }

    /** Whoever attaches leaves the interruption facility off, as nothing interrupts; here the kernel is to see it. */
    private static String parameters(Scenario scenario) {
        boolean interrupts = scenario.machine().facilities().has(Facilities.APQI);
        return scenario.kernelParameters() + (interrupts ? " facilities=" + Facilities.APQI : "");
    }

    private void play(Recording recording, RecordingGuest guest, SimulatedMachine machine, ModuleFiles files,
            List<String> before) throws FileFormatException, IOException {
        Scenario scenario = recording.scenario();
        Agent agent = guest.agent();
        log.accept("the guest runs Linux " + agent.release());
        for (String module : before) {
            String path = agent.findModule(module);
            String loaded = path == null ? "no such file" : path.equals("built-in") ? "ok" : agent.load(path);
            if (!loaded.equals("ok")) {
                throw new IOException("module " + module + ", which is to be there before the first step, cannot be"
                        + " loaded: " + loaded);
            }
        }
        Map<String, String> modules = new LinkedHashMap<>();
        Set<String> withoutFile = withoutFile(scenario, agent, files, modules);
        if (!scenario.machine().secureGuest() // where the plugin stands in for it
                && scenario.steps().stream().anyMatch(step -> writesConfig(step.action()))) {
            recording.changeBefore(List.of("set", "sclp_ap", false), "QEMU's service processor configures no adapters");
        }
        StepRecorder recorder = new StepRecorder(agent, machine, modules);
        recorder.begin();
        for (Scenario.Step step : scenario.steps()) {
            if (module(step.action()) instanceof String module && withoutFile.contains(module)) {
                recording.leaveOut(step.number());
            } else {
                recording.answer(step.number(), play(recorder, scenario, step));
            }
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("kernel", agent.release());
        facts.put("instructions", guest.answered());
        recording.answeredBy(level(agent.release()), facts);
    }

    private static Map<String, @Nullable Object> play(StepRecorder recorder, Scenario scenario, Scenario.Step step)
            throws FileFormatException, IOException {
        try {
            return recorder.play(step);
        } catch (IllegalArgumentException e) {
            throw new FileFormatException(place(scenario, step), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new IOException(place(scenario, step) + ": " + e.getMessage(), e);
        }
    }

    private static String place(Scenario scenario, Scenario.Step step) {
        return scenario.file() + ':' + step.line();
    }

    /** Finds the modules, and returns those that have no file because they are built in or missing. */
    private Set<String> withoutFile(Scenario scenario, Agent agent, ModuleFiles files, Map<String, String> modules)
            throws FileFormatException, IOException {
        Set<String> without = new LinkedHashSet<>();
        for (Scenario.Step step : scenario.steps()) {
            String module = module(step.action());
            if (module == null || without.contains(module) || modules.containsKey(module)) {
                continue;
            }
            String found = agent.findModule(module);
            if (found != null && !found.equals("built-in")) {
                modules.put(module, found);
                continue;
            }
            boolean builtIn = found != null || files.isBuiltIn(module);
            if (!builtIn && !leavesOutMissing) {
                throw new FileFormatException(place(scenario, step), "module " + module + " is neither in Linux "
                        + agent.release() + " nor in a file (name the directory with its modules by --modules, or"
                        + " leave the steps about it out with --leave-out-missing)");
            }
            log.accept("module " + module + (builtIn ? " is built in" : " is missing")
                    + ": its steps are left out");
            without.add(module);
        }
        return without;
    }

    private static @Nullable String module(Action action) {
        return switch (action) {
            case Action.LoadModule load -> load.module().replace('-', '_');
            case Action.UnloadModule unload -> unload.module().replace('-', '_');
            default -> null;
        };
    }

    private static boolean writesConfig(Action action) {
        return action instanceof Action.Write write && CARD_CONFIG.matcher(write.path()).matches();
    }

    /** Returns the level that plays a release, null if there is none. */
    private static @Nullable Level level(String release) {
        Matcher version = RELEASE.matcher(release);
        for (Level level : Level.values()) {
            if (version.matches() && level.toString().equals("linux-" + version.group(1))) {
                return level;
            }
        }
        return null;
    }
}
