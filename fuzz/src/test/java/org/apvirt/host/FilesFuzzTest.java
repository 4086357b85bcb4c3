// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.VirtualTime;
import org.apvirt.fuzz.Refusals;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Inventory;
import org.apvirt.machine.MachineFile;
import org.apvirt.plan.Plan;
import org.apvirt.plan.PlanCheck;
import org.apvirt.replay.Recording;
import org.apvirt.sim.SimulatedMachine;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Files of users with any text in them: taken, or refused in one line that names the file. */
class FilesFuzzTest {
    private static void assertNamed(FileFormatException e) {
        Refusals.assertOneLine(e.getMessage());
        assertEquals("x.yaml", e.getMessage().substring(0, 6));
    }

    private static String described(String text) throws FileFormatException {
        MachineFile file = MachineFile.parse(text, "x.yaml");
        SimulatedMachine machine = file.machine().build(new VirtualTime(), true);
        return file.describe(machine, file.attributeFaults());
    }

    @FuzzTest(maxDuration = "2h")
    void machine(byte[] bytes) {
        String description;
        try {
            description = described(Refusals.text(bytes));
        } catch (FileFormatException e) {
            assertNamed(e);
            return;
        }
        if (description.contains("#")) {
            return; // what a machine file cannot say is a comment
        }
        try {
            assertEquals(description, described(description));
        } catch (FileFormatException e) {
            throw new AssertionError(description, e);
        }
    }

    @FuzzTest(maxDuration = "2h")
    void plan(byte[] bytes) {
        try {
            Plan plan = Plan.parse(Refusals.text(bytes), "x.yaml");
            PlanCheck.run(plan, Inventory.of(plan.machine()));
        } catch (FileFormatException e) {
            assertNamed(e);
        }
    }

    @FuzzTest(maxDuration = "2h")
    void scenario(byte[] bytes) {
        try {
            Recording.of(Refusals.text(bytes), "x.yaml").text();
        } catch (FileFormatException e) {
            assertNamed(e);
        }
    }
}
