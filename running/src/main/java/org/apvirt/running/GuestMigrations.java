// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.apvirt.qemu.ApBridge;
import org.apvirt.qemu.QemuException;
import org.apvirt.qemu.S390Machine;
import org.apvirt.qemu.VfioApDevice;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.GuestStatus.State;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Live migration of guests between machines that run, each in a process of its own.
 *
 * <pre>
 *  here                                      there
 *  send: paused, its stream is made ───────► receive: started, paused, its device has the queues
 *                                            (or refused, and nothing is left of it)
 *  Guests.stop: its queues are reset         run: it runs
 *  or run: it runs here as before            or Guests.stop
 * </pre>
 *
 * Who carries the stream decides: a guest is paused on both sides until it is told which one it is. Thread-safe.
 */
public final class GuestMigrations {
    private final Guests guests;
    private final GuestRegistry registry;

    GuestMigrations(Guests guests) {
        this.guests = guests;
        this.registry = guests.registry();
    }

    /**
     * Pauses a guest and returns what travels of it. It has its queues until it is stopped.
     *
     * @throws ControlException MISSING: there is no such guest. CONFLICT: it starts, ends or travels, or its kernel is a real one.
     *     REFUSED: its device cannot be migrated; it runs on
     */
    public MigrationStream send(String name) throws ControlException {
        Guest guest = registry.begin(name, State.MIGRATING);
        boolean sent = false;
        try {
            S390Machine vm = registry.machineOf(guest);
            byte[] state = vm.execution().save();
            sent = true;
            return new MigrationStream(name, guest.line.qemu(), words(guest.line.words(), vm), state);
        } catch (QemuException e) {
            throw new ControlException(Reason.REFUSED, "name", "name '" + name + "': " + explained(e)
                    + (String.valueOf(e.getMessage()).startsWith("State blocked")
                            ? "; unplug its device, migrate it, and plug the device of the other host"
                            : ""));
        } finally {
            if (!sent) {
                registry.become(guest, State.RUNNING);
            }
        }
    }

    /** What a QEMU has to be started with to have the devices that this one has now. */
    private static List<String> words(List<String> started, S390Machine vm) {
        ApBridge bridge = vm.apBridge();
        VfioApDevice device = bridge == null ? null : bridge.device();
        String id = device == null ? null : device.id();
        if (device != null && started.stream()
                .anyMatch(word -> word.contains(device.name()) && (id == null || word.contains(id)))) {
            return started;
        }
        List<String> words = new ArrayList<>();
        for (String word : started) {
            int last = words.size() - 1;
            if (last > 0 && words.get(last).matches("--?device") && word.contains("vfio-ap")) {
                words.remove(last);
            } else {
                words.add(word);
            }
        }
        if (device != null) {
            words.add("-device");
            words.add("vfio-ap,sysfsdev=" + Guests.DEVICES + device.name() + (id == null ? "" : ",id=" + id));
        }
        return words;
    }

    private static String explained(QemuException e) {
        String hint = e.hint();
        return e.getMessage() + (hint == null ? "" : " (" + hint + ")");
    }

    /**
     * Starts a guest that comes from another machine, and leaves it paused.
     *
     * @param name what it is called here, null: as there
     * @param process the guest ends with this process of this computer unless it was told to run before; null: with none
     * @param log gets lines about the guest
     * @return what it is called here
     * @throws ControlException INVALID: no such process. CONFLICT: the name is taken. REFUSED: QEMU cannot be started like this, or the
     *     device cannot take its state; nothing is left of the guest
     */
    public String receive(MigrationStream stream, @Nullable String name, @Nullable Long process,
            Consumer<? super String> log)
            throws ControlException {
        ProcessHandle owner = process == null ? null : ProcessHandle.of(process).orElse(null);
        if (process != null && owner == null) {
            throw new ControlException(Reason.INVALID, "process", "process " + process + ": there is none");
        }
        String here = name == null ? stream.guest() : name;
        Guest guest = new Guest(here, null, new Guests.Line(stream.words(), stream.qemu(), "stream"));
        S390Machine vm = guests.boot(guest, State.INCOMING);
        vm.execution().stop();
        boolean loaded = false;
        try {
            vm.execution().load(stream.device());
            loaded = true;
        } catch (QemuException e) {
            throw new ControlException(Reason.REFUSED, "stream", "guest '" + here + "': " + explained(e));
        } finally {
            if (!loaded) {
                guests.remove(guest, State.INCOMING, log);
            }
        }
        if (owner != null && !owner.equals(ProcessHandle.current())) {
            owner.onExit().thenRun(() -> guests.remove(guest, State.INCOMING, log));
        }
        return here;
    }

    /**
     * Lets a guest run here: one that was sent and is not wanted elsewhere, or one that was received.
     *
     * @throws ControlException MISSING: there is no such guest. CONFLICT: it is not on its way
     */
    public void run(String name) throws ControlException {
        Guest guest = registry.travelling(name);
        S390Machine vm = registry.machineOf(guest);
        vm.execution().cont();
        registry.become(guest, State.RUNNING);
    }
}
