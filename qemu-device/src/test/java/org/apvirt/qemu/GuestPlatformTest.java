// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

/** A guest's instructions wait while it is paused, and a pause waits for the one that runs. */
class GuestPlatformTest {
    private final ApInstructions firmware = mock(ApInstructions.class);
    private final ApInterrupts interrupts = mock(ApInterrupts.class);
    private final RunState runState = new RunState();
    private final ApPlatform guest;

    GuestPlatformTest() {
        VirtualTime time = new VirtualTime();
        ApPlatform real = SimulatedMachine.builder(time).build().platform();
        guest = new GuestPlatform(runState,
                new ApPlatform(firmware, real.facilities(), real.firmware(), interrupts, time))
                .platform();
        when(firmware.pqap(any(), any())).thenReturn(3);
        when(firmware.nqap(any(), any(), anyInt(), anyInt())).thenReturn(3);
        when(firmware.nqap(any(), any(), anyInt(), anyInt(), any())).thenReturn(3);
        when(firmware.dqap(any(), any(), anyInt(), anyInt())).thenReturn(3);
    }

    static Stream<ToIntFunction<ApInstructions>> instructions() {
        ApRegisters registers = new ApRegisters();
        Storage storage = new ArrayStorage(16);
        Sender sender = mock(Sender.class);
        return Stream.of(it -> it.pqap(registers, storage), it -> it.nqap(registers, storage, 2, 4),
                it -> it.nqap(registers, storage, 2, 4, sender), it -> it.dqap(registers, storage, 4, 6));
    }

    @ParameterizedTest
    @MethodSource("instructions")
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void anInstructionIsAnsweredByTheMachineAndLetsAPauseComeAfterwards(ToIntFunction<ApInstructions> instruction)
            throws InterruptedException {
        assertEquals(3, instruction.applyAsInt(guest.instructions()));
        runState.pause(); // returns, for nothing of the guest runs
        CountDownLatch done = new CountDownLatch(1);
        Thread cpu = Thread.ofPlatform().daemon().start(() -> {
            instruction.applyAsInt(guest.instructions());
            done.countDown();
        });
        assertFalse(done.await(50, TimeUnit.MILLISECONDS), "it waits");
        runState.resume();
        assertTrue(done.await(10, TimeUnit.SECONDS));
        cpu.join();
    }

    /** An error of the simulation is not the guest's, and must not keep it running for ever. */
    @ParameterizedTest
    @MethodSource("instructions")
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void anInstructionThatFailsIsOverForAPauseToo(ToIntFunction<ApInstructions> instruction) {
        ApInstructions broken = mock(ApInstructions.class, call -> {
            throw new IllegalStateException("broken");
        });
        ApPlatform real = SimulatedMachine.builder(new VirtualTime()).build().platform();
        ApPlatform platform = new GuestPlatform(runState, new ApPlatform(broken, real.facilities(), real.firmware(),
                interrupts, real.time())).platform();
        assertThrows(IllegalStateException.class, () -> instruction.applyAsInt(platform.instructions()));
        runState.pause();
        assertTrue(runState.isPaused());
    }

    @Test
    void interruptionsAreTheMachines() {
        Runnable handler = () -> {};
        when(interrupts.register(handler)).thenReturn(0x1000L);
        Storage storage = new ArrayStorage(16);
        when(interrupts.place(storage, 16)).thenReturn(0x2000L);
        assertEquals(0x1000L, guest.interrupts().register(handler));
        assertEquals(0x2000L, guest.interrupts().place(storage, 16));
        guest.interrupts().displace(0x2000L);
        guest.interrupts().onAlert(0x3000L, handler);
        verify(interrupts).displace(0x2000L);
        verify(interrupts).onAlert(0x3000L, handler);
    }
}
