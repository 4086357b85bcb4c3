// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.device.ErrnoException;

/** The least that a hook must do: translate notification byte and subclass, issue AQIC on the host. */
final class DirectHook implements PqapHook {
    private final KvmGuest guest;
    private final ApCommands commands;

    DirectHook(KvmGuest guest) {
        this.guest = guest;
        this.commands = new ApCommands(guest.host().instructions(), guest.host().facilities());
    }

    @Override
    public PqapOutcome handle(KvmCpu cpu, ApRegisters regs) {
        Apqn apqn = Apqn.ofQid(regs.low(0));
        if ((regs.gr(1) & Pqap.AQIC_IR) == 0) {
            return completed(commands.aqic(apqn, 0, 0));
        }
        long nib = regs.gr(2);
        int gisc = (int) regs.gr(1) & 7;
        long hostNib = nib == 0 || !cpu.sieBlock().aiv() ? GuestMemory.NOT_MAPPED : guest.memory().pin(nib);
        if (hostNib == GuestMemory.NOT_MAPPED) {
            return completed(ApQueueStatus.wordOf(ApResponseCode.INVALID_ADDRESS));
        }
        try {
            int isc = guest.interrupts().registerIsc(gisc);
            long control = Pqap.AQIC_IR | (long) gisc << 40 | guest.interrupts().gisaAddress() | isc;
            int status = commands.aqic(apqn, control, hostNib);
            if (ApQueueStatus.responseCode(status) != 0) {
                guest.interrupts().unregisterIsc(gisc);
                guest.memory().unpin(nib);
            }
            return completed(status);
        } catch (ErrnoException e) {
            throw new IllegalStateException("the byte was refused before", e);
        }
    }

    private static PqapOutcome completed(int status) {
        return new PqapOutcome.Completed(new ApQueueStatus(status));
    }
}
