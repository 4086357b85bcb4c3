// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApPlatform;
import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Whether and where the guest of a machine executes: it is paused, its device's state leaves and arrives, and its operating system
 * goes on on another machine. Thread-safe.
 *
 * <pre>
 *  byte[] state = source.execution().save();      // paused from here on; a refusal lets it run again
 *  target.execution().stop();
 *  target.execution().load(state);                // a refusal leaves the target's device as it was
 *  target.execution().takeOver(source.execution());
 *  target.execution().cont();
 *  source.close();                                // its queues are reset
 * </pre>
 *
 * Source: QEMU {@code migration/migration.c}, {@code system/runstate.c}.
 */
public final class GuestExecution {
    private final ReentrantLock lock;
    private final QemuVersion version;
    private final @Nullable ApBridge bridge;
    private final Supplier<ApPlatform> virtualMachine;
    @GuardedBy("lock")
    private RunState runState = new RunState();
    @GuardedBy("lock")
    private @Nullable GuestPlatform platform;

    /**
     * The guest of a machine that runs.
     *
     * @param lock the machine's
     * @param virtualMachine makes what a virtual machine under KVM offers; throws IllegalStateException if there is none
     */
    GuestExecution(ReentrantLock lock, QemuVersion version, @Nullable ApBridge bridge,
            Supplier<ApPlatform> virtualMachine) {
        this.lock = lock;
        this.version = version;
        this.bridge = bridge;
        this.virtualMachine = virtualMachine;
    }

    /** Returns what the guest's operating system is booted on; always the same, wherever the guest goes. */
    ApPlatform platform() {
        lock.lock();
        try {
            GuestPlatform made = platform;
            if (made == null) {
                made = new GuestPlatform(runState, virtualMachine.get());
                platform = made;
            }
            return made.platform();
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether the guest runs; else it is paused. */
    public boolean isRunning() {
        lock.lock();
        try {
            return !runState.isPaused();
        } finally {
            lock.unlock();
        }
    }

    /** Pauses the guest: when this returns, none of its instructions is under way, and none begins. QMP {@code stop}. */
    public void stop() {
        lock.lock();
        try {
            runState.pause();
        } finally {
            lock.unlock();
        }
    }

    /** Lets the guest run: QMP {@code cont}. Its device runs too, whatever became of a migration. */
    public void cont() {
        lock.lock();
        try {
            device().run();
            runState.resume();
            GuestPlatform made = platform;
            if (made != null) {
                made.resume();
            }
        } finally {
            lock.unlock();
        }
    }

    private DeviceMigration device() {
        return new DeviceMigration(version, bridge == null ? null : bridge.device());
    }

    /**
     * Pauses the guest and returns the state of its vfio-ap device: which queues it has, not what is in them. The guest stays paused
     * until {@link #cont}, or ends with its machine. QMP {@code migrate}.
     *
     * @return the stream of the device as the kernel made it, empty: the machine has no such device
     * @throws QemuException the device cannot be migrated, or the kernel refused, of which the hint tells; the guest then is as before
     */
    public byte[] save() throws QemuException {
        lock.lock();
        try {
            DeviceMigration device = device();
            device.requireMigratable();
            boolean ran = isRunning();
            stop();
            try {
                return device.save();
            } catch (QemuException e) {
                if (ran) {
                    cont();
                }
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives the vfio-ap device what {@link #save} of another machine returned. This one is paused, and stays so. QMP
     * {@code migrate-incoming}.
     *
     * @throws QemuException the device cannot take it, of which the hint tells; it then is as before
     */
    public void load(byte[] state) throws QemuException {
        lock.lock();
        try {
            if (isRunning()) {
                throw new IllegalStateException("the guest runs: stop it first");
            }
            device().load(state);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets the operating system of another machine's guest go on here: what it was booted on is now this machine's. Both are paused.
     * Nothing of the other machine is left to go on: it can only be closed.
     *
     * @throws IllegalArgumentException the CPUs are of another model
     */
    public void takeOver(GuestExecution from) {
        GuestPlatform moving = from.giveUp();
        if (moving == null) {
            return;
        }
        lock.lock();
        try {
            moving.moveTo(virtualMachine.get());
            runState = moving.runState();
            platform = moving;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable GuestPlatform giveUp() {
        lock.lock();
        try {
            GuestPlatform left = platform;
            platform = null;
            runState = new RunState();
            runState.pause();
            return left;
        } finally {
            lock.unlock();
        }
    }
}
