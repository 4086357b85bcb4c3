// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apvirt.machine.FileFormatException;
import org.apvirt.plugin.PluginFile;
import org.apvirt.plugin.PluginTransport;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code apvirt qemu}: starts QEMU and attaches to it. */
@Command(name = "qemu", mixinStandardHelpOptions = true, description = {
        "Starts qemu-system-s390x with these arguments and gives its guest virtual crypto cards.",
        "QEMU ends with this program, whatever ends it. Exit status: that of QEMU."})
final class QemuCommand extends GuestCommand {
    static final String PROGRAM = "qemu-system-s390x";
    /** A kernel that is protected refuses virtio devices that would see all of its storage. */
    private static final String SHARED_DEVICES = "virtio-device.iommu_platform=on";
    private static final int MILLIS_TO_END = 3000;
    private static final String LISTENING = " 00010000 "; // the flag __SO_ACCEPTCON in /proc/net/unix

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "QEMU-ARGS", description = "Arguments for qemu-system-s390x, after --.")
    private List<String> arguments = new ArrayList<>();

    /** Ways on which AP instructions come from QEMU. */
    enum Transport {
        /** A plugin inside QEMU, from 11.1 on. */
        PLUGIN,
        /** QEMU's gdb stub. */
        GDB
    }

    @Option(names = "--transport", paramLabel = "plugin|gdb", description = "How AP instructions come from QEMU: a plugin inside it"
            + " (11.1 and later) or its gdb stub, which is slower. Default: the plugin if this QEMU loads it.")
    private @Nullable Transport transport;

    @Option(names = "--leave-running", description = "A signal (Ctrl-C, TERM, HUP) lets go of the guest, which runs on, instead of ending QEMU.")
    private boolean leaveRunning;

    private volatile @Nullable Process qemu;
    private volatile @Nullable QemuDirectory directory;
    private volatile @Nullable Path plugin;

    @Override
    String program() {
        return "qemu";
    }

    @Override
    public Integer call() throws FileFormatException, InterruptedException {
        try {
            if (find(PROGRAM) == null) {
                throw new IOException(
                        PROGRAM + ": not found; install it (Debian: qemu-system-misc or qemu-system-s390x)");
            }
            QemuDirectory made = QemuDirectory.make(RuntimeDirectory.ofUser().open());
            directory = made;
            if (secure && transport == Transport.GDB) {
                throw new IOException(
                        "--secure: only the plugin answers the ultravisor's calls (leave --transport gdb out)");
            }
            Future<PluginProbe> probe = transport == Transport.GDB ? null : probe(made);
            attach(() -> start(made, probe));
            Process running = qemu;
            if (running == null) {
                return Apvirt.REFUSED;
            }
            if (staysBehind(running)) {
                return Apvirt.DONE; // let go by 'apvirt ctl stop'
            }
            return running.waitFor();
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        } finally {
            endQemu();
        }
    }

    /** A guest that nobody was attached to yet stands still, and is of no use to anybody. */
    private boolean staysBehind(Process running) {
        return leaveRunning && isAttached() && running.isAlive();
    }

    private void awaitExit(Process started) {
        try {
            started.waitFor();
            guestEnded();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    void attached() {
        Process running = qemu;
        if (plugin != null && running != null && !running.isAlive()) {
            guestEnded();
        }
        QemuDirectory made = directory;
        if (!leaveRunning || made == null) {
            return;
        }
        try {
            made.staysBehind();
        } catch (IOException e) {
            say("the next apvirt qemu will end this QEMU too: " + e.getMessage());
        }
    }

    @Override
    void leave() {
        Process running = qemu;
        QemuDirectory made = directory;
        if (running == null || made == null || !staysBehind(running)) {
            endQemu();
            awaitEnd();
            return;
        }
        super.leave();
        say("QEMU runs on as process " + running.pid() + "; attach again with: apvirt attach " + machine
                + (guest == null ? "" : " --guest " + guest)
                + (plugin == null ? " --gdb " + made.gdb() : " --plugin " + made.plugin()) + "; end it with: kill "
                + running.pid());
    }

    /** Ends QEMU, unless it is to stay behind, and takes its directory away; nothing is left to do the second time. */
    private synchronized void endQemu() {
        Process running = qemu;
        if (running != null && staysBehind(running)) {
            return;
        }
        try {
            if (running != null) {
                running.destroy();
                if (!running.waitFor(MILLIS_TO_END, TimeUnit.MILLISECONDS)) {
                    running.destroyForcibly().waitFor(MILLIS_TO_END, TimeUnit.MILLISECONDS);
                }
            }
            QemuDirectory made = directory;
            if (made != null) {
                made.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            say(String.valueOf(e.getMessage()));
        }
    }

    /** Asks QEMU while the machine boots here. */
    private static Future<PluginProbe> probe(QemuDirectory made) {
        FutureTask<PluginProbe> task = new FutureTask<>(() -> PluginProbe.of(PROGRAM, made.path()));
        Thread thread = new Thread(task, "probe");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    /** Says which way is taken. */
    private @Nullable Path choose(@Nullable Future<PluginProbe> probe) throws IOException, InterruptedException {
        if (probe == null) {
            return null;
        }
        try {
            PluginProbe found = probe.get();
            if (found.plugin() == null && (secure || transport == Transport.PLUGIN)) {
                throw new IOException((secure ? "--secure: " : "--transport plugin: ") + found.refusal());
            }
            say(found.plugin() == null
                    ? "AP instructions come through QEMU's gdb stub: " + found.refusal()
                    : "AP instructions come through a plugin in QEMU");
            return found.plugin();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        }
    }

    private String start(QemuDirectory made, @Nullable Future<PluginProbe> probe) throws IOException {
        try {
            Path file = choose(probe);
            plugin = file;
            return start(made, file);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while QEMU started", e);
        }
    }

    private String start(QemuDirectory made, @Nullable Path file) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(wrapper());
        command.add(PROGRAM);
        command.addAll(file == null
                ? List.of("-S", "-chardev", "socket,id=apvirt-gdb,server=on,wait=off,path=" + made.gdb(), "-gdb",
                        "chardev:apvirt-gdb")
                : List.of("-plugin", PluginFile.option(file, made.plugin())));
        if (secure) {
            command.addAll(List.of("-global", SHARED_DEVICES));
        }
        command.addAll(arguments);
        Process started = new ProcessBuilder(command).inheritIO().start();
        qemu = started;
        if (file != null) {
            // It waits for us to listen. One that ends before it has connected would be waited for without this.
            Thread waiter = new Thread(() -> awaitExit(started), "QEMU's end");
            waiter.setDaemon(true);
            waiter.start();
            return PluginTransport.SCHEME + made.plugin();
        }
        while (!isListening(made.gdb())) {
            if (started.waitFor(10, TimeUnit.MILLISECONDS)) {
                throw new IOException(PROGRAM + " ended with status " + started.exitValue());
            }
        }
        return made.gdb().toString();
    }

    /** Its file is there before a socket can be connected to, and to try would use up the stub's only connection. */
    static boolean isListening(Path socket) throws IOException {
        if (!Files.exists(socket)) {
            return false;
        }
        try (Stream<String> sockets = Files.lines(Path.of("/proc/net/unix"), StandardCharsets.ISO_8859_1)) {
            return sockets.anyMatch(line -> line.contains(LISTENING) && line.endsWith(" " + socket));
        }
    }

    /**
     * Returns what starts QEMU in its place. One that may stay behind is in a session of its own, where Ctrl-C and the end of the
     * terminal do not reach it. Another is ended by the kernel even when nobody here can, after kill -9; should that have
     * happened already, the shell does not start it at all.
     */
    private List<String> wrapper() {
        if (leaveRunning) {
            return find("setsid") == null ? List.of() : List.of("setsid");
        }
        return endedWithUs("TERM");
    }

    /** Returns words that start a program which the kernel sends a signal when this process ends, however; none if they are not to be had. */
    static List<String> endedWithUs(String signal) {
        return find("setpriv") == null
                ? List.of()
                : List.of("setpriv", "--pdeathsig", signal, "sh", "-c",
                        "[ $PPID = \"$1\" ] || exit; shift; exec \"$@\"", "sh",
                        Long.toString(ProcessHandle.current().pid()));
    }

    private static @Nullable Path find(String program) {
        String path = System.getenv("PATH");
        for (String directory : path == null ? new String[0] : path.split(File.pathSeparator)) {
            Path candidate = Path.of(directory.isEmpty() ? "." : directory, program);
            if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
                return candidate;
            }
        }
        return null;
    }
}
