// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import org.apvirt.running.Change.Action;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.GuestStatus.State;
import org.apvirt.sim.ProtectedKeyWrapping;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The guests of a running machine, each a QEMU on KVM with one mediated device. A guest's kernel is a simulated one that
 * nobody looks into, or a real one in QEMU TCG, behind a gdb stub or a plugin. Starting and stopping may wait for resets; looking never does.
 * Thread-safe.
 */
public final class Guests {
    static final String DEVICES = "/sys/bus/mdev/devices/";
    private static final String UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,62}";
    private static final int FIRST_PROCESS = 1000; // what the kernel's log calls the QEMU processes
    private static final Line NO_LINE = new Line(List.of(), QemuVersion.SEED, "name"); // of who is no guest of ours

    private final SimulatedMachine machine;
    private final GuestQemus qemus;
    private final Journal<Change> changes;
    @GuardedBy("this")
    private final Map<String, Guest> guests = new TreeMap<>();
    @GuardedBy("this")
    private int started;

    Guests(MachineFile file, SimulatedMachine machine, Host host, Journal<Change> changes) {
        this.machine = machine;
        this.qemus = new GuestQemus(file, machine, host);
        this.changes = changes;
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
        return boot(name, null, words(uuid, qemus.model())).messages().lines();
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
        S390Machine vm = boot(name, stub, words(uuid, qemus.model()));
        try {
            serve(name, stub, vm, log);
            return vm.messages().lines();
        } catch (ControlException e) {
            remove(name, vm, log);
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
        S390Machine vm = boot(name, null, new Line(words, qemus.version(qemu), "words"));
        if (!owner.equals(ProcessHandle.current())) { // that ends with it anyhow
            owner.onExit().thenRun(() -> remove(name, vm, log));
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
        Guest guest = running(name);
        S390Machine vm = guest.machine;
        if (vm == null || guest.real != null) {
            throw new ControlException(Reason.CONFLICT, "name", "name '" + name + "': somebody serves its kernel");
        }
        serve(name, stub, vm, log);
    }

    private void serve(String name, String stub, S390Machine vm, Consumer<? super String> log) throws ControlException {
        try {
            AttachedGuest real = attach(stub, vm.platform(), log);
            wrapKeysFor(real, log);
            attached(name, stub, real);
            Thread.ofPlatform().daemon().name("guest " + name).start(() -> serve(name, real, log));
        } catch (IOException e) {
            throw new ControlException(Reason.REFUSED, "stub", "stub " + stub + ": " + e.getMessage());
        }
    }

    /**
     * Lets go of the kernel of a guest, which runs on; nothing is done if nobody serves it.
     *
     * @throws ControlException as {@link #stop}
     */
    public void letGo(String name) throws ControlException {
        AttachedGuest real;
        synchronized (this) {
            Guest guest = running(name);
            real = guest.real;
            guest.real = null; // so its end is not the guest's
            guest.stub = null;
        }
        try {
            Guest.letGo(real);
        } catch (IOException e) {
            throw new ControlException(Reason.REFUSED, "name", "name '" + name + "': " + e.getMessage());
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
        changes.add(new Change(Change.Kind.GUEST, name, Action.CHANGED));
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
        return machineOf(running(name));
    }

    synchronized S390Machine machineOf(Guest guest) throws ControlException {
        S390Machine vm = guest.machine;
        if (vm == null) {
            throw new ControlException(Reason.CONFLICT, "name",
                    "name '" + guest.name + "': it is an LPAR, not a guest");
        }
        return vm;
    }

    /** A guest that runs, and whose kernel nobody serves, is something else from now on. */
    Guest begin(String name, State state) throws ControlException {
        Guest guest;
        synchronized (this) {
            guest = running(name);
            machineOf(guest);
            if (guest.real != null) {
                throw new ControlException(Reason.CONFLICT, "name",
                        "name '" + name + "': its kernel is a real one in QEMU TCG, which"
                                + " stays where it is; let go of it first (DELETE /v1/guests/" + name + "/stub)");
            }
            guest.state = state;
        }
        changes.add(new Change(Change.Kind.GUEST, name, Action.CHANGED));
        return guest;
    }

    void become(Guest guest, State state) {
        synchronized (this) {
            guest.state = state;
        }
        changes.add(new Change(Change.Kind.GUEST, guest.name, Action.CHANGED));
    }

    /** Returns a guest that is on its way from one machine to another. */
    synchronized Guest travelling(String name) throws ControlException {
        Guest guest = guests.get(name);
        if (guest != null && guest.isTravelling()) {
            return guest;
        }
        throw new ControlException(Reason.CONFLICT, "name",
                "name '" + running(name).name + "': the guest is not on its way anywhere");
    }

    /** Returns a guest that neither starts nor ends. */
    private synchronized Guest running(String name) throws ControlException {
        Guest guest = guests.get(name);
        if (guest == null) {
            throw new ControlException(Reason.MISSING, "name", "name '" + name + "': no guest of this name runs"
                    + (guests.isEmpty() ? "" : "; these do: " + String.join(", ", guests.keySet())));
        }
        if (guest.state != State.RUNNING) {
            throw new ControlException(Reason.CONFLICT, "name",
                    "name '" + name + "': the guest is " + guest.state + "; see 'apvirt ctl jobs'");
        }
        return guest;
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
        S390Machine vm = boot(name, null, words(uuid, cpu));
        vm.messages().lines().forEach(messages);
        return vm.platform();
    }

    private S390Machine boot(String name, @Nullable String stub, Line line) throws ControlException {
        return boot(name, stub, line, stub == null ? State.RUNNING : State.STARTING);
    }

    /** Starts a virtual machine; then is what its guest does once it is there. */
    S390Machine boot(String name, @Nullable String stub, Line line, State then) throws ControlException {
        if (!name.matches(NAME)) {
            throw new ControlException(Reason.INVALID, "name", "name '" + name
                    + "' is none for a guest (use letters, digits, '_', '.' and '-')");
        }
        int process;
        Guest guest = new Guest(name, stub, line);
        synchronized (this) {
            if (guests.containsKey(name)) {
                throw new ControlException(Reason.CONFLICT, "name",
                        "name '" + name + "': a guest of this name runs already");
            }
            guests.put(name, guest);
            process = FIRST_PROCESS + started++;
        }
        changes.add(new Change(Change.Kind.GUEST, name, Action.ADDED));
        S390Machine vm = null;
        try {
            vm = qemus.start(line.words, line.qemu, process);
            vm.onEvent((id, path) -> changes.add(new Change(Change.Kind.GUEST, name, Action.CHANGED)));
            return vm;
        } catch (QemuExit e) {
            throw new ControlException(Reason.REFUSED, line.argument,
                    String.join(" ", e.messages().lines()).strip());
        } finally {
            if (vm == null) {
                forget(name, guest);
            } else {
                started(guest, vm, then);
            }
        }
    }

    /** One whose kernel is yet to be found is still starting; nobody stops it meanwhile. */
    private void started(Guest guest, S390Machine vm, State then) {
        synchronized (this) {
            guest.machine = vm;
            guest.state = then;
        }
        changes.add(new Change(Change.Kind.GUEST, guest.name, Action.CHANGED));
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
        try (AttachedGuest real = attach(stub, platform, log)) {
            wrapKeysFor(real, log);
            synchronized (this) {
                Guest booted = guests.get(name);
                Guest serving = new Guest(name, stub, booted == null ? NO_LINE : booted.line);
                serving.machine = booted == null ? null : booted.machine;
                guests.put(name, serving);
            }
            attached(name, stub, real);
            attached.accept(real);
            real.run();
            ended(name, real);
        }
    }

    /** A guest can use protected keys only if they are wrapped as its CPU unwraps them. */
    private void wrapKeysFor(AttachedGuest real, Consumer<? super String> log) throws IOException {
        String version;
        try {
            version = real.version();
        } catch (IOException e) {
            real.close();
            throw e;
        }
        if (ProtectedKeyWrapping.isOfQemu(version)) {
            machine.setProtectedKeyWrapping(ProtectedKeyWrapping.ofQemu());
            log.accept("protected keys: " + ProtectedKeyWrapping.ofQemu() + ", as QEMU " + version + " unwraps them");
        }
    }

    private static AttachedGuest attach(String address, ApPlatform platform, Consumer<? super String> log)
            throws IOException {
        return AttachedGuest.over(GuestAddress.open(address, platform, false, log), platform, log);
    }

    private void attached(String name, String stub, AttachedGuest real) {
        synchronized (this) {
            Guest guest = guests.get(name);
            if (guest != null) {
                guest.stub = stub;
                guest.real = real;
                guest.state = State.RUNNING;
            }
        }
        changes.add(new Change(Change.Kind.GUEST, name, Action.CHANGED));
    }

    private void serve(String name, AttachedGuest real, Consumer<? super String> log) {
        try {
            real.run();
        } catch (IOException e) {
            log.accept(String.valueOf(e.getMessage()));
        } finally {
            ended(name, real);
        }
    }

    /** A real guest has powered off: its device is free again, as when QEMU exits. */
    private void ended(String name, AttachedGuest real) {
        Guest guest;
        S390Machine vm;
        synchronized (this) {
            guest = guests.get(name);
            if (guest == null || guest.real != real || guest.state == State.STOPPING) {
                return;
            }
            guest.state = State.STOPPING;
            vm = guest.machine;
        }
        try {
            if (vm != null) {
                vm.close();
            }
        } finally {
            forget(name, guest);
        }
    }

    private void remove(String name, S390Machine vm, Consumer<? super String> log) {
        remove(name, vm, null, log);
    }

    /** Ends a guest that is still there; if a state is given, only in that. */
    void remove(String name, S390Machine vm, @Nullable State only, Consumer<? super String> log) {
        Guest guest;
        AttachedGuest real;
        synchronized (this) {
            guest = guests.get(name);
            if (guest == null || guest.machine != vm || guest.state == State.STOPPING
                    || only != null && guest.state != only) {
                return;
            }
            guest.state = State.STOPPING;
            real = guest.real;
        }
        try {
            guest.end(vm, real);
        } catch (IOException e) {
            log.accept(String.valueOf(e.getMessage()));
        } finally {
            forget(name, guest);
        }
    }

    private void forget(String name, Guest guest) {
        boolean removed;
        synchronized (this) {
            removed = guests.remove(name, guest);
        }
        if (removed) {
            changes.add(new Change(Change.Kind.GUEST, name, Action.REMOVED));
        }
    }

    /**
     * Stops a guest; its queues are reset and free again when this returns.
     *
     * @throws ControlException MISSING: there is no such guest. CONFLICT: it is being started or stopped. REFUSED: the
     *     connection to its stub broke
     */
    public void stop(String name) throws ControlException {
        Guest guest;
        S390Machine vm;
        AttachedGuest real;
        synchronized (this) {
            Guest there = guests.get(name);
            guest = there != null && there.isTravelling() ? there : running(name);
            guest.state = State.STOPPING;
            vm = guest.machine;
            real = guest.real;
        }
        changes.add(new Change(Change.Kind.GUEST, name, Action.CHANGED));
        try {
            guest.end(vm, real);
        } catch (IOException e) {
            throw new ControlException(Reason.REFUSED, "name", "name '" + name + "': " + e.getMessage());
        } finally {
            forget(name, guest);
        }
    }

    /** Returns all guests as they are now, by name. */
    public List<GuestStatus> list() {
        List<GuestStatus> found = new ArrayList<>();
        synchronized (this) {
            Collection<Guest> present = guests.values();
            for (Guest guest : present) {
                found.add(guest.status(machine.adapterMask(), machine.usageDomains(), machine.controlDomains()));
            }
        }
        return found;
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
