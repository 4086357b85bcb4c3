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
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

class QueueResetsTest {
    private static final Apqn QUEUE = Apqn.parse("05.0004");

    private TestSystem system;
    private String mdev;

    private void start(TestLevel level) throws ErrnoException {
        system = TestSystem.reserved(level);
        mdev = system.create(U1, "5", "4");
        system.forget();
    }

    @Test
    void aResetThatTakesTimeIsWaitedForAndTold() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResetPolls(3);
        long before = system.time.nanos();
        system.write(mdev + "unassign_adapter", "5");
        assertEquals(List.of("Waited 20ms for reset of queue 05.0004 (2, 1, 0)",
                "Waited 40ms for reset of queue 05.0004 (2, 1, 0)"), system.log);
        assertEquals(80_000_000, system.time.nanos() - before);
        assertEquals(List.of("ZAPQ 05.0004"), system.instructions);
    }

    /** The kernel's lines about it have no newline. */
    @Test
    void theLastLineIsSeenWhenAnotherOneFollows() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResetPolls(1);
        system.write(mdev + "unassign_adapter", "5");
        assertEquals(List.of(), system.log);
        system.kernel.log("another");
        assertEquals(List.of("Waited 20ms for reset of queue 05.0004 (2, 1, 0)", "another"), system.log);
    }

    @Test
    void tenLinesInFiveSecondsAreEnough() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResetPolls(300);
        system.write(mdev + "unassign_adapter", "5");
        assertEquals("Waited 200ms for reset of queue 05.0004 (2, 1, 0)", system.log.get(9));
        assertEquals("apq_reset_check: 241 callbacks suppressed", system.log.get(10));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void aQueueWithoutPowerIsDone(int responseCode) throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResponse(QUEUE, responseCode);
        system.write(mdev + "unassign_adapter", "5");
        assertEquals(List.of("ZAPQ 05.0004 = " + responseCode), system.instructions);
        assertEquals(List.of(), system.log);
    }

    /** What the firmware answers, one instruction after the other: each follows from the answer before. */
    @ParameterizedTest(name = "{0}: done {1}")
    @CsvSource({"ZAPQ 00 TAPQ 00, true", "ZAPQ 00 TAPQ 02 TAPQ 05 TAPQ 00, true", "ZAPQ 00 TAPQ 03, true",
            "ZAPQ 00 TAPQ 04, true", "ZAPQ 02 TAPQ 00 ZAPQ 00 TAPQ 00, true",
            "ZAPQ 05 TAPQ 03 ZAPQ 00 TAPQ 00, true", "ZAPQ 0a TAPQ 00 ZAPQ 00 TAPQ 00, true",
            "ZAPQ 0a TAPQ 04 ZAPQ 0a TAPQ 00 ZAPQ 00 TAPQ 00, true", "ZAPQ 00 TAPQ 35 ZAPQ 00 TAPQ 00, true",
            "ZAPQ 00 TAPQ 36 ZAPQ 00 TAPQ 00, true", "ZAPQ 03, false", "ZAPQ 04, false", "ZAPQ 01, false",
            "ZAPQ 06, false", "ZAPQ 0a TAPQ 06, false", "ZAPQ 00 TAPQ 06, true"})
    void theNextInstructionFollowsFromTheAnswerOfTheFirmware(String exchange, boolean done) {
        Deque<String> left = new ArrayDeque<>(List.of(exchange.split(" ")));
        ApInstructions firmware = mock(ApInstructions.class);
        when(firmware.pqap(any(), any())).thenAnswer(call -> {
            ApRegisters registers = call.getArgument(0);
            assertEquals(left.poll(), Pqap.functionCode(registers.low(0)) == Pqap.ZAPQ ? "ZAPQ" : "TAPQ");
            assertEquals(QUEUE.qid(), registers.low(0) & 0xffff);
            int responseCode = Integer.parseInt(left.remove(), 16);
            registers.low(1, ApQueueStatus.EMPTY | responseCode << 16);
            return responseCode == 0 ? 0 : 3;
        });
        Kernel kernel = TestLevel.LINUX_6_12.kernel(new VirtualTime());
        QueueResets resets = new QueueResets(kernel, new ApCommands(firmware, Facilities.NONE));
        assertEquals(done, resets.resetAll(List.of(new VfioApQueue(QUEUE)), null));
        assertEquals(List.of(), List.copyOf(left));
    }

    @Nested
    class AResponseThatTheKernelDoesNotExpect {
        @Test
        void isAWarningAndKeepsTheAdapterFromGuests() throws ErrnoException {
            start(TestLevel.LINUX_6_12);
            system.machine.setResponse(QUEUE, 6);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals("PQAP/ZAPQ for 05.0004 failed with invalid rc=6", system.log.get(1));
            system.write(mdev + "assign_adapter", "5");
            system.expect(mdev + "guest_matrix", ".0004\n");
        }

        @Test
        void isAWarningFor01InLinux612() throws ErrnoException {
            start(TestLevel.LINUX_6_12);
            system.machine.setResponse(QUEUE, 1);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals(List.of("------------[ cut here ]------------",
                    "PQAP/ZAPQ for 05.0004 failed with invalid rc=1", "WARNING: vfio_ap",
                    "---[ end trace 0000000000000000 ]---"), system.log);
        }

        @Test
        void isNoneFor01InLinux72() throws ErrnoException {
            start(TestLevel.LINUX_7_2);
            system.machine.setResponse(QUEUE, 1);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals(List.of(), system.log);
        }
    }
}
