// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Path;

import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.apvirt.machine.MachineFile;
import org.apvirt.plan.Plan;
import org.apvirt.replay.Scenario;

/** Reads the files that commands are given; {@code -} is standard input. */
final class Input {
    private static final String STANDARD_INPUT = "-";
    private static final String NAME = "standard input";

    private Input() {}

    static boolean isStandard(Path file) {
        return file.toString().equals(STANDARD_INPUT);
    }

    static Plan plan(Path file) throws FileFormatException {
        return isStandard(file) ? Plan.parse(standard(), NAME) : Plan.read(file);
    }

    static MachineFile machine(Path file) throws FileFormatException {
        return isStandard(file) ? MachineFile.parse(standard(), NAME) : MachineFile.read(file);
    }

    static Scenario scenario(Path file) throws FileFormatException {
        return isStandard(file) ? Scenario.parse(standard(), NAME) : Scenario.read(file);
    }

    /** Reads bytes that are no document. */
    static byte[] bytes(Path file, int limit) throws FileFormatException {
        return isStandard(file) ? InputFile.read(System.in, NAME, limit) : InputFile.read(file, limit);
    }

    private static String standard() throws FileFormatException {
        return InputFile.text(System.in, NAME);
    }
}
