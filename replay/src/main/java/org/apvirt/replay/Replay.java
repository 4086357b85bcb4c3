// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.HardwareChange;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Plays scenarios against this implementation and compares each answer with the expected one. An answer is the result
 * of one step together with everything the step caused: uevents, log lines, resets, changes of guest masks, and the
 * state afterwards if the scenario has it.
 */
public final class Replay {
    /** Programs whose output is compared as soon as they really run. */
    private static final Pattern CRYPTO_TOOL = Pattern.compile("(?:.*[;&|/ ])?(?:lszcrypt|chzcrypt)(?: .*)?");
    /** Of these, the one that changes the machine: what comes after it depends on it. */
    private static final Pattern CHANGES_MACHINE = Pattern.compile("(?:.*[;&|/ ])?chzcrypt(?: .*)?");

    /**
     * An answer that is not the expected one.
     *
     * @param step the step
     * @param difference the first difference of that answer
     */
    public record Disagreement(Scenario.Step step, Difference difference) {}

    /**
     * What came of one scenario.
     *
     * @param file the scenario
     * @param agree answers that agree
     * @param total answers compared
     * @param notRun answers that need a program which was not there
     * @param disagreements those that do not agree, in order
     */
    public record Result(String file, int agree, int total, int notRun, List<Disagreement> disagreements) {}

    /** Runs the programs of {@code sh} steps on the files of a simulated host. */
    @FunctionalInterface
    public interface Programs {
        /** There are none. */
        Programs NONE = (host, command) -> null;

        /**
         * Runs a command line.
         *
         * @return {@code status}, {@code killed} and {@code out} (standard output and error together); null: the program
         *     is not there
         */
        @Nullable
        Map<String, Object> run(Host host, String command);
    }

    private Replay() {}

    /**
     * Plays a scenario.
     *
     * @param level the kernel to play, null: the one that the scenario names
     * @throws FileFormatException neither names one
     */
    public static Result run(Scenario scenario, @Nullable Level level) throws FileFormatException {
        return run(scenario, level, Programs.NONE);
    }

    /**
     * Plays a scenario.
     *
     * @param level the kernel to play, null: the one that the scenario names
     * @param programs runs lszcrypt and chzcrypt
     * @throws FileFormatException neither names a level
     */
    public static Result run(Scenario scenario, @Nullable Level level, Programs programs) throws FileFormatException {
        Level played = level != null ? level : scenario.level();
        if (played == null) {
            throw new FileFormatException(scenario.file(),
                    "names no level (add for example \"level\": \"linux-6.12\", or use --level)");
        }
        int agree = 0;
        int total = 0;
        int notRun = 0;
        boolean lost = false; // the machine is not as it was for the recorder
        List<Disagreement> disagreements = new ArrayList<>();
        try (ScenarioPlayer player = ScenarioPlayer.boot(scenario, played)) {
            MessageReplay messages = new MessageReplay(player.machine());
            PkeySteps pkey = new PkeySteps();
            Exclusions forRecorded = new Exclusions(played, apid -> isCca(player.machine(), apid));
            Exclusions forAnswered = new Exclusions(played, apid -> isCca(player.machine(), apid));
            for (Scenario.Step step : scenario.steps()) {
                for (int i = 0; i < step.messages().size(); i++) {
                    Difference difference = messages.compare(i, step.messages().get(i));
                    total++;
                    agree += difference == null ? 1 : 0;
                    if (difference != null) {
                        disagreements.add(new Disagreement(step, difference));
                    }
                }
                if (pkey.opens(step.action())) {
                    pkey.opened(player.openSomethingElse());
                    continue;
                }
                if (pkey.isFor(step.action())) {
                    continue;
                }
                if (step.action() instanceof Action.Hardware hardware) {
                    for (HardwareChange change : hardware.changes()) {
                        if (change instanceof HardwareChange.ForceAnswer force) {
                            messages.force(force);
                        }
                    }
                }
                Map<String, @Nullable Object> answered;
                if (step.action() instanceof Action.Shell shell) {
                    boolean isTool = CRYPTO_TOOL.matcher(shell.command()).matches();
                    Map<String, Object> output = isTool ? programs.run(player.host(), shell.command()) : null;
                    if (RsaProgram.isRunBy(step)) {
                        output = new RsaProgram(player.host().files()).run(shell.command());
                    }
                    player.settle(); // programs take time, also those that were not run
                    if (output == null) {
                        notRun += isTool ? 1 : 0;
                        lost |= CHANGES_MACHINE.matcher(shell.command()).matches();
                        continue;
                    }
                    answered = new LinkedHashMap<>();
                    answered.put("result", output);
                } else {
                    answered = play(scenario, player, step);
                }
                boolean compared = step.answers();
                if (compared && lost) {
                    notRun++;
                } else if (compared) {
                    Difference difference = Difference.between(
                            forRecorded.apply(step.action(), expected(step, answered)),
                            forAnswered.apply(step.action(), answered));
                    total++;
                    agree += difference == null ? 1 : 0;
                    if (difference != null) {
                        disagreements.add(new Disagreement(step, difference));
                    }
                }
            }
        }
        return new Result(scenario.file(), agree, total, notRun, List.copyOf(disagreements));
    }

    /**
     * Plays a scenario and returns all that came of each step, of which nothing is left out: two runs of one scenario return
     * the same. Programs are not run.
     *
     * @param level the kernel to play
     * @throws FileFormatException a step is wrong
     */
    public static List<Map<String, @Nullable Object>> answers(Scenario scenario, Level level)
            throws FileFormatException {
        List<Map<String, @Nullable Object>> answers = new ArrayList<>();
        try (ScenarioPlayer player = ScenarioPlayer.boot(scenario, level)) {
            for (Scenario.Step step : scenario.steps()) {
                answers.add(play(scenario, player, step));
            }
        }
        return answers;
    }

    private static Map<String, @Nullable Object> play(Scenario scenario, ScenarioPlayer player, Scenario.Step step)
            throws FileFormatException {
        try {
            return player.play(step);
        } catch (IllegalArgumentException e) {
            if (step.action() instanceof Action.Hardware || step.action() instanceof Action.Raw) {
                throw new FileFormatException(scenario.file() + ':' + step.line(), String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    /** A list that the file leaves out is an empty one. */
    private static Map<String, @Nullable Object> expected(Scenario.Step step, Map<String, @Nullable Object> answered) {
        Map<String, @Nullable Object> expected = new LinkedHashMap<>(step.expected());
        for (String list : Scenario.Step.LISTS) {
            if (answered.containsKey(list)) {
                expected.putIfAbsent(list, List.of());
            }
        }
        return expected;
    }

    private static boolean isCca(SimulatedMachine machine, int apid) {
        SimulatedAdapter adapter = machine.findAdapter(apid);
        return adapter != null && adapter.spec().mode() == AdapterMode.CCA;
    }
}
