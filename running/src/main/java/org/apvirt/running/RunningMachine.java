// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.RealTime;
import org.apvirt.arch.Time;
import org.apvirt.device.Uevent;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.plan.MatrixPicture;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A machine that runs, in real time if not told otherwise, with a booted host and its guests. */
public final class RunningMachine {
    private static final int KEPT_EVENTS = 4096;

    private final MachineFile file;
    private final String name;
    private final SimulatedMachine machine;
    private final Host host;
    private final Instant since = Instant.now();
    private final Journal<String> log = new Journal<>(KEPT_EVENTS);
    private final Journal<Uevent> uevents = new Journal<>(KEPT_EVENTS);
    private final Journal<Change> changes = new Journal<>(KEPT_EVENTS);
    private final Jobs jobs = new Jobs(changes);
    private final Guests guests;
    private final GuestMigrations migrations;
    private final MachineControl control;
    private final MachineFaults faults;
    private final MachineKeys keys;
    private final MachineView view;
    private volatile Consumer<? super String> guestLines = line -> {};

    private RunningMachine(MachineFile file, String name, Time time) throws FileFormatException {
        this.file = file;
        this.name = name;
        this.machine = file.machine().build(time, true);
        this.host = file.boot(machine);
        this.guests = new Guests(file, machine, host, changes);
        this.migrations = new GuestMigrations(guests);
        this.faults = new MachineFaults(machine, host, changes);
        this.control = new MachineControl(file, machine, host, faults, changes);
        this.keys = new MachineKeys(machine, control, changes);
        this.view = new MachineView(machine, host, guests);
        host.kernel().followLog(log::add);
        Journal<Change> told = changes;
        Journal<Uevent> events = uevents;
        host.kernel().onUevent(event -> {
            events.add(event);
            note(told, event);
        });
    }

    /**
     * Boots the machine of a file.
     *
     * @param path a machine file, or a plan file, whose guests are not started
     * @param level the kernel to play, null: the one the file names
     * @throws FileFormatException the file is wrong
     */
    public static RunningMachine boot(Path path, @Nullable Level level) throws FileFormatException {
        return boot(MachineFile.read(path, level), path.toString());
    }

    /**
     * Boots the machine of a file for another operating system: the host here loads no driver for cards, so that it leaves the
     * queues as they are after power-on.
     *
     * @throws FileFormatException the file is wrong
     */
    public static RunningMachine bootForAnother(Path path, @Nullable Level level) throws FileFormatException {
        MachineFile file = MachineFile.read(path, level);
        List<String> modules = file.modules().stream().filter(module -> !module.startsWith("zcrypt")).toList();
        return boot(file.forAnother(modules), path.toString());
    }

    /**
     * Boots a machine, sets it up and starts its guests.
     *
     * @param name what the status calls the file
     * @throws FileFormatException the kernel or QEMU refuses something of the setup
     */
    public static RunningMachine boot(MachineFile file, String name) throws FileFormatException {
        return boot(file, name, new RealTime());
    }

    /**
     * Does the same on a clock, for a test one that stands still.
     *
     * @throws FileFormatException as above
     */
    public static RunningMachine boot(MachineFile file, String name, Time time) throws FileFormatException {
        RunningMachine running = new RunningMachine(file, name, time);
        for (Map.Entry<String, String> guest : file.setup().guests().entrySet()) {
            try {
                running.guests.start(guest.getKey(), guest.getValue());
            } catch (ControlException e) {
                throw new FileFormatException(file.setup().place(), "guest " + guest.getKey() + ": " + e.getMessage());
            }
        }
        return running;
    }

    /** Returns a machine file of all that it is now, its host included; guests with a kernel in QEMU TCG are left out. */
    public String snapshot() {
        Map<String, String> running = new TreeMap<>();
        for (GuestStatus guest : guests.list()) {
            if (guest.state() == GuestStatus.State.RUNNING && guest.mdev() != null && guest.stub() == null) {
                running.put(guest.name(), guest.mdev());
            }
        }
        return file.snapshot(machine, host, running);
    }

    /** What user space is told of the host's devices is what changes of them, too. */
    private static void note(Journal<Change> changes, Uevent event) {
        String path = event.devpath();
        Change.Kind kind = path.startsWith("/devices/ap/")
                ? Change.Kind.DEVICE
                : path.startsWith("/devices/vfio_ap/matrix/") ? Change.Kind.MDEV : null;
        if (kind != null) {
            changes.add(new Change(kind, path.substring(path.lastIndexOf('/') + 1), switch (event.action()) {
                case "add" -> Change.Action.ADDED;
                case "remove" -> Change.Action.REMOVED;
                default -> Change.Action.CHANGED;
            }));
        }
    }

    /** Returns what it was made of. */
    public MachineFile file() {
        return file;
    }

    /** Returns the hardware. */
    public SimulatedMachine machine() {
        return machine;
    }

    /** Returns the kernel on it. */
    public Host host() {
        return host;
    }

    /** Returns the guests. */
    public Guests guests() {
        return guests;
    }

    /** Returns how its guests come and go from and to other machines. */
    public GuestMigrations migrations() {
        return migrations;
    }

    /** Returns what can be done to it. */
    public MachineControl control() {
        return control;
    }

    /** Returns what goes wrong on it. */
    public MachineFaults faults() {
        return faults;
    }

    /** Returns the keys that its cards keep. */
    public MachineKeys keys() {
        return keys;
    }

    /** Returns what may have to wait. */
    public Jobs jobs() {
        return jobs;
    }

    /** Returns the lines of the host's kernel log, from its boot on. */
    public Journal<String> log() {
        return log;
    }

    /** Returns the uevents of the host's kernel since its boot was over. */
    public Journal<Uevent> uevents() {
        return uevents;
    }

    /** Returns what changed. */
    public Journal<Change> changes() {
        return changes;
    }

    /** Has lines about guests told to a listener; at first nobody hears them. */
    public void onGuestLine(Consumer<? super String> listener) {
        guestLines = listener;
    }

    /** Tells a line about a guest. */
    public void tell(String line) {
        guestLines.accept(line);
    }

    /** Returns the cards in the machine, by number. */
    public List<CardStatus> cards() {
        return view.cards();
    }

    /**
     * Returns a card.
     *
     * @param apid 0..255
     * @throws ControlException MISSING: there is none
     */
    public CardStatus card(int apid) throws ControlException {
        return view.card(control.card(apid));
    }

    /** Returns the queues of the host's AP bus, by number, with their owners. */
    public List<QueueStatus> queues() {
        return view.queues();
    }

    /** Returns who has each queue, in letters. */
    public MatrixPicture picture() {
        return view.picture();
    }

    /**
     * Returns a queue of the host's AP bus.
     *
     * @throws ControlException MISSING: there is none
     */
    public QueueStatus queue(Apqn apqn) throws ControlException {
        QueueStatus queue = view.queue(apqn);
        if (queue == null) {
            throw new ControlException(Reason.MISSING, "apqn",
                    "apqn " + apqn + ": the host's AP bus has no such queue");
        }
        return queue;
    }

    /**
     * Returns what runs.
     *
     * @param program the command that keeps it running
     * @param withQueues whether to tell of the queues, of which there may be 65,536
     */
    public MachineStatus status(String program, boolean withQueues) {
        return new MachineStatus(program, ProcessHandle.current().pid(), since, name, file.level().toString(),
                file.qemu().toString(), host.modules(), jobs.running(), guests.list(),
                withQueues ? queues() : List.of());
    }
}
