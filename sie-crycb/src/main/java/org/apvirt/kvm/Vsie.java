// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.apvirt.sie.InterpretedInstructions;
import org.apvirt.sie.ShadowCrycb;
import org.apvirt.sie.SieBlock;

/**
 * Runs a nested guest on behalf of guest 2: its hypervisor executes SIE with a block in its own storage, the host
 * intercepts that and runs guest 3 with a shadow on the same CPU.
 *
 * <p>The shadow is made when guest 2 executes SIE ({@link #sie}), and again when the masks of guest 2 have changed. What
 * guest 2 stores into its own blocks counts when it executes SIE the next time.
 *
 * <p>One instance serves one CPU of guest 2; not thread-safe.
 *
 * <p>Source: Linux {@code arch/s390/kvm/vsie.c}, {@code kvm_s390_handle_vsie}, {@code vsie_run}.
 */
public final class Vsie {
    /** Result of an instruction: guest 3 has left SIE. Guest 2 finds the reason in its block. */
    public static final int INTERCEPTED = InterpretedInstructions.INTERCEPTED;

    private static final int SHADOW_ADDRESS = 0x7ffe_f000; // of host storage; nobody else looks there

    private final KvmCpu cpu;
    private final byte[] originalBytes = new byte[SieBlock.LENGTH];
    private final SieBlock original = SieBlock.at(originalBytes, 0);
    private final SieBlock shadow = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final ShadowCrycb shadowCrycb = new ShadowCrycb(SHADOW_ADDRESS);
    private final InterpretedInstructions interpreted;
    private long address;

    /**
     * Nested guests on one CPU.
     *
     * @param cpu the CPU of guest 2 that executes SIE
     * @param facilities what guest 2 tells guest 3 by STFLE
     */
    public Vsie(KvmCpu cpu, Facilities facilities) {
        this.cpu = cpu;
        this.interpreted = new InterpretedInstructions(shadow, shadowCrycb.crycb(), facilities,
                cpu.guest().host().instructions(), cpu.guest().hostHasApxa());
    }

    /**
     * Guest 2 executes SIE.
     *
     * @param sieBlockAddress of the state description, in guest 2's storage
     * @return 0: guest 3 runs, or the reason of the validity interception, which guest 2 also finds in its block; a
     *     state description outside storage is reason {@link ShadowCrycb#ACCESS}
     */
    public int sie(long sieBlockAddress) {
        address = sieBlockAddress;
        cpu.enter();
        try {
            cpu.takeVsieRestart();
            return buildShadow();
        } finally {
            cpu.leave();
        }
    }

    /** PQAP of guest 3. Returns as {@link org.apvirt.arch.ApInstructions#pqap} does, or {@link #INTERCEPTED}. */
    public int pqap(ApRegisters registers, Storage storage) {
        cpu.enter();
        try {
            return restarted() ? left(interpreted.pqap(registers, storage)) : INTERCEPTED;
        } finally {
            cpu.leave();
        }
    }

    /** NQAP of guest 3. Returns a condition code, a program interruption or {@link #INTERCEPTED}. */
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
        cpu.enter();
        try {
            return restarted() ? left(interpreted.nqap(registers, storage, r1, r2, Sender.MACHINE)) : INTERCEPTED;
        } finally {
            cpu.leave();
        }
    }

    /** DQAP of guest 3. Returns as {@link org.apvirt.arch.ApInstructions#dqap} does, or {@link #INTERCEPTED}. */
    public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
        cpu.enter();
        try {
            return restarted() ? left(interpreted.dqap(registers, storage, r1, r2)) : INTERCEPTED;
        } finally {
            cpu.leave();
        }
    }

    /** Makes the shadow again if guest 2's masks have changed; false: that ended in a validity interception. */
    private boolean restarted() {
        return !cpu.takeVsieRestart() || buildShadow() == 0;
    }

    private int buildShadow() {
        KvmGuest guest = cpu.guest();
        Storage storage = guest.memory().storage();
        if (storage.loadAbsolute(address, originalBytes, 0, SieBlock.LENGTH) != 0) {
            return ShadowCrycb.ACCESS;
        }
        int reason = shadowCrycb.build(shadow, original, cpu.sieBlock(), guest.crycb(),
                guest.facilities().has(Facilities.MSA3), storage);
        if (reason != 0) {
            tellGuest();
        }
        return reason;
    }

    private int left(int result) {
        if (result == INTERCEPTED) {
            tellGuest();
        }
        return result;
    }

    /** Puts the reason for which guest 3 left SIE into guest 2's block. */
    private void tellGuest() {
        original.intercept(shadow.icptcode(), shadow.ipa(), shadow.ipb());
        int from = SieBlock.ICPTCODE_OFFSET;
        int length = SieBlock.IPB_OFFSET + Integer.BYTES - from;
        cpu.guest().memory().storage().storeAbsolute(address + from, originalBytes, from, length);
    }
}
