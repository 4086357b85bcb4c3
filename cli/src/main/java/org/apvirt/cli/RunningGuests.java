package org.apvirt.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.apvirt.arch.Facilities;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Guests of a running machine, each with one mediated device, as QEMU on KVM has it. The guest's kernel is a simulated one
 * that nobody looks into, or a real one behind a gdb stub.
 */
final class RunningGuests {
    private static final int FIRST_PROCESS = 1000; // what the kernel's log calls the QEMU processes

    private final RunningMachine running;
    private final Map<String, Guest> guests = new TreeMap<>();
    private int started;

    RunningGuests(RunningMachine running) {
        this.running = running;
    }

    /**
     * One guest.
     *
     * @param machine its virtual machine
     * @param real the kernel that runs on it, null: none
     */
    private record Guest(S390Machine machine, @Nullable AttachedGuest real) {
        void end() throws IOException {
            AttachedGuest attached = real;
            if (attached != null) {
                try {
                    attached.detach();
                    attached.awaitEnd(2000);
                    attached.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            machine.close();
        }
    }

    /**
     * Starts a guest with a device.
     *
     * @param uuid the mediated device
     * @return what QEMU says, lines
     * @throws IllegalStateException QEMU refuses, with what it says, or the name is taken
     */
    synchronized String start(String name, String uuid) {
        List<String> messages = new ArrayList<>();
        guests.put(name, new Guest(bootWith(name, uuid, messages), null));
        return text(messages);
    }

    private S390Machine bootWith(String name, String uuid, List<String> messages) {
        if (guests.containsKey(name)) {
            throw new IllegalStateException("guest '" + name + "' runs already");
        }
        return boot(model(), "/sys/bus/mdev/devices/" + uuid, messages::add);
    }

    /**
     * Starts a guest with a device, whose kernel is the one behind a gdb stub.
     *
     * @param address of the stub
     * @param log gets lines about the guest while it runs
     * @throws IllegalStateException QEMU refuses, the name is taken, or there is no s390x guest at the address
     */
    synchronized String start(String name, String uuid, String address, Consumer<? super String> log) {
        List<String> messages = new ArrayList<>();
        S390Machine machine = bootWith(name, uuid, messages);
        try {
            AttachedGuest real = AttachedGuest.attach(address, machine.platform(), log);
            guests.put(name, new Guest(machine, real));
            Thread.ofPlatform().daemon().name("guest " + name).start(() -> serve(name, real, log));
            return text(messages);
        } catch (IOException e) {
            machine.close();
            throw new IllegalStateException(e.getMessage(), e);
        }
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
    private synchronized void ended(String name, AttachedGuest real) {
        Guest guest = guests.get(name);
        if (guest != null && guest.real == real) {
            guests.remove(name);
            guest.machine.close();
        }
    }

    /**
     * Starts a virtual machine.
     *
     * @param cpu what {@code -cpu} names
     * @param device the directory of the mediated device
     * @param messages takes what QEMU says, lines
     * @throws IllegalStateException QEMU refuses, with what it says
     */
    synchronized S390Machine boot(String cpu, String device, Consumer<? super String> messages) {
        KernelAccess access = new KernelAccess(running.host().kernel(),
                SysfsFileSystem.of(running.host().root())::getPath, FIRST_PROCESS + started++);
        try {
            S390Machine machine = S390Machine.start(QemuHost.kvm(GuestCpuCheck.hostCpu(running.file()), access),
                    QemuCommandLine.parse(List.of("qemu-system-s390x", "-machine", "s390-ccw-virtio,accel=kvm", "-cpu",
                            cpu, "-device", "vfio-ap,sysfsdev=" + device)));
            machine.messages().lines().forEach(messages);
            return machine;
        } catch (QemuExit e) {
            throw new IllegalStateException(text(e.messages().lines()).strip().replace('\n', ' '), e);
        }
    }

    /** All of AP that the machine has; not every QEMU switches it on by itself. */
    private String model() {
        Facilities facilities = running.machine().facilities();
        return "zEC12,ap=on" + (facilities.has(Facilities.QCI) ? ",apqci=on" : "")
                + (facilities.has(Facilities.APFT) ? ",apft=on" : "");
    }

    private static String text(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + '\n';
    }

    /**
     * Stops a guest; its queues are reset and free again.
     *
     * @throws IllegalArgumentException there is no such guest
     */
    synchronized void stop(String name) {
        Guest guest = guests.remove(name);
        if (guest == null) {
            throw new IllegalArgumentException("no guest '" + name + "' runs"
                    + (guests.isEmpty() ? "" : "; these do: " + guests.keySet()));
        }
        try {
            guest.end();
        } catch (IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
