package org.apvirt.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apvirt.machine.FileFormatException;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code apvirt qemu}: starts QEMU and attaches to it. */
@Command(name = "qemu", mixinStandardHelpOptions = true, description = {
        "Starts qemu-system-s390x with these arguments and gives its guest virtual crypto cards.",
        "QEMU ends with this program, whatever ends it. Exit status: that of QEMU."})
final class QemuCommand extends GuestCommand {
    private static final String PROGRAM = "qemu-system-s390x";
    private static final int MILLIS_TO_END = 3000;
    private static final String LISTENING = " 00010000 "; // the flag __SO_ACCEPTCON in /proc/net/unix

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "QEMU-ARGS", description = "Arguments for qemu-system-s390x, after --.")
    private List<String> arguments = new ArrayList<>();

    @Option(names = "--leave-running", description = "A signal (Ctrl-C, TERM, HUP) lets go of the guest, which runs on, instead of ending QEMU.")
    private boolean leaveRunning;

    private volatile @Nullable Process qemu;
    private volatile @Nullable QemuDirectory directory;

    @Override
    String program() {
        return "qemu";
    }

    @Override
    public Integer call() throws FileFormatException, InterruptedException {
        try {
            attach(this::start);
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

    @Override
    void attached() {
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
                + (guest == null ? "" : " --guest " + guest) + " --gdb " + made.gdb() + "; end it with: kill "
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

    private String start() throws IOException {
        if (find(PROGRAM) == null) {
            throw new IOException(PROGRAM + ": not found; install it (Debian: qemu-system-misc or qemu-system-s390x)");
        }
        QemuDirectory made = QemuDirectory.make(RuntimeDirectory.ofUser().open());
        directory = made;
        List<String> command = new ArrayList<>(wrapper());
        command.addAll(List.of(PROGRAM, "-S", "-chardev",
                "socket,id=apvirt-gdb,server=on,wait=off,path=" + made.gdb(), "-gdb", "chardev:apvirt-gdb"));
        command.addAll(arguments);
        Process started = new ProcessBuilder(command).inheritIO().start();
        qemu = started;
        try {
            while (!isListening(made.gdb())) {
                if (started.waitFor(10, TimeUnit.MILLISECONDS)) {
                    throw new IOException(PROGRAM + " ended with status " + started.exitValue());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while QEMU started", e);
        }
        return made.gdb().toString();
    }

    /** Its file is there before a socket can be connected to, and to try would use up the stub's only connection. */
    private static boolean isListening(Path socket) throws IOException {
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
        return find("setpriv") == null
                ? List.of()
                : List.of("setpriv", "--pdeathsig", "TERM", "sh", "-c",
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
