// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Instructions on the processor that runs the test: an s390x with AP, or one that knows none of them. */
class ThisProcessTest {
    private final ApRegisters registers = new ApRegisters();
    private final ArrayStorage storage = new ArrayStorage(0x400);

    private final NativeInstructions instructions = new NativeInstructions(InstructionPort.PROCESS);

    @Test
    void everyInstructionEndsInAnInterruptionThatTheJvmSurvives() {
        for (int round = 0; round < 3; round++) {
            assertTrue(ApInstructions.isInterruption(instructions.pqap(registers, storage)));
            assertTrue(ApInstructions.isInterruption(instructions.nqap(registers, storage, 2, 4)));
            assertTrue(ApInstructions.isInterruption(instructions.dqap(registers, storage, 4, 6)));
        }
    }

    @Test
    void severalThreadsMayTryAtOnce() throws InterruptedException {
        int[] interruptions = new int[4];
        Thread[] threads = new Thread[interruptions.length];
        for (int i = 0; i < threads.length; i++) {
            int number = i;
            threads[i] = new Thread(() -> {
                ApRegisters own = new ApRegisters();
                for (int round = 0; round < 200; round++) {
                    interruptions[number] += ApInstructions.isInterruption(instructions.pqap(own, storage)) ? 1 : 0;
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertArrayEquals(new int[]{200, 200, 200, 200}, interruptions);
    }

    @Test
    void theTypedCommandsFindApNotInstalled() {
        assertEquals(false, new ApCommands(instructions, Facilities.NONE).installed());
    }

    @Test
    void aCrossingIntoCReturnsItsNumber() {
        assertEquals(0x1234_5678, NativeInstructions.crossing(0x1234_5678));
    }
}
