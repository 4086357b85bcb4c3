// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.Collections;
import java.util.List;

import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.apvirt.ap.ScriptedFirmware.Instruction.AQIC;
import static org.apvirt.ap.ScriptedFirmware.Instruction.DQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.NQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.RAPQ;
import static org.apvirt.ap.ScriptedFirmware.Instruction.TAPQ;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** How a queue gets its interruptions, and how a secure guest waits for its association. */
class QueueWaitsTest extends ScriptedQueue {
    @Nested
    class AnInterruption {
        @ParameterizedTest(name = "{0}: {2}")
        @CsvSource({"0x00000000, true, ''", "0x00070000, true, ''", "0x00050000, false, ''", "0x02000000, false, ''",
                "0x00010000, false, x", "0x00030000, false, x", "0x00040000, false, x", "0x00060000, false, x"})
        void isAskedForAfterAResetAndDoneWithoutIfRefused(String status, boolean accepted, String line)
                throws ErrnoException {
            boot(true);
            firmware.answers(TAPQ, EMPTY, EMPTY, EMPTY | IRQ);
            firmware.answers(AQIC, Integer.decode(status));
            bus.stateMachine().reset(queue());
            time.advanceMillis(41);
            assertEquals(accepted ? "OPERATING [SETIRQ_WAIT]" : "OPERATING [IDLE]", state());
            assertEquals(accepted ? List.of(RAPQ, TAPQ, AQIC, TAPQ) : List.of(RAPQ, TAPQ, AQIC), firmware.issued());
            time.advanceMillis(100);
            assertEquals("OPERATING [IDLE]", state());
            assertEquals(line.isEmpty()
                    ? List.of()
                    : List.of("ap: Registering adapter interrupts for AP device 06.0004 failed"), log);
        }

        @Test
        void thatIsNotThereIsLookedForEachFortyMilliseconds() throws ErrnoException {
            boot(true);
            firmware.answers(TAPQ, EMPTY, EMPTY, EMPTY | NO_REPLY, EMPTY | IRQ);
            bus.stateMachine().reset(queue());
            time.advanceMillis(41);
            assertEquals(List.of(RAPQ, TAPQ, AQIC, TAPQ), firmware.issued());
            time.advanceMillis(40);
            assertEquals(List.of(TAPQ), firmware.issued());
            time.advanceMillis(40);
            assertEquals(List.of(TAPQ), firmware.issued());
            assertEquals("OPERATING [IDLE]", state());
        }

        @Test
        void thatCannotBeLookedForPutsTheQueueInError() throws ErrnoException {
            boot(true);
            firmware.answers(TAPQ, EMPTY, 0x0003_0000);
            bus.stateMachine().reset(queue());
            time.advanceMillis(50);
            assertEquals("ERROR [SETIRQ_WAIT] DECONFIGURED", state());
        }

        /** Empty and without interruptions, so nobody would tell of the next reply. */
        @ParameterizedTest(name = "{0}")
        @CsvSource({"0x80100000, true", "0x81100000, false", "0x00100000, false"})
        void thatGotLostIsAskedForAgainWhenTheQueueIsEmpty(String status, boolean again) throws ErrnoException {
            boot(true);
            firmware.answers(NQAP, IRQ);
            submit();
            queue().cancel(queue().requests().pending.peek());
            firmware.issued();
            firmware.answers(DQAP, Long.decode(status).intValue());
            poll();
            assertEquals(again, firmware.issued().contains(AQIC));
        }
    }

    @Nested
    class AnAssociation {
        @ParameterizedTest(name = "{0}, bind state {1}: {2}")
        @CsvSource({"0x00000000, 0, OPERATING [IDLE]", "0x00000000, 1, OPERATING [ASSOC_WAIT]",
                "0x00000000, 2, ERROR [ASSOC_WAIT]", "0x00000000, 3, ERROR [ASSOC_WAIT]",
                "0x00050000, 0, OPERATING [IDLE]", "0x00060000, 0, ERROR [ASSOC_WAIT] INVALID_ADDRESS",
                "0x02000000, 0, OPERATING [IDLE]", "0x02010000, 0, ERROR [ASSOC_WAIT] Q_NOT_AVAIL",
                "0x02050000, 0, ERROR [ASSOC_WAIT] BUSY"})
        void isOverWhenTheQueueIsUsable(String status, int bindState, String expected) throws ErrnoException {
            boot(false);
            firmware.answers(TAPQ, Integer.decode(status));
            firmware.hardwareInfo = 0x0800_0000_0b00_0000L | (long) bindState << 46;
            bus.stateMachine().associate(queue(), 5);
            String found = state();
            assertEquals(expected, found);
            assertEquals(bindState >= 2 ? ApQueue.NO_SECRET : 5, queue().secret);
            assertEquals(Collections.nCopies(1, TAPQ), firmware.issued());
        }
    }
}
