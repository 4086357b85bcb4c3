package org.apvirt.cli;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.HostCpu;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sysfs.SysfsFileSystem;

/** Guests that {@code apvirt ctl} has started on a running machine: each holds one mediated device, as QEMU does. */
final class RunningGuests {
    private static final int FIRST_PROCESS = 1000; // what the kernel's log calls the QEMU processes

    private final RunningMachine running;
    private final Map<String, S390Machine> guests = new TreeMap<>();
    private int started;

    RunningGuests(RunningMachine running) {
        this.running = running;
    }

    /**
     * Starts a guest with a device.
     *
     * @param uuid the mediated device
     * @return what QEMU says, lines
     * @throws IllegalStateException QEMU refuses, with what it says, or the name is taken
     */
    String start(String name, String uuid) {
        if (guests.containsKey(name)) {
            throw new IllegalStateException("guest '" + name + "' runs already");
        }
        SysfsFileSystem files = SysfsFileSystem.of(running.host().root());
        HostCpu cpu = GuestCpuCheck.hostCpu(running.file());
        KernelAccess access = new KernelAccess(running.host().kernel(), files::getPath, FIRST_PROCESS + started++);
        try {
            S390Machine guest = S390Machine.start(QemuHost.kvm(cpu, access),
                    QemuCommandLine.parse(List.of("qemu-system-s390x", "-machine", "s390-ccw-virtio,accel=kvm", "-cpu",
                            model(), "-device", "vfio-ap,sysfsdev=/sys/bus/mdev/devices/" + uuid)));
            guests.put(name, guest);
            return text(guest.messages().lines());
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
    void stop(String name) {
        S390Machine guest = guests.remove(name);
        if (guest == null) {
            throw new IllegalArgumentException("no guest '" + name + "' runs" + (guests.isEmpty()
                    ? ""
                    : "; these do: "
                            + guests.keySet()));
        }
        guest.close();
    }
}
