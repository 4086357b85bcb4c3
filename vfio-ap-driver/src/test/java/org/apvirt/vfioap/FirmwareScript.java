// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

/**
 * What the firmware answers for one queue, one instruction after the other: {@code ZAPQ 00 TAPQ 02} and so on. An {@code n} behind
 * the response code: the queue is not empty; an {@code i}: interruption is enabled.
 */
final class FirmwareScript {
    private final Apqn queue;
    private final Deque<String> left;
    private final ApInstructions firmware = mock(ApInstructions.class);

    FirmwareScript(Apqn queue, String exchange) {
        this.queue = queue;
        this.left = new ArrayDeque<>(List.of(exchange.split(" ")));
        when(firmware.pqap(any(), any())).thenAnswer(call -> answer(call.getArgument(0)));
    }

    private int answer(ApRegisters registers) {
        assertEquals(left.poll(), switch (Pqap.functionCode(registers.low(0))) {
            case Pqap.ZAPQ -> "ZAPQ";
            case Pqap.AQIC -> "AQIC";
            default -> "TAPQ";
        });
        assertEquals(queue.qid(), registers.low(0) & 0xffff);
        String answer = left.remove();
        int responseCode = Integer.parseInt(answer.substring(0, 2), 16);
        registers.low(1, (answer.endsWith("n") ? 0 : ApQueueStatus.EMPTY)
                | (answer.endsWith("i") ? ApQueueStatus.IRQ_ENABLED : 0) | responseCode << 16);
        return responseCode == 0 ? 0 : 3;
    }

    ApCommands commands() {
        return new ApCommands(firmware, Facilities.of(Facilities.APQI));
    }

    /** Nothing was left out. */
    void requireEnd() {
        assertEquals(List.of(), List.copyOf(left));
    }
}
