package org.apvirt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

import com.sun.jna.LastErrorException;
import org.apvirt.host.FileFormatException;
import org.apvirt.host.Level;
import org.apvirt.sysfs.PrivateNamespace;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code apvirt exec}: runs an unmodified program that sees the simulated machine.
 *
 * <p>This process becomes the program: it replaces itself by {@code unshare} (a mount namespace of its own; for an
 * ordinary user a user namespace too), which starts the server of the machine in the background, waits until the tree
 * lies over /sys, and then executes the program. So the program has the process id, the terminal, the signals and the
 * exit status to itself, and the server, in a session of its own, ends when the program has ended. Whatever is killed
 * how ever, nothing stays mounted: the namespace goes with its last process.
 */
@Command(name = "exec", mixinStandardHelpOptions = true, description = {
        "Runs an unmodified program that sees a simulated machine over /sys, in a mount namespace of its own.",
        "Of the real /sys it still sees fs, firmware, power, devices/system and the rest of kernel. /etc is a private"
                + " layer over the real one: what the program writes there is gone afterwards, and so are new entries of /run."
                + " /dev shows the machine's nodes beside the real ones."}, footer = {"",
                        "Example: apvirt exec machine.yaml -- lszcrypt -V"})
final class ExecCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MACHINE", description = "Machine file.")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private Path machine;

    @Parameters(index = "1..*", paramLabel = "COMMAND", description = "Program and its arguments, after --.")
    private List<String> command = new ArrayList<>();

    @Option(names = "--shell", description = "Starts a shell ($SHELL) instead of a COMMAND.")
    private boolean shell;

    @Option(names = "--level", converter = LevelOption.class, description = "Kernel to play: seed, linux-6.12 or linux-7.2; default: the one the file names.")
    private @Nullable Level level;

    @Option(names = "--log", description = "Prints sysfs traffic, uevents and the kernel log on standard error.")
    private boolean log;

    @Option(names = "--uevents", description = "Sends uevents to programs that listen for them, as the kernel does and as udevd passes them on. The program then gets a network namespace of its own, without network.")
    private boolean uevents;

    @Option(names = "--udevd", description = "Sends them only as the kernel does, for a udevd that the program starts.")
    private boolean udevd;

    @Option(names = "--keep-etc", description = "Leaves /etc as it is: changes of the program stay.")
    private boolean keepEtc;

    @Override
    public Integer call() throws FileFormatException, IOException {
        List<String> program = program();
        RunningMachine.read(machine); // what is wrong with it is better said before anything is started
        if (!Files.isExecutable(Path.of("/proc/self/exe"))) {
            throw new IOException("apvirt exec needs Linux");
        }
        List<String> words = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private"));
        if (!ControlSocket.isRoot()) {
            words.addAll(List.of("--user", "--map-root-user"));
        }
        if (uevents || udevd) {
            words.add("--net");
        }
        words.addAll(List.of("sh", "-c", script(), "sh"));
        words.addAll(program);
        try {
            LinuxCalls.exec(words.toArray(String[]::new));
        } catch (LastErrorException e) {
            return Apvirt.refused(spec, new IOException(
                    "cannot start unshare: " + LinuxCalls.strerror(e.getErrorCode()) + "; install util-linux"));
        }
        throw new AssertionError("exec returned");
    }

    private List<String> program() {
        if (shell == !command.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "give a COMMAND after --, or --shell");
        }
        if (!shell) {
            return command;
        }
        String own = System.getenv("SHELL");
        return List.of(own == null || own.isEmpty() ? "/bin/sh" : own);
    }

    /** The shell that stands between: starts the server, waits for its word, becomes the program. */
    private String script() throws IOException {
        List<String> server = new ArrayList<>(ownProgram());
        server.addAll(List.of(ServeCommand.NAME, machine.toAbsolutePath().toString(), "--outer",
                PrivateNamespace.id(), "--socket",
                ControlSocket.pathOf(ProcessHandle.current().pid()).toString()));
        if (level != null) {
            server.addAll(List.of("--level", level.toString()));
        }
        if (log) {
            server.add("--log");
        }
        if (uevents) {
            server.add("--uevents");
        }
        if (udevd) {
            server.add("--udevd");
        }
        if (keepEtc) {
            server.add("--keep-etc");
        }
        StringBuilder quoted = new StringBuilder();
        for (String word : server) {
            quoted.append(' ').append(quote(word));
        }
        return (uevents || udevd ? "ip link set lo up 2>/dev/null\n" : "") + "answer=$( (setsid" + quoted
                + " --until $$ </dev/null & ) )\n"
                + "case $answer in \"ready \"*) ;; *) exit 1 ;; esac\n"
                + "export APVIRT_CTL=\"${answer#ready }\" "
                + "SYSTEMD_DEVICE_VERIFY_SYSFS=\"${SYSTEMD_DEVICE_VERIFY_SYSFS-0}\"\n"
                + "exec \"$@\"\n";
    }

    /** Returns a word as a shell takes it for one word. */
    static String quote(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    /** Returns how this program was started, up to the name of its first command. */
    private static List<String> ownProgram() throws IOException {
        String all = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
        List<String> words = Arrays.asList(all.split("\0"));
        int command = words.indexOf("exec");
        List<String> own = new ArrayList<>(words.subList(0, command < 0 ? words.size() : command));
        own.set(0, Files.readSymbolicLink(Path.of("/proc/self/exe")).toString());
        return own;
    }
}
