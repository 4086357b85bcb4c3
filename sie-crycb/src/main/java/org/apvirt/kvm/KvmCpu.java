// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.apvirt.sie.InterpretedInstructions;
import org.apvirt.sie.SieBlock;

/**
 * One CPU of a guest: its SIE block, and the way in and out of SIE around each instruction.
 *
 * <p>It executes one instruction at a time, like any CPU; a thread that finds it busy waits. While an instruction is
 * under SIE the masks of the guest do not change: the CPU first says that it is in SIE and then looks whether entry is
 * blocked, {@link KvmGuest#setMasks} first blocks entry and then looks who is in SIE, and both are volatile accesses, so
 * at least one sees the other.
 *
 * <p>Source: Linux {@code arch/s390/kvm/kvm-s390.c}, {@code kvm_s390_vcpu_block}, {@code exit_sie},
 * {@code kvm_s390_vcpu_crypto_setup}.
 */
public final class KvmCpu implements ApInstructions {
    private static final int IDLE = 0;
    private static final int IN_SIE = 1;
    private static final int OUTSIDE = 2; // busy with an interception
    private static final int SPINS = 100;
    private static final long PAUSE_NANOS = 20_000;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(KvmCpu.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final KvmGuest guest;
    private final SieBlock sieBlock = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final InterpretedInstructions interpreted;
    private volatile int state = IDLE;
    private volatile boolean vsieRestart;

    KvmCpu(KvmGuest guest) {
        this.guest = guest;
        this.interpreted = new InterpretedInstructions(sieBlock, guest.crycb(), guest.facilities(),
                guest.host().instructions(), guest.hostHasApxa());
    }

    /** Returns the guest. */
    public KvmGuest guest() {
        return guest;
    }

    /** Returns the state description. */
    public SieBlock sieBlock() {
        return sieBlock;
    }

    @Override
    public int pqap(ApRegisters registers, Storage storage) {
        enter();
        int result;
        try {
            result = interpreted.pqap(registers, storage);
            if (result == InterpretedInstructions.INTERCEPTED) {
                STATE.setRelease(this, OUTSIDE);
                result = PqapInterception.handle(this, registers);
            }
        } finally {
            leave();
        }
        return result;
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
        return nqap(registers, storage, r1, r2, Sender.MACHINE);
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2, Sender sender) {
        enter();
        try {
            return completed(interpreted.nqap(registers, storage, r1, r2, sender));
        } finally {
            leave();
        }
    }

    @Override
    public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
        enter();
        try {
            return completed(interpreted.dqap(registers, storage, r1, r2));
        } finally {
            leave();
        }
    }

    /** KVM has no handler for NQAP and DQAP: user space injects an operation exception. */
    private static int completed(int result) {
        return result == InterpretedInstructions.INTERCEPTED ? PqapInterception.NOT_SUPPORTED : result;
    }

    /** Goes into SIE, as soon as the CPU is free and entry is not blocked. */
    void enter() {
        while (true) {
            for (int tries = 0; !STATE.compareAndSet(this, IDLE, IN_SIE); tries++) {
                pause(tries);
            }
            if (!guest.gate().isBlocked()) {
                return;
            }
            STATE.setVolatile(this, IDLE);
            guest.gate().await();
        }
    }

    /** The CPU is free. */
    void leave() {
        STATE.setRelease(this, IDLE);
    }

    /** Waits until this CPU is not in SIE. Entry must be blocked, else it may be back before this returns. */
    void awaitExit() {
        for (int tries = 0; state == IN_SIE; tries++) {
            pause(tries);
        }
    }

    /** An instruction takes well under a microsecond, a request to a real card or a hook much longer. */
    private static void pause(int tries) {
        if (tries < SPINS) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Tells whether the CPU is in SIE at this moment. */
    boolean isInSie() {
        return state == IN_SIE;
    }

    /** Asks for shadows of nested guests to be built again, before this CPU runs one of them the next time. */
    void requestVsieRestart() {
        vsieRestart = true;
    }

    /** Tells whether a restart was requested, and takes the request back. */
    boolean takeVsieRestart() {
        boolean requested = vsieRestart;
        vsieRestart = false;
        return requested;
    }
}
