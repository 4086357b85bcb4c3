// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.util.Map;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.it.ExecutedProgram.Said;
import org.apvirt.it.Programs;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The example of the README, typed by a shell: the two guests of the document. */
@Timeout(180)
class ExampleIT {
    private static final String MATRICES = """
            guest 1:
            05.0004
            05.00ab
            06.0004
            06.00ab
            guest 2:
            05.0047
            05.00ff
            05.0047 is not given to a second guest
            """;

    @BeforeAll
    static void needsFuse() {
        ExecutedProgram.requireFuse();
    }

    private static void assertGivesQueues(String level, String mode) throws Exception {
        Said said = ExecutedProgram.run(Map.of(), "exec", "--level", level,
                Programs.ROOT.resolve("examples/machine.yaml").toString(), "--",
                Programs.ROOT.resolve("examples/two-guests.sh").toString(), mode);
        assertEquals("", said.err());
        assertEquals(MATRICES, said.out().lines().limit(9).map(line -> line + "\n").reduce("", String::concat));
    }

    @Test
    void twoGuestsGetTheirQueuesByHand() throws Exception {
        assertGivesQueues("seed", "hand");
    }

    @Test
    void twoGuestsGetTheirQueuesThroughTheMasks() throws Exception {
        assertGivesQueues(Clients.LINUX_6_12, "masks");
    }
}
