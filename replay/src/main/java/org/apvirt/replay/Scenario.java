// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.apvirt.host.Level;
import org.apvirt.machine.Document;
import org.apvirt.machine.FileFormatException;
import org.apvirt.sim.MachineSpec;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine, and what a kernel on it is told step by step, with what it answers: a recording of a real kernel, or one
 * written by hand.
 *
 * @param file where it was read from
 * @param name its name
 * @param level the kernel that answered, null if the file names none
 * @param machine the hardware
 * @param kernelParameters the kernel command line, as far as it concerns AP
 * @param modules the loadable modules that the steps name, with underscores
 * @param steps the steps in order
 */
public record Scenario(String file, String name, @Nullable Level level, MachineSpec machine,
        String kernelParameters, List<String> modules, List<Step> steps) {
    /**
     * One step.
     *
     * @param number counts from 0
     * @param line line of the file, from 1
     * @param action what is done
     * @param expected what must come of it, by name: {@code result}, {@code uevents}, {@code pqap}, {@code kvm_masks},
     *     {@code kmsg}, {@code state}; plain values of the file (null, Boolean, Long, String, List, Map)
     * @param messages what the kernel sent to the cards meanwhile
     */
    public record Step(int number, int line, Action action, Map<String, @Nullable Object> expected,
            List<CardMessage> messages) {
        /** What a step may have caused, list by list. */
        static final List<String> LISTS = List.of("uevents", "pqap", "kvm_masks", "kmsg");

        /** Tells whether the step's answer carries what happened since the last such step: because of what it does, or
         * because the file says what a writer did that it let go on. */
        boolean carriesEvents() {
            return action.carriesEvents() || LISTS.stream().anyMatch(expected::containsKey);
        }

        /** Tells whether the step gives an answer that can be compared. */
        boolean answers() {
            return expected.containsKey("result") && (action.answers() || carriesEvents());
        }
    }

    /**
     * Reads a scenario.
     *
     * @throws FileFormatException the file is wrong
     */
    public static Scenario read(Path file) throws FileFormatException {
        return new ScenarioReader(Document.read(file)).scenario(file.toString());
    }

    /**
     * Reads a scenario from text.
     *
     * @param name what errors call the text
     * @throws FileFormatException the text is wrong
     */
    public static Scenario parse(String text, String name) throws FileFormatException {
        return new ScenarioReader(Document.parse(text, name)).scenario(name);
    }
}
