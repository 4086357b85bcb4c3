package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.ApPlatform;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Level;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.host.FileFormatException;
import org.apvirt.host.Plan;
import org.apvirt.host.PlannedMdev;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code attach} and {@code qemu} share: which machine, or which guest of it, stands behind a real guest. */
final class GuestAttachment {
    @Parameters(index = "0", paramLabel = "MACHINE", description = "Machine file; with --guest a plan file.")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private Path machine;

    @Option(names = "--guest", paramLabel = "NAME", description = {
            "Give the guest the matrix of this guest of the plan; its instructions go through its CRYCB.",
            "Default: it is an LPAR that owns the whole machine."})
    private @Nullable String guest;

    @Option(names = "--level", converter = LevelOption.class, description = "Kernel the host plays: seed, linux-6.12 or linux-7.2; default: the one the file names.")
    private @Nullable Level level;

    /** Where QEMU's gdb stub comes from. */
    @FunctionalInterface
    interface Stub {
        /** Makes it and returns its address. */
        String address() throws IOException;
    }

    /**
     * Boots the machine, attaches, and answers until the guest ends.
     *
     * @throws FileFormatException the machine file is wrong
     * @throws IOException no stub, or the machine refuses the guest's matrix
     */
    void run(Stub stub, PrintWriter err) throws FileFormatException, IOException {
        RunningMachine running = RunningMachine.boot(machine, level);
        ApPlatform platform = guest == null ? running.machine().platform() : platformOf(running, guest, err);
        try (ControlSocket control = ControlSocket.open(ControlSocket.pathOf(ProcessHandle.current().pid()), running);
                AttachedGuest attached = AttachedGuest.attach(stub.address(), platform, line -> say(err, line))) {
            say(err, "attached; change the machine with: apvirt ctl --socket " + control.path() + " help");
            Thread hook = new Thread(() -> leave(attached), "detach");
            Runtime.getRuntime().addShutdownHook(hook);
            attached.run();
            remove(hook);
        }
    }

    private static void say(PrintWriter err, String line) {
        err.println("apvirt: " + line);
        err.flush();
    }

    /** Ctrl-C: the guest is let go cleanly; a second one is not waited for. */
    private static void leave(AttachedGuest attached) {
        attached.detach();
        try {
            attached.awaitEnd(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending already, by the hook itself.
        }
    }

    private ApPlatform platformOf(RunningMachine running, String name, PrintWriter err)
            throws FileFormatException, IOException {
        Plan.Guest planned = Plan.read(machine).guests().get(name);
        if (planned == null) {
            throw new IOException(machine + ": no guest '" + name + "' (guests: "
                    + String.join(", ", Plan.read(machine).guests().keySet()) + ")");
        }
        try {
            PlannedMdev mdev = PlannedMdev.create(running.host(), name, planned);
            String named = planned.cpu();
            String cpu = named == null ? "host" : named;
            KernelAccess access = new KernelAccess(running.host().kernel(),
                    SysfsFileSystem.of(running.host().root())::getPath, (int) ProcessHandle.current().pid());
            S390Machine qemu = S390Machine.start(QemuHost.kvm(GuestCpuCheck.hostCpu(running.file()), access),
                    QemuCommandLine.parse(List.of("qemu-system-s390x", "-cpu", cpu, "-device",
                            "vfio-ap,sysfsdev=" + mdev.path())));
            qemu.messages().lines().forEach(line -> say(err, line));
            return qemu.platform();
        } catch (ErrnoException e) {
            throw new IOException(machine + ": guest " + name + ": " + e.getMessage(), e);
        } catch (QemuExit e) {
            throw new IOException(machine + ": guest " + name + ": " + e.getMessage(), e);
        }
    }
}
