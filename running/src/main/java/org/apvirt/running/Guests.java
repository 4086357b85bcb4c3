// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

import org.apvirt.arch.ApPlatform;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.plugin.GuestAddress;
import org.apvirt.qemu.DeviceOptions;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuException;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.ResetKind;
import org.apvirt.qemu.S390Machine;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.GuestStatus.State;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The guests of a running machine, each a QEMU on KVM with one mediated device. A guest's kernel is a simulated one that
 * nobody looks into, or a real one in QEMU TCG, behind a gdb stub or a plugin. Who is there is in {@link GuestRegistry}, how a
 * real kernel is served in {@link GuestKernels}. Starting and stopping may wait for resets; looking never does.
 * Thread-safe.
 */
public final class Guests {
    static final String DEVICES = "/sys/bus/mdev/devices/";
    private static final String UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,62}";
    private static final Line NO_LINE = new Line(List.of(), QemuVersion.SEED, "name"); // of who is no guest of ours

    private final SimulatedMachine machine;
    private final GuestQemus qemus;
    private final GuestRegistry registry;
    private final GuestKernels kernels;

    Guests(MachineFile file, SimulatedMachine machine, Host host, Journal<Change> changes) {
        this.machine = machine;
        this.qemus = new GuestQemus(file, machine, host);
        this.registry = new GuestRegistry(changes);
        this.kernels = new GuestKernels(registry, machine);
    }

    GuestRegistry registry() {
        return registry;
    }

    /**
     * Starts a guest whose kernel is nobody's.
     *
     * @param name a letter or digit, then up to 62 of those, {@code _ . -}
     * @param uuid the mediated device
     * @return what QEMU says, lines
     * @throws ControlException INVALID: no such name or UUID can be. CONFLICT: the name is taken. REFUSED: QEMU's words
     */
    public List<String> start(String name, String uuid) throws ControlException {
        return boot(new Guest(name, null, words(uuid, qemus.model())), State.RUNNING).messages().lines();
    }

    /**
     * Starts a guest whose kernel is a real one in QEMU TCG, which is served on a thread of its own.
     *
     * @param stub its address, as {@link GuestAddress} has it
     * @param log gets lines about the guest while it runs
     * @return what QEMU says, lines
     * @throws ControlException as above; REFUSED also if there is no s390x guest at the address
     */
    public List<String> start(String name, String uuid, String stub, Consumer<? super String> log)
            throws ControlException {
        Guest guest = new Guest(name, stub, words(uuid, qemus.model()));
        S390Machine vm = boot(guest, State.STARTING); // nobody stops it until its kernel is found
        try {
            kernels.start(guest, stub, vm, log);
            return vm.messages().lines();
        } catch (ControlException e) {
            remove(guest, null, log);
            throw e;
        }
    }

    /**
     * The command line of a QEMU.
     *
     * @param qemu which QEMU
     * @param argument what of the request it was made of
     */
    record Line(List<String> words, QemuVersion qemu, String argument) {}

    private Line words(String uuid, String cpu) throws ControlException {
        return new Line(GuestQemus.words(cpu, DEVICES + requireUuid(uuid)), qemus.version(null), "uuid");
    }

    /**
     * Starts a guest as a command line has it, which names a mediated device or none. It ends, at the latest, with a process of
     * this computer.
     *
     * @param words name of the program and its arguments
     * @param qemu which QEMU, null: that of the machine
     * @param process the number of that process, for example the QEMU that runs the guest's kernel
     * @param log gets lines about the guest
     * @return what QEMU says, lines
     * @throws ControlException as above; INVALID also if there is no such process
     */
    public List<String> start(String name, List<String> words, @Nullable QemuVersion qemu, long process,
            Consumer<? super String> log) throws ControlException {
        ProcessHandle owner = ProcessHandle.of(process).orElse(null);
        if (owner == null) {
            throw new ControlException(Reason.INVALID, "process", "process " + process + ": there is none");
        }
        Guest guest = new Guest(name, null, new Line(words, qemus.version(qemu), "words"));
        S390Machine vm = boot(guest, State.RUNNING);
        if (!owner.equals(ProcessHandle.current())) { // that ends with it anyhow
            owner.onExit().thenRun(() -> remove(guest, null, log));
        }
        return vm.messages().lines();
    }

    /**
     * Serves the kernel of a guest that runs, on a thread of its own.
     *
     * @param stub its address, as {@link GuestAddress} has it
     * @param log gets lines about the guest
     * @throws ControlException MISSING: there is no such guest. CONFLICT: its kernel is served. REFUSED: nothing is at the address
     */
    public void serve(String name, String stub, Consumer<? super String> log) throws ControlException {
        Guest guest = registry.claim(name, stub);
        kernels.start(guest, stub, registry.machineOf(guest), log);
    }

    /**
     * Lets go of the kernel of a guest, which runs on; nothing is done if nobody serves it.
     *
     * @throws ControlException as {@link #stop}
     */
    public void letGo(String name) throws ControlException {
        AttachedGuest real = registry.release(name);
        if (real != null) {
            GuestKernels.letGo(name, real);
        }
    }

    /**
     * Plugs a device into a guest that runs: QMP {@code device_add}.
     *
     * @throws ControlException REFUSED: QMP's error
     */
    public void plug(String name, DeviceOptions device) throws ControlException {
        S390Machine vm = machineOf(name);
        try {
            vm.deviceAdd(device);
        } catch (QemuException e) {
            throw new ControlException(Reason.REFUSED, "device", e.getMessage());
        }
        registry.changed(name);
    }

    /**
     * Takes a device out of a guest that runs: QMP {@code device_del}. It is gone, and its queues are reset, when this returns.
     *
     * @param id its id, or its path
     * @throws ControlException MISSING: QMP's error
     */
    public void unplug(String name, String id) throws ControlException {
        S390Machine vm = machineOf(name);
        try {
            vm.deviceDel(id);
        } catch (QemuException e) {
            throw new ControlException(Reason.MISSING, "device", e.getMessage());
        }
    }

    /** Resets a guest that runs, and with it the queues of its device. */
    public void reset(String name) throws ControlException {
        machineOf(name).reset(ResetKind.EXTERNAL);
    }

    private S390Machine machineOf(String name) throws ControlException {
        return registry.machineOf(registry.running(name));
    }

    /**
     * Starts the virtual machine of a guest whose kernel the caller will attach, by {@link #serve}.
     *
     * @param uuid the mediated device
     * @param cpu what {@code -cpu} names
     * @param messages takes what QEMU says, lines
     * @return what the guest's kernel stands on
     * @throws ControlException as above
     */
    public ApPlatform boot(String name, String uuid, String cpu, Consumer<? super String> messages)
            throws ControlException {
        S390Machine vm = boot(new Guest(name, null, words(uuid, cpu)), State.RUNNING);
        vm.messages().lines().forEach(messages);
        return vm.platform();
    }

    /** Starts a virtual machine; then is what its guest does once it is there. */
    S390Machine boot(Guest guest, State then) throws ControlException {
        String name = guest.name;
        if (!name.matches(NAME)) {
            throw new ControlException(Reason.INVALID, "name", "name '" + name
                    + "' is none for a guest (use letters, digits, '_', '.' and '-')");
        }
        int process = registry.add(guest);
        S390Machine vm = null;
        try {
            vm = qemus.start(guest.line.words, guest.line.qemu, process);
            vm.onEvent((id, path) -> registry.changed(name));
            return vm;
        } catch (QemuExit e) {
            throw new ControlException(Reason.REFUSED, guest.line.argument,
                    String.join(" ", e.messages().lines()).strip());
        } finally {
            if (vm == null) {
                registry.forget(guest);
            } else {
                registry.started(guest, vm, then);
            }
        }
    }

    /**
     * Returns what QEMU would say to a command line on this host as it is now. Nothing changes: devices are looked at, not
     * attached.
     *
     * @param words name of the program and its arguments
     * @param qemu which QEMU, null: that of the machine
     */
    public QemuCheck check(List<String> words, @Nullable QemuVersion qemu) {
        return qemus.check(words, qemu);
    }

    private static String requireUuid(String uuid) throws ControlException {
        if (!uuid.matches(UUID)) {
            throw new ControlException(Reason.INVALID, "uuid",
                    "uuid '" + uuid + "' is none (write for example 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02)");
        }
        return uuid;
    }

    /**
     * Serves a real guest on the calling thread until it ends or is let go.
     *
     * @param name of a guest that {@link #boot} has started; another name: an LPAR with the whole machine
     * @param stub its address, as {@link GuestAddress} has it
     * @param platform what the guest's kernel stands on
     * @param log gets lines about the guest
     * @param attached is told once the guest is attached
     * @throws IOException there is no s390x guest, or the connection broke
     */
    public void serve(String name, String stub, ApPlatform platform, Consumer<? super String> log,
            Consumer<? super AttachedGuest> attached) throws IOException {
        Guest guest;
        try {
            guest = registry.claimOrAdd(new Guest(name, stub, NO_LINE), stub);
        } catch (ControlException e) {
            throw new IOException(e.getMessage(), e);
        }
        kernels.serve(guest, stub, platform, log, attached);
    }

    /** Ends a guest that is still there; if a state is given, only in that. */
    void remove(Guest removed, @Nullable State only, Consumer<? super String> log) {
        Guest guest = registry.ending(removed.name, there -> there == removed && (only == null || there.state == only));
        if (guest == null) {
            return;
        }
        try {
            guest.end();
        } catch (IOException e) {
            log.accept(String.valueOf(e.getMessage()));
        } finally {
            registry.forget(guest);
        }
    }

    /**
     * Stops a guest; its queues are reset and free again when this returns.
     *
     * @throws ControlException MISSING: there is no such guest. CONFLICT: it is being started or stopped. REFUSED: the
     *     connection to its stub broke
     */
    public void stop(String name) throws ControlException {
        Guest guest = registry.stopping(name);
        try {
            guest.end();
        } catch (IOException e) {
            throw new ControlException(Reason.REFUSED, "name", "name '" + name + "': " + e.getMessage());
        } finally {
            registry.forget(guest);
        }
    }

    /** Returns all guests as they are now, by name. */
    public List<GuestStatus> list() {
        return registry.list(machine.adapterMask(), machine.usageDomains(), machine.controlDomains());
    }

    /**
     * Returns a guest as it is now.
     *
     * @throws ControlException MISSING: there is no such guest
     */
    public GuestStatus find(String name) throws ControlException {
        for (GuestStatus guest : list()) {
            if (guest.name().equals(name)) {
                return guest;
            }
        }
        throw new ControlException(Reason.MISSING, "name", "name '" + name + "': no guest of this name runs");
    }
}
