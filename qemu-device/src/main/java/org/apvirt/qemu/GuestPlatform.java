// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a guest's operating system stands on wherever it runs: on one machine, and after a migration on another. It stands still while
 * the machine is paused.
 *
 * <p>Guests of the guest do not move: what they have placed into the storage of their machine stays there.
 */
final class GuestPlatform implements ApInstructions, ApInterrupts {
    private final RunState runState;
    private final GuestClock clock;
    private final ApPlatform seen;
    private volatile ApPlatform machine;
    private volatile @Nullable Runnable interruptionHandler;
    private volatile @Nullable Runnable changeHandler;

    /** @param machine what the virtual machine offers */
    @SuppressWarnings({"nullness:argument", "nullness:assignment", "nullness:methodref.receiver.bound"}) // only kept
    GuestPlatform(RunState runState, ApPlatform machine) {
        this.runState = runState;
        this.machine = machine;
        this.clock = new GuestClock(runState, machine.time());
        this.seen = new ApPlatform(this, machine.facilities(), machine.firmware(), this, clock,
                machine.isSecureGuest(), machine.ultravisor(), this::registerForChanges);
    }

    /** Returns what the guest's operating system is booted on; always the same. */
    ApPlatform platform() {
        return seen;
    }

    RunState runState() {
        return runState;
    }

    /** The machine was paused, and runs again. */
    void resume() {
        clock.resume();
    }

    /**
     * Goes on on another machine; the guest is paused.
     *
     * @throws IllegalArgumentException it is another model of CPU
     */
    void moveTo(ApPlatform other) {
        if (!other.facilities().equals(seen.facilities())) {
            throw new IllegalArgumentException("the other machine has other facilities");
        }
        machine = other;
        clock.moveTo(other.time());
        Runnable interrupted = interruptionHandler;
        if (interrupted != null) {
            other.interrupts().register(interrupted); // the notification byte is where it was, in the guest's storage
        }
        Runnable changed = changeHandler;
        if (changed != null) {
            other.changeReports().register(changed);
        }
    }

    @Override
    public int pqap(ApRegisters registers, Storage storage) {
        runState.enter();
        try {
            return machine.instructions().pqap(registers, storage);
        } finally {
            runState.leave();
        }
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
        runState.enter();
        try {
            return machine.instructions().nqap(registers, storage, r1, r2);
        } finally {
            runState.leave();
        }
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2, Sender sender) {
        runState.enter();
        try {
            return machine.instructions().nqap(registers, storage, r1, r2, sender);
        } finally {
            runState.leave();
        }
    }

    @Override
    public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
        runState.enter();
        try {
            return machine.instructions().dqap(registers, storage, r1, r2);
        } finally {
            runState.leave();
        }
    }

    @Override
    public long register(Runnable handler) {
        interruptionHandler = handler;
        return machine.interrupts().register(handler);
    }

    @Override
    public long place(Storage storage, long size) {
        return machine.interrupts().place(storage, size);
    }

    @Override
    public void displace(long address) {
        machine.interrupts().displace(address);
    }

    @Override
    public void onAlert(long gisaAddress, Runnable handler) {
        machine.interrupts().onAlert(gisaAddress, handler);
    }

    private void registerForChanges(Runnable handler) {
        changeHandler = handler;
        machine.changeReports().register(handler);
    }
}
