// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApRegisters;

/**
 * Who handles PQAP(AQIC) of a guest. vfio_ap installs one while a guest uses a mediated device.
 * Source: Linux {@code arch/s390/include/asm/kvm_host.h}, {@code crypto_hook}.
 */
@FunctionalInterface
public interface PqapHook {
    /**
     * Handles an intercepted PQAP whose operands KVM has checked. Called with the guest's hook lock held for reading and
     * with the guest CPU outside SIE.
     *
     * @param cpu the CPU that issued the instruction
     * @param registers its registers: GR0 APQN, GR1 interruption control, GR2 guest address of the notification byte
     */
    PqapOutcome handle(KvmCpu cpu, ApRegisters registers);
}
