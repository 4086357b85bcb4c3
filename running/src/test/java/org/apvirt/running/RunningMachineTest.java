// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.machine.AdapterNames;
import org.apvirt.machine.FileFormatException;
import org.apvirt.running.http.ControlServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RunningMachineTest {
    private static final Apqn QUEUE = Apqn.parse("05.0004");

    @TempDir
    private Path directory;
    private Path file;

    @BeforeEach
    void aMachineWithInterruptions() throws IOException {
        file = Files.writeString(directory.resolve("machine.yaml"), """
                facilities: [qci, apft, apqi, apxa]
                adapters: {5: CEX5C}
                usage-domains: [4]
                """);
    }

    /** Another operating system, without the queue-interruption facility, found queues that interrupt. */
    @Test
    void aMachineBootedForAnotherSystemHasItsQueuesAsAfterPowerOn() throws FileFormatException {
        RunningMachine running = RunningMachine.bootForAnother(file, null);
        Set<Integer> issued = new HashSet<>();
        running.machine().onInstruction((functionCode, qid, responseCode) -> issued.add(functionCode));

        running.host().bus().scan();

        assertEquals(ApQueueStatus.EMPTY, new ApCommands(running.machine().platform().instructions(),
                running.machine().platform().facilities()).tapq(QUEUE));
        assertEquals(true, issued.stream().allMatch(code -> code == 0 || code == 4), () -> "functions " + issued);
        assertEquals(2, running.host().bus().devices().size());
        assertEquals(null, running.host().kernel().module("zcrypt_cex4"));
    }

    @Test
    void aProgramMayKeepOneRunningAndOpenItsSocket() throws Exception {
        Path socket = directory.resolve("mine.sock");
        RunningMachine running = RunningMachine.boot(file, null);
        running.control().plug(AdapterNames.adapter(7, "CEX8C"));
        running.control().scan();
        try (ControlServer server = ControlServer.open(socket, running, "mine")) {
            assertTrue(Files.exists(socket)); // curl --unix-socket SOCKET http://localhost/v1/status
        }
        assertFalse(Files.exists(socket));
    }
}
