// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.io.IOException;
import java.time.Instant;

import org.apvirt.arch.ApMask;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.qemu.S390Machine;
import org.apvirt.running.GuestStatus.State;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A guest that is started, runs, or ends. The fields are guarded by the monitor of {@link Guests}. */
final class Guest {
    private static final int MILLIS_TO_DETACH = 2000;

    final String name;
    final @Nullable String mdev;
    final @Nullable String stub;
    final Instant since = Instant.now();
    State state = State.STARTING;
    @Nullable
    S390Machine machine;
    @Nullable
    AttachedGuest real;

    Guest(String name, @Nullable String mdev, @Nullable String stub) {
        this.name = name;
        this.mdev = mdev;
        this.stub = stub;
    }

    /** Returns what the bytes of the CRYCB grant at this moment; it waits for nobody. */
    GuestStatus status(ApMask allAdapters, ApMask allDomains, ApMask allControl) {
        S390Machine vm = machine;
        KvmGuest kvm = vm == null ? null : vm.guest();
        if (kvm != null) {
            return new GuestStatus(name, state, mdev, stub, since, kvm.apcb().apm(),
                    kvm.apcb().aqm(), kvm.apcb().adm());
        }
        boolean whole = mdev == null;
        return new GuestStatus(name, state, mdev, stub, since, whole ? allAdapters : ApMask.NONE,
                whole ? allDomains : ApMask.NONE, whole ? allControl : ApMask.NONE);
    }

    /** Ends it; the monitor is not held, because the queues' reset may take its time. */
    void end(@Nullable S390Machine vm, @Nullable AttachedGuest attached) throws IOException {
        try {
            if (attached != null) {
                attached.detach();
                attached.awaitEnd(MILLIS_TO_DETACH);
                attached.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (vm != null) {
                vm.close();
            }
        }
    }
}
