// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.io.IOException;
import java.util.function.Consumer;

import org.apvirt.arch.ApPlatform;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.plugin.GuestAddress;
import org.apvirt.qemu.S390Machine;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.sim.ProtectedKeyWrapping;
import org.apvirt.sim.SimulatedMachine;

/**
 * The real kernels that guests have: each in a QEMU TCG, whose AP instructions are answered on a thread until the guest ends
 * or is let go.
 */
final class GuestKernels {
    private final GuestRegistry registry;
    private final SimulatedMachine machine;

    GuestKernels(GuestRegistry registry, SimulatedMachine machine) {
        this.registry = registry;
        this.machine = machine;
    }

    /**
     * Serves a guest's kernel on a thread of its own.
     *
     * @param guest claimed, or still starting
     * @throws ControlException REFUSED: nothing is at the address. CONFLICT: the guest was stopped meanwhile
     */
    void start(Guest guest, String stub, S390Machine vm, Consumer<? super String> log) throws ControlException {
        AttachedGuest real;
        try {
            real = attach(guest, stub, vm.platform(), log);
        } catch (IOException e) {
            throw new ControlException(Reason.REFUSED, "stub", "stub " + stub + ": " + e.getMessage());
        }
        boolean stays = registry.attached(guest, real);
        Thread.ofPlatform().daemon().name("guest " + guest.name).start(() -> serve(guest, real, log));
        if (!stays) {
            letGo(guest.name, real);
            throw new ControlException(Reason.CONFLICT, "name",
                    "name '" + guest.name + "': the guest was stopped meanwhile");
        }
    }

    private void serve(Guest guest, AttachedGuest real, Consumer<? super String> log) {
        try {
            real.run();
        } catch (IOException e) {
            log.accept(String.valueOf(e.getMessage()));
        } finally {
            ended(guest, real);
        }
    }

    /**
     * Serves a guest's kernel on the calling thread.
     *
     * @param attached is told once the guest is attached
     * @throws IOException there is no s390x guest, or the connection broke
     */
    void serve(Guest guest, String stub, ApPlatform platform, Consumer<? super String> log,
            Consumer<? super AttachedGuest> attached) throws IOException {
        try (AttachedGuest real = attach(guest, stub, platform, log)) {
            if (registry.attached(guest, real)) {
                try {
                    attached.accept(real);
                    real.run();
                } finally {
                    ended(guest, real);
                }
            }
        }
    }

    private AttachedGuest attach(Guest guest, String address, ApPlatform platform, Consumer<? super String> log)
            throws IOException {
        boolean there = false;
        try {
            AttachedGuest real = attach(address, platform, log);
            there = true;
            return real;
        } finally {
            if (!there) {
                registry.giveUp(guest);
            }
        }
    }

    /** A guest can use protected keys only if they are wrapped as its CPU unwraps them. */
    private AttachedGuest attach(String address, ApPlatform platform, Consumer<? super String> log) throws IOException {
        AttachedGuest real = AttachedGuest.over(GuestAddress.open(address, platform, false, log), platform, log);
        boolean known = false;
        try {
            String version = real.version();
            known = true;
            if (ProtectedKeyWrapping.isOfQemu(version)) {
                machine.setProtectedKeyWrapping(ProtectedKeyWrapping.ofQemu());
                log.accept(
                        "protected keys: " + ProtectedKeyWrapping.ofQemu() + ", as QEMU " + version + " unwraps them");
            }
            return real;
        } finally {
            if (!known) {
                real.close();
            }
        }
    }

    /** A real guest has powered off: its device is free again, as when QEMU exits. */
    private void ended(Guest served, AttachedGuest real) {
        Guest guest = registry.ending(served.name, there -> there == served && there.real == real);
        if (guest == null) {
            return;
        }
        try {
            S390Machine vm = guest.machine;
            if (vm != null) {
                vm.close();
            }
        } finally {
            registry.forget(guest);
        }
    }

    /** Lets go of a kernel, which runs on. */
    static void letGo(String name, AttachedGuest real) throws ControlException {
        try {
            Guest.letGo(real);
        } catch (IOException e) {
            throw new ControlException(Reason.REFUSED, "name", "name '" + name + "': " + e.getMessage());
        }
    }
}
