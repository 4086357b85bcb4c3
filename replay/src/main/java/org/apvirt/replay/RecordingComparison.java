// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Compares the answers of two recordings of the same steps, of which one may lack some, with the exclusions that a
 * replay has. Nothing is played.
 */
public final class RecordingComparison {
    private RecordingComparison() {}

    /**
     * Compares.
     *
     * @param first the recording that has all the steps
     * @param second the one that may lack some, or have changes of the hardware between them
     * @return the answers of both that agree; not run are those that only the first one has
     */
    public static Replay.Result compare(Scenario first, Scenario second) {
        SimulatedMachine machine = first.machine().build(new VirtualTime(), false);
        IntPredicate isCca = apid -> {
            SimulatedAdapter adapter = machine.findAdapter(apid);
            return adapter != null && adapter.spec().mode() == AdapterMode.CCA;
        };
        Level level = first.level() == null ? Level.LINUX_6_12 : first.level();
        Exclusions ofFirst = new Exclusions(level, isCca);
        Exclusions ofSecond = new Exclusions(level, isCca);
        int agree = 0;
        int total = 0;
        int missing = 0;
        int next = 0;
        List<Replay.Disagreement> disagreements = new ArrayList<>();
        for (Scenario.Step step : first.steps()) {
            if (step.action() instanceof Action.Hardware hardware) {
                hardware.changes().forEach(change -> change.apply(machine));
            }
            int counterpart = counterpart(step.action(), second.steps(), next);
            boolean isCompared = step.action().answers() && !(step.action() instanceof Action.Shell)
                    && step.expected().containsKey("result");
            if (counterpart < 0) {
                missing += isCompared ? 1 : 0;
                continue;
            }
            next = counterpart + 1;
            if (isCompared) {
                Difference difference = Difference.between(ofFirst.apply(step.action(), answers(step)),
                        ofSecond.apply(step.action(), answers(second.steps().get(counterpart))));
                total++;
                agree += difference == null ? 1 : 0;
                if (difference != null) {
                    disagreements.add(new Replay.Disagreement(step, difference));
                }
            }
        }
        return new Replay.Result(first.file(), agree, total, missing, List.copyOf(disagreements));
    }

    /** Returns the next step if it does the same, changes of the hardware aside; else -1. */
    private static int counterpart(Action action, List<Scenario.Step> steps, int from) {
        for (int i = from; i < steps.size(); i++) {
            if (steps.get(i).action().equals(action)) {
                return i;
            }
            if (!(steps.get(i).action() instanceof Action.Hardware)) {
                return -1;
            }
        }
        return -1;
    }

    /** A list that the file leaves out is an empty one. */
    private static Map<String, @Nullable Object> answers(Scenario.Step step) {
        Map<String, @Nullable Object> answers = new LinkedHashMap<>(step.expected());
        if (step.action().carriesEvents()) {
            List.of("uevents", "pqap", "kvm_masks", "kmsg").forEach(list -> answers.putIfAbsent(list, List.of()));
        }
        return answers;
    }
}
