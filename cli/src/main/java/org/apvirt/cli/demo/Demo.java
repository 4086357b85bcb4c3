// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.demo;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.cli.lszcrypt.CardTree;
import org.apvirt.cli.lszcrypt.Layout;
import org.apvirt.cli.lszcrypt.Listing;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sie.Apcb1;
import org.apvirt.sysfs.SysfsFileSystem;

/** Plays the six steps of the specification, then looks into both guests. */
public final class Demo {
    private static final String MACHINE = """
            level: seed
            adapters:
              5: CEX5C
              6: CEX5A
            usage-domains: [4, 0x47, 0xab, 0xff]
            """;
    private static final List<String> QUEUES = List.of("05.0004", "05.00ab", "05.0047", "05.00ff", "06.0004",
            "06.00ab");
    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough";
    private static final String UUID_1 = "6e2c6b3a-4a8f-4c57-9d3e-0b1a5f7c9e01";
    private static final String UUID_2 = "6e2c6b3a-4a8f-4c57-9d3e-0b1a5f7c9e02";
    private static final int QEMU_PROCESS = 4711;

    private final Host host;
    private final Console console;

    private Demo(Host host, PrintWriter out) {
        this.host = host;
        this.console = new Console(host, out);
    }

    /**
     * Plays it.
     *
     * @throws ErrnoException the kernel refused a command
     * @throws QemuExit QEMU did not start
     */
    public static void run(PrintWriter out) throws FileFormatException, ErrnoException, QemuExit {
        MachineFile file = MachineFile.parse(MACHINE, "demo");
        out.println("A host with two cards, booted at level " + file.level() + ":");
        out.println();
        MACHINE.lines().forEach(line -> out.println("    " + line));
        new Demo(file.boot(new VirtualTime()), out).play();
    }

    private void play() throws ErrnoException, QemuExit {
        console.heading("The host's own view:");
        console.command("lszcrypt");
        console.effect(cards(host));
        console.heading("Step 1: take the queues from the host's driver.");
        for (String queue : QUEUES) {
            console.echo(queue, "/sys/bus/ap/drivers/cex4queue/unbind");
            console.effect(queue + " has " + console.driver(queue));
        }
        console.heading("Step 2: give them to vfio_ap.");
        for (String queue : QUEUES) {
            console.echo(queue, "/sys/bus/ap/drivers/vfio_ap/bind");
            console.effect(queue + " has " + console.driver(queue));
        }
        console.heading("Step 3: create a mediated device for each guest.");
        create(UUID_1);
        create(UUID_2);
        console.heading("Step 4: assign adapters and domains.");
        assign(UUID_1, List.of("5", "6"), List.of("4", "0xab"));
        assign(UUID_2, List.of("5"), List.of("0x47", "0xff"));
        console.heading("Step 5: start guest 1.");
        try (S390Machine first = start(UUID_1)) {
            console.heading("Step 6: start guest 2.");
            try (S390Machine second = start(UUID_2)) {
                look("guest 1", first);
                look("guest 2", second);
                explain();
                isolation(second);
            }
        }
    }

    private void create(String uuid) throws ErrnoException {
        console.echo(uuid, TYPE + "/create");
        console.effect(
                "/sys/devices/vfio_ap/matrix/" + uuid + " exists, " + host.read(TYPE + "/available_instances").strip()
                        + " more are possible");
    }

    private void assign(String uuid, List<String> adapters, List<String> domains) throws ErrnoException {
        String mdev = "/sys/devices/vfio_ap/matrix/" + uuid;
        for (String adapter : adapters) {
            console.echo(adapter, mdev + "/assign_adapter");
        }
        for (String domain : domains) {
            console.echo(domain, mdev + "/assign_domain");
        }
        console.cat(mdev + "/matrix");
    }

    private S390Machine start(String uuid) throws QemuExit {
        List<String> words = List.of("qemu-system-s390x", "-machine", "s390-ccw-virtio,accel=kvm", "-cpu", "zEC12",
                "-device", "vfio-ap,sysfsdev=/sys/devices/vfio_ap/matrix/" + uuid);
        console.command(String.join(" ", words));
        ApPlatform platform = host.platform();
        HostCpu cpu = HostCpu.kvm(QemuVersion.SEED, CpuDefinition.ZEC12, platform.facilities(), true);
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, QEMU_PROCESS);
        S390Machine machine = S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(words));
        machine.messages().lines().forEach(console::effect);
        KvmGuest guest = machine.guest();
        if (guest != null) {
            Apcb1 masks = guest.crycb().apcb1();
            console.effect("CRYCB of the guest:\nAPM " + masks.apm() + "\nAQM " + masks.aqm() + "\nADM " + masks.adm());
        }
        return machine;
    }

    /** Boots the guest's own kernel on its virtual machine and lists what it finds. */
    private void look(String name, S390Machine machine) {
        Host guest = Host.boot(machine.platform(),
                new HostOptions(host.level(), "", HostOptions.GUEST_MODULES));
        console.heading("Inside " + name + ":");
        console.command("lszcrypt");
        console.effect(cards(guest));
    }

    private static String cards(Host host) {
        Path sys = SysfsFileSystem.of(host.root()).getPath("/sys");
        return new Listing(new CardTree(sys), Layout.SEED, false, Listing.Filter.ALL).text(List.of()).text();
    }

    private void explain() {
        console.heading("The specification prints two rows differently, and they cannot be:");
        console.paragraph(
                """
                        - queue 06.00ab of guest 1 as CEX5C CCA-Coproc: a queue has the type of its card, and card 06 is a CEX5A;
                        - card 05 of guest 2 as CEX5A Accelerator: it is the card that guest 1 sees as CEX5C CCA-Coproc.""");
    }

    /** Guest 2 tries to use a queue of guest 1. */
    private void isolation(S390Machine second) throws ErrnoException {
        console.heading("Guest 2 sends a message to queues of guest 1 (NQAP):");
        ApPlatform platform = second.platform();
        ApCommands commands = new ApCommands(platform.instructions(), platform.facilities());
        byte[] message = new byte[256];
        for (Apqn apqn : List.of(new Apqn(5, 4), new Apqn(6, 0xab))) {
            ApQueueStatus status = new ApQueueStatus(commands.nqap(apqn, 1, message, message.length, false));
            console.effect(String.format("%s: response code %02x", apqn, status.response().code()));
        }
        console.heading("And the host has given them away:");
        console.cat("/sys/devices/ap/card05/05.0004/status");
        console.effect("driver " + console.driver("05.0004") + ", so /dev/z90crypt does not use it");
    }
}
