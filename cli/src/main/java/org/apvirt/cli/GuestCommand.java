package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;

import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Printable;
import org.apvirt.device.ErrnoException;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.host.FileFormatException;
import org.apvirt.host.Level;
import org.apvirt.host.Plan;
import org.apvirt.host.PlannedMdev;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code attach} and {@code qemu} share: a machine, or one guest of it, stands behind a real guest. */
abstract class GuestCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MACHINE", description = "Machine file; with --guest a plan file.")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    Path machine;

    @Option(names = "--guest", paramLabel = "GUEST", description = {
            "Give it the matrix of this guest of the plan, a name or the UUID of its mediated device; its instructions"
                    + " go through the CRYCB.",
            "Default: it is an LPAR that owns the whole machine."})
    @Nullable
    String guest;

    @Option(names = "--level", converter = LevelOption.class, description = "Kernel the host plays: seed, linux-6.12 or linux-7.2; default: the one the file names.")
    private @Nullable Level level;

    /** Where QEMU's gdb stub comes from. */
    @FunctionalInterface
    interface Stub {
        /** Makes it, once the machine runs, and returns its address. */
        String address() throws IOException;
    }

    /**
     * Boots the machine, attaches, and answers until the guest ends.
     *
     * @throws FileFormatException the machine file is wrong
     * @throws IOException no stub, or the machine refuses the guest's matrix
     */
    final void attach(Stub stub) throws FileFormatException, IOException {
        RunningMachine running = guest == null
                ? RunningMachine.bootForAnother(machine, level)
                : RunningMachine.boot(machine, level);
        ApPlatform platform = guest == null ? running.machine().platform() : platformOf(running, guest);
        try (ControlSocket control = ControlSocket.open(ControlSocket.pathOf(ProcessHandle.current().pid()), running);
                AttachedGuest attached = AttachedGuest.attach(stub.address(), platform, this::say)) {
            say("attached; change the machine with: apvirt ctl --socket " + control.path() + " help");
            Thread hook = new Thread(() -> leave(attached), "detach");
            Runtime.getRuntime().addShutdownHook(hook);
            attached.run();
            remove(hook);
        }
    }

    /** Tells the user something, on standard error, which is not the guest's console. */
    final void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("apvirt: " + Printable.message(line));
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

    private ApPlatform platformOf(RunningMachine running, String wanted) throws FileFormatException, IOException {
        Map<String, Plan.Guest> guests = Plan.read(machine).guests();
        for (Map.Entry<String, Plan.Guest> planned : guests.entrySet()) {
            String name = planned.getKey();
            if (wanted.equals(name) || wanted.equals(PlannedMdev.uuidOf(name))) {
                try {
                    PlannedMdev mdev = PlannedMdev.create(running.host(), name, planned.getValue());
                    String cpu = planned.getValue().cpu();
                    say("guest " + name + ": " + mdev.path());
                    return new RunningGuests(running).boot(cpu == null ? "host" : cpu, mdev.path(), this::say)
                            .platform();
                } catch (ErrnoException | IllegalStateException e) {
                    throw new IOException(machine + ": guest " + name + ": " + e.getMessage(), e);
                }
            }
        }
        throw new IOException(machine + ": no guest '" + wanted + "' (guests: " + String.join(", ", guests.keySet())
                + "; for a device that was created on a running machine: apvirt ctl start NAME UUID ADDRESS)");
    }
}
