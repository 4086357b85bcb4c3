package org.apvirt.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

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
            QemuDirectory made = QemuDirectory.make(RuntimeDirectory.ofUser().open());
            directory = made;
            try {
                attach(() -> start(made));
                Process running = qemu;
                if (running == null) {
                    return Apvirt.REFUSED;
                }
                if (leaveRunning && running.isAlive()) {
                    return Apvirt.DONE; // let go by 'apvirt ctl stop'
                }
                return running.waitFor();
            } finally {
                endQemu();
            }
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
    }

    @Override
    void leave() {
        Process running = qemu;
        if (leaveRunning && running != null && running.isAlive()) {
            super.leave();
            QemuDirectory made = directory;
            say("QEMU runs on as process " + running.pid()
                    + (made == null ? "" : "; attach again with: apvirt attach " + machine + " --gdb " + made.gdb()));
            return;
        }
        endQemu();
        awaitEnd();
    }

    /** Ends QEMU and takes its directory away; nothing is left to do the second time. */
    private synchronized void endQemu() {
        Process running = qemu;
        if (leaveRunning && running != null && running.isAlive()) {
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

    private String start(QemuDirectory made) throws IOException {
        if (find(PROGRAM) == null) {
            throw new IOException(PROGRAM + ": not found; install it (Debian: qemu-system-misc or qemu-system-s390x)");
        }
        List<String> command = new ArrayList<>();
        if (!leaveRunning && find("setpriv") != null) {
            // The kernel ends QEMU even when nobody here can: after kill -9.
            command.addAll(List.of("setpriv", "--pdeathsig", "TERM"));
        }
        command.addAll(List.of(PROGRAM, "-S", "-chardev",
                "socket,id=apvirt-gdb,server=on,wait=off,path=" + made.gdb(), "-gdb", "chardev:apvirt-gdb"));
        command.addAll(arguments);
        Process started = new ProcessBuilder(command).inheritIO().start();
        qemu = started;
        made.belongsTo(started.pid(), leaveRunning);
        try {
            while (!Files.exists(made.gdb())) {
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
