// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.List;

/**
 * Keeps the CPUs of one guest out of SIE while its control blocks change.
 * Source: Linux {@code arch/s390/kvm/kvm-s390.c}, {@code kvm_s390_vcpu_block_all}.
 */
final class EntryGate {
    private volatile boolean blocked; // read by each CPU on entry, after it has said that it is in SIE

    boolean isBlocked() {
        return blocked;
    }

    /** Blocks entry; when this returns, none of the CPUs is in SIE. One thread at a time: the guest's lock is held. */
    void block(List<KvmCpu> cpus) {
        blocked = true;
        cpus.forEach(KvmCpu::awaitExit);
    }

    /** Lets the CPUs in again. */
    synchronized void open() {
        blocked = false;
        notifyAll();
    }

    /** Waits until entry is not blocked. An interrupt of the thread is kept for later: an instruction is not cut short. */
    synchronized void await() {
        boolean interrupted = false;
        while (blocked) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
