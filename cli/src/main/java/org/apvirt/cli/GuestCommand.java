// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;

import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Printable;
import org.apvirt.device.ErrnoException;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.plan.Plan;
import org.apvirt.plan.PlannedMdev;
import org.apvirt.running.ControlException;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code attach} and {@code qemu} share: a machine, or one guest of it, stands behind a real guest. */
abstract class GuestCommand implements Callable<Integer> {
    private static final int MILLIS_TO_DETACH = 2000;
    private static final String LPAR = "lpar"; // what the status calls a guest that has the whole machine

    @Spec
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MACHINE", description = "Machine file; with --guest a plan file.")
    Path machine;

    @Option(names = "--guest", paramLabel = "GUEST", description = {
            "Give it the matrix of this guest of the plan, a name or the UUID of its mediated device; its instructions"
                    + " go through the CRYCB.",
            "Default: it is an LPAR that owns the whole machine."})
    @Nullable
    String guest;

    @Option(names = "--secure", description = "The guest is a Secure Execution guest: its kernel can call the ultravisor. The machine file has"
            + " secure-guest: true, and AP instructions come through the plugin.")
    boolean secure;

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel the host plays: ${COMPLETION-CANDIDATES}; default: the one the file names.")
    private @Nullable Level level;

    /** Where the guest's address comes from. */
    @FunctionalInterface
    interface Stub {
        /** Makes it, once the machine runs, and returns its address. */
        String address() throws IOException;
    }

    private volatile @Nullable AttachedGuest attached;
    private volatile @Nullable Progress progress;

    /** QEMU has ended. */
    final void guestEnded() {
        AttachedGuest guestThere = attached;
        if (guestThere != null) {
            guestThere.guestEnded();
        }
    }

    /** Returns the name of this command, for the machine's status. */
    abstract String program();

    /** The guest is attached. */
    void attached() {}

    /** Returns whether a guest was attached. */
    final boolean isAttached() {
        return attached != null;
    }

    /** A signal ends this process: does what is to be done before. The guest is let go, and runs on. */
    void leave() {
        AttachedGuest guestThere = attached;
        if (guestThere != null) {
            guestThere.detach();
            awaitEnd(guestThere);
        }
    }

    /** Waits until all has been said of the guest. */
    final void awaitEnd() {
        AttachedGuest guestThere = attached;
        if (guestThere != null) {
            awaitEnd(guestThere);
        }
    }

    private static void awaitEnd(AttachedGuest guestThere) {
        try {
            guestThere.awaitEnd(MILLIS_TO_DETACH);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Boots the machine, attaches, and answers until the guest ends, or a signal ends this process (INT, TERM, HUP).
     *
     * @throws FileFormatException the machine file is wrong
     * @throws IOException no stub, or the machine refuses the guest's matrix
     */
    final void attach(Stub stub) throws FileFormatException, IOException {
        if (secure && guest != null) {
            throw new IOException(
                    "--secure: a guest of a plan is none here that the ultravisor protects (leave --guest out)");
        }
        try (Progress waiting = Progress.of("apvirt " + program())) {
            progress = waiting;
            attach(stub, waiting);
        }
    }

    private void attach(Stub stub, Progress waiting) throws FileFormatException, IOException {
        waiting.at("booting the machine of " + machine);
        RunningMachine running = guest == null
                ? RunningMachine.bootForAnother(machine, level)
                : RunningMachine.boot(machine, level);
        running.onGuestLine(this::say);
        String name = guest == null ? LPAR : nameOf(guest);
        ApPlatform platform = guest == null ? wholeMachine(running) : platformOf(running, name);
        Thread hook = new Thread(() -> {
            waiting.close();
            leave();
        }, "leave");
        Runtime.getRuntime().addShutdownHook(hook);
        waiting.at("waiting for QEMU");
        try (ControlServer control = ControlSocket.open(running, program())) {
            running.guests().serve(name, stub.address(), platform, this::say, real -> {
                attached = real;
                attached();
                waiting.close(); // the terminal may be the guest's console from now on
                say("attached; change the machine with: apvirt ctl --socket " + control.path() + " help");
            });
        } finally {
            remove(hook);
        }
    }

    private ApPlatform wholeMachine(RunningMachine running) throws IOException {
        ApPlatform platform = running.machine().platform();
        if (secure && !platform.isSecureGuest()) {
            throw new IOException("--secure: " + machine + " is no machine of a Secure Execution guest (add"
                    + " secure-guest: true to it)");
        }
        if (secure || !platform.isSecureGuest()) {
            return platform;
        }
        say(machine
                + ": secure-guest: true, but the guest's kernel is not told, so that it cannot use its queues; --secure tells it");
        return platform.withoutUltravisor();
    }

    /** Tells the user something, on standard error, which is not the guest's console. */
    final void say(String line) {
        Progress waiting = progress;
        if (waiting != null) {
            waiting.hide();
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("apvirt: " + Printable.message(line));
        err.flush();
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending already, by the hook itself.
        }
    }

    private String nameOf(String wanted) throws FileFormatException, IOException {
        Set<String> names = Plan.read(machine).guests().keySet();
        for (String name : names) {
            if (wanted.equals(name) || wanted.equals(PlannedMdev.uuidOf(name))) {
                return name;
            }
        }
        throw new IOException(machine + ": no guest '" + wanted + "' (guests: " + String.join(", ", names)
                + "; for a device that was created on a running machine: apvirt ctl start NAME UUID ADDRESS)");
    }

    private ApPlatform platformOf(RunningMachine running, String name) throws FileFormatException, IOException {
        Plan.Guest planned = Plan.read(machine).guests().get(name);
        if (planned == null) {
            throw new IOException(machine + ": guest " + name + " has just left the file");
        }
        try {
            PlannedMdev mdev = PlannedMdev.create(running.host(), name, planned);
            String cpu = planned.cpu();
            say("guest " + name + ": " + mdev.path());
            return running.guests().boot(name, PlannedMdev.uuidOf(name), cpu == null ? "host" : cpu, this::say);
        } catch (ErrnoException | ControlException e) {
            throw new IOException(machine + ": guest " + name + ": " + e.getMessage(), e);
        }
    }
}
