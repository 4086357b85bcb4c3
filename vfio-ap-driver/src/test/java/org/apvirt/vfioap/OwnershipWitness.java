// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;

import org.apvirt.ap.ApQueue;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.kvm.MaskChange;

/**
 * Watches from outside who may reach which queue. It is told each change of a guest's masks while the guest's CPUs are
 * outside SIE, and each instruction that the machine executes; so what it sees is what is true at that moment.
 */
final class OwnershipWitness {
    private final TestSystem system;
    private final int ids;
    private final AtomicReferenceArray<KvmGuest> owners = new AtomicReferenceArray<>(ApMask.BITS * ApMask.BITS);
    private final ThreadLocal<KvmGuest> onCpu = new ThreadLocal<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();

    /** Watches adapters and domains below {@code ids}. */
    OwnershipWitness(TestSystem system, int ids) {
        this.ids = ids;
        this.system = system;
        system.machine.onInstruction((functionCode, qid, responseCode) -> {
            KvmGuest guest = onCpu.get();
            if (guest != null && owners.get(qid) != guest) {
                violations.add("a guest reached " + Apqn.ofQid(qid) + ", which it does not own");
            }
        });
    }

    void watch(KvmGuest guest) {
        guest.onMasks(change -> masksChanged(guest, change));
    }

    private void masksChanged(KvmGuest guest, MaskChange change) {
        for (int i = 0; i < ids * ids; i++) {
            Apqn apqn = new Apqn(i / ids, i % ids);
            int qid = apqn.qid();
            if (change.apm().contains(apqn.apid()) && change.aqm().contains(apqn.apqi())) {
                KvmGuest before = owners.getAndSet(qid, guest);
                if (before != null && before != guest) {
                    violations.add(apqn + " has two guests");
                }
                ApQueue queue = system.bus.queue(apqn);
                if (queue == null || !(queue.driver() instanceof VfioApDriver)) {
                    violations.add(apqn + " is given to a guest but bound to " + (queue == null
                            ? null
                            : queue.driver()));
                }
            } else {
                owners.compareAndSet(qid, guest, null);
            }
        }
    }

    /** Runs an instruction of a guest on the calling thread. */
    void run(KvmGuest guest, Runnable instruction) {
        onCpu.set(guest);
        try {
            instruction.run();
        } finally {
            onCpu.remove();
        }
    }

    void report(String violation) {
        violations.add(violation);
    }

    List<String> violations() {
        return violations.stream().distinct().limit(10).toList();
    }
}
