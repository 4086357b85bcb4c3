// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.io.IOException;
import java.time.Instant;

import org.apvirt.arch.ApMask;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.qemu.ApBridge;
import org.apvirt.qemu.S390Machine;
import org.apvirt.qemu.VfioApDevice;
import org.apvirt.running.GuestStatus.State;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A guest that is started, runs, or ends. The fields are guarded by the monitor of {@link GuestRegistry}. */
final class Guest {
    private static final int MILLIS_TO_DETACH = 2000;

    final String name;
    /** Where its kernel is, which somebody serves or is about to; null: its kernel is nobody's. */
    @Nullable
    String stub;
    final Instant since = Instant.now();
    final Guests.Line line;
    State state = State.STARTING;
    @Nullable
    S390Machine machine;
    @Nullable
    AttachedGuest real;

    /** @param line what its QEMU is started with */
    Guest(String name, @Nullable String stub, Guests.Line line) {
        this.name = name;
        this.line = line;
        this.stub = stub;
    }

    /** Tells whether it is paused, on its way from one machine to another. */
    boolean isTravelling() {
        return state == State.MIGRATING || state == State.INCOMING;
    }

    /** Returns what the bytes of the CRYCB grant at this moment; it waits for nobody. */
    GuestStatus status(ApMask allAdapters, ApMask allDomains, ApMask allControl) {
        S390Machine vm = machine;
        KvmGuest kvm = vm == null ? null : vm.guest();
        if (vm == null || kvm == null) {
            boolean whole = state != State.STARTING;
            return new GuestStatus(name, state, null, null, stub, since, whole ? allAdapters : ApMask.NONE,
                    whole ? allDomains : ApMask.NONE, whole ? allControl : ApMask.NONE);
        }
        ApBridge bridge = vm.apBridge();
        VfioApDevice device = bridge == null ? null : bridge.device();
        return new GuestStatus(name, state, device == null ? null : device.name(),
                device == null ? null : device.path(), stub, since, kvm.apcb().apm(), kvm.apcb().aqm(),
                kvm.apcb().adm());
    }

    /** Ends one that is stopping; the monitor is not held, because the queues' reset may take its time. */
    void end() throws IOException {
        AttachedGuest attached = real;
        S390Machine vm = machine;
        try {
            if (attached != null) {
                letGo(attached);
            }
        } finally {
            if (vm != null) {
                vm.close();
            }
        }
    }

    /** Lets go of a kernel, which runs on. */
    static void letGo(AttachedGuest attached) throws IOException {
        try {
            attached.detach();
            attached.awaitEnd(MILLIS_TO_DETACH);
            attached.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
