// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.ProgramCode;
import org.apvirt.sie.CrycbFormat;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What KVM does with an intercepted PQAP. The order of the tests is the kernel's and shows to a guest.
 * <pre>
 *  1 host without AP, 2 eca without APIE, 3 function other than AQIC   not supported
 *  4 problem state                                                     privileged-operation exception
 *  5 GR0 bits 41-47, 6 T bit without facility 15,
 *  7 adapter or domain that needs APXA, 8 no facility 65               specification exception
 *  9 hook installed                                                    what it answers
 * 10 no hook                                                           response code 01
 * </pre>
 * Source: Linux {@code arch/s390/kvm/priv.c}, {@code handle_pqap}.
 */
final class PqapInterception {
    /** What a guest sees of an interception that the kernel leaves to user space: QEMU injects it. */
    static final int NOT_SUPPORTED = ApInstructions.interruption(ProgramCode.OPERATION);

    private static final int RESERVED = Pqap.F_BIT | Pqap.RESERVED;
    private static final PqapOutcome FOR_USERSPACE = new PqapOutcome.ForUserspace();

    private PqapInterception() {}

    /** Handles the interception and puts the answer into the registers; returns what the instruction ends with. */
    static int handle(KvmCpu cpu, ApRegisters regs) {
        PqapOutcome outcome = refusal(cpu, regs);
        if (outcome != null) {
            return result(outcome);
        }
        outcome = cpu.guest().hookSlot().call(cpu, regs);
        if (outcome == null) {
            return withoutHook(cpu.guest(), regs);
        }
        if (outcome instanceof PqapOutcome.Completed completed) {
            regs.gr(1, completed.status().word() & 0xffff_ffffL);
        }
        return result(outcome);
    }

    private static @Nullable PqapOutcome refusal(KvmCpu cpu,
            ApRegisters regs) {
        KvmGuest guest = cpu.guest();
        int gr0 = regs.low(0);
        if (!guest.hostHasAp() || !cpu.sieBlock().apie() || Pqap.functionCode(gr0) != Pqap.AQIC) {
            return FOR_USERSPACE;
        }
        if (regs.problemState()) {
            return new PqapOutcome.ProgramInterruption(ProgramCode.PRIVILEGED_OPERATION);
        }
        boolean badBits = (gr0 & RESERVED) != 0
                || (gr0 & Pqap.T_BIT) != 0 && !guest.facilities().has(Facilities.APFT)
                || cpu.sieBlock().crycbFormat() != CrycbFormat.FORMAT_2 && (gr0 & Pqap.APXA_QID) != 0;
        if (badBits || !guest.facilities().has(Facilities.APQI)) {
            return new PqapOutcome.ProgramInterruption(ProgramCode.SPECIFICATION);
        }
        return null;
    }

    private static int withoutHook(KvmGuest guest, ApRegisters regs) {
        int status = ApQueueStatus.wordOf(ApResponseCode.Q_NOT_AVAIL);
        if (guest.statusInUpperHalf()) {
            regs.gr(1, (long) status << 32 | regs.gr(1) & 0xffff_ffffL);
        } else {
            // Differs from Linux: it copies the four bytes to the upper half of GR1, where no guest looks for them; the
            // low word keeps what the guest had in it. We put them where the architecture has the status.
            regs.low(1, status);
        }
        return 3;
    }

    private static int result(PqapOutcome outcome) {
        return switch (outcome) {
            case PqapOutcome.Completed completed -> ApQueueStatus.responseCode(completed.status().word()) == 0 ? 0 : 3;
            case PqapOutcome.ProgramInterruption interruption -> ApInstructions.interruption(interruption.code());
            case PqapOutcome.ForUserspace userspace -> NOT_SUPPORTED;
        };
    }
}
