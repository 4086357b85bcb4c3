// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.kvm.KvmCpu;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.kvm.PqapHook;
import org.apvirt.kvm.PqapOutcome;
import org.apvirt.sie.SieBlock;

/**
 * PQAP(AQIC) of a guest: enables or disables the interruption of one of its queues.
 * Source: Linux {@code vfio_ap_ops.c}, {@code handle_pqap}.
 */
final class AqicHandler implements PqapHook {
    private static final int GISC_MASK = 7;

    private final MatrixMdev mdev;

    AqicHandler(MatrixMdev mdev) {
        this.mdev = mdev;
    }

    @Override
    public PqapOutcome handle(KvmCpu cpu, ApRegisters registers) {
        if ((cpu.sieBlock().eca() & SieBlock.ECA_AIV) == 0) {
            return new PqapOutcome.ForUserspace();
        }
        MatrixDevice matrixDev = mdev.matrixDevice();
        try (UpdateLocks held = matrixDev.lockContents()) {
            Apqn apqn = Apqn.ofQid(registers.low(0));
            KvmGuest guest = mdev.guest(held);
            VfioApQueue queue = mdev.queues(held).get(apqn);
            if (guest == null || queue == null || !mayReach(apqn, held)) {
                return completed(ApQueueStatus.wordOf(ApResponseCode.Q_NOT_AVAIL));
            }
            long control = registers.gr(1);
            boolean enable = (control & Pqap.AQIC_IR) != 0;
            return completed(enable
                    ? queue.interrupt().enable(guest, (int) control & GISC_MASK, registers.gr(2), matrixDev.commands(),
                            matrixDev.kernel())
                    : queue.interrupt().disable(matrixDev.commands(), matrixDev.kernel()));
        }
    }

    /** The kernel serves every linked queue, even one that was filtered out of the guest's matrix. */
    private boolean mayReach(Apqn apqn, UpdateLocks held) {
        return mdev.matrixDevice().kernel().has(VfioApQuirk.KEEPS_KERNEL_DEFECTS)
                || mdev.plug(held).shadow().contains(apqn);
    }

    private static PqapOutcome completed(int status) {
        return new PqapOutcome.Completed(new ApQueueStatus(status));
    }
}
