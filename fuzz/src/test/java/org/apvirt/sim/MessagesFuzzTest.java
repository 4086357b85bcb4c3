// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.List;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Any message through NQAP to each kind of card: a reply through DQAP, and the queue is empty again. */
class MessagesFuzzTest {
    private static void exchange(AdapterMode mode, byte[] message) {
        if (message.length == 0 || message.length > 0x3000) {
            return; // a specification exception
        }
        AdapterSpec card = AdapterSpec.of(5, 14, mode).cca(CcaIdentity.of("SERIAL"))
                .ep11(Ep11Identity.of("SERIAL"));
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).adapter(card)
                .usageDomains(ApMask.of(4)).build();
        ApCommands commands = new ApCommands(machine.instructions(), machine.facilities());
        Apqn queue = new Apqn(5, 4);
        for (boolean special : List.of(false, true)) {
            int status = commands.nqap(queue, 42, message, message.length, special);
            if (ApQueueStatus.responseCode(status) != 0) {
                continue;
            }
            byte[] buffer = new byte[0x3000]; // the longest that DQAP takes
            int taken = commands.dqap(queue, buffer, 0);
            assertEquals(0, ApQueueStatus.responseCode(taken), "a reply is there");
            assertEquals(42, commands.replyPsmid());
            assertTrue(commands.replyLength(buffer) > 0);
        }
    }

    @FuzzTest(maxDuration = "2h")
    void accelerator(byte[] message) {
        exchange(AdapterMode.ACCELERATOR, message);
    }

    @FuzzTest(maxDuration = "2h")
    void cca(byte[] message) {
        exchange(AdapterMode.CCA, message);
    }

    @FuzzTest(maxDuration = "2h")
    void ep11(byte[] message) {
        exchange(AdapterMode.EP11, message);
    }
}
