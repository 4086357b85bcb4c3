// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import com.sun.jna.LastErrorException;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
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
 * how ever, nothing stays mounted: the namespace goes with its last process, and keeps its covers until then.
 *
 * <p>This keeps a program from the real machine's AP bus and devices by mistake, also a program of root. It is no prison: who
 * is root outside can enter the outer namespaces through /proc, or mount another sysfs.
 */
@Command(name = "exec", mixinStandardHelpOptions = true, description = {
        "Runs an unmodified program that sees a simulated machine over /sys, in a mount namespace of its own.",
        "Of the real /sys it still sees fs, firmware, power, devices/system and the rest of kernel, all read-only. /etc is"
                + " a private layer over the real one: what the program writes there is gone afterwards, and so are new"
                + " entries of /run. /dev shows the machine's nodes beside the real ones; of those, disks and other devices"
                + " cannot be opened."}, footer = {"",
                        "Example: apvirt exec machine.yaml -- lszcrypt -V"})
final class ExecCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MACHINE COMMAND", description = "Machine file; then, after --, a program and its arguments.")
    private List<String> words = new ArrayList<>();

    @Option(names = "--from", paramLabel = "FILE", description = "Goes on from a snapshot (apvirt ctl snapshot) instead of booting a MACHINE, which is then left out.")
    private @Nullable Path snapshot;

    @Option(names = "--shell", description = "Starts a shell ($SHELL) instead of a COMMAND.")
    private boolean shell;

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel to play: ${COMPLETION-CANDIDATES}; default: the one the file names.")
    private @Nullable Level level;

    @Option(names = "--web", arity = "0..1", paramLabel = "PORT", fallbackValue = "0", parameterConsumer = PortOption.class, preprocessor = PortOption.class, description = "Shows the machine in a browser, at a port of 127.0.0.1 (--web=PORT; default: any that is free). The address is printed on standard error.")
    private @Nullable Integer port;

    @Option(names = "--log", description = "Prints sysfs traffic, uevents and the kernel log on standard error.")
    private boolean log;

    @Option(names = "--uevents", description = "Sends uevents to programs that listen for them, as the kernel does and as udevd passes them on. The program then gets a network namespace of its own, without network.")
    private boolean uevents;

    @Option(names = "--udevd", description = "Sends them only as the kernel does, for a udevd that the program starts.")
    private boolean udevd;

    @Option(names = "--keep-etc", description = "Leaves /etc as it is: changes of the program stay.")
    private boolean keepEtc;

    @Option(names = "--host-writable", description = "Leaves what is shown of the real /sys and /dev as writable as outside, and root its capabilities: a program of root can then change this computer.")
    private boolean hostWritable;

    /** {@code CAP_SYS_ADMIN}. */
    private static final int SYS_ADMIN = 21;

    /** {@code CAP_SYS_MODULE}, {@code CAP_SYS_RAWIO}, {@code CAP_SYS_BOOT}, {@code CAP_MKNOD}: ways to the hardware that no mount covers. */
    private static final List<Integer> CAPABILITIES = List.of(16, 17, 22, 27);

    @Override
    public Integer call() throws FileFormatException {
        Path machine = machine();
        if (port != null && (uevents || udevd)) {
            throw new ParameterException(spec.commandLine(),
                    "--web and " + (uevents ? "--uevents" : "--udevd")
                            + " exclude each other: the program's network is then not the browser's");
        }
        List<String> program = program();
        MachineFile.read(machine, level); // what is wrong with it is better said before anything is started
        ProgramLookup found = ProgramLookup.of(program.get(0), System.getenv("PATH"));
        if (found.status() != 0) {
            Apvirt.refused(spec, new IOException(found.line()));
            return found.status();
        }
        try {
            become(machine, program);
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
        throw new AssertionError("exec returned");
    }

    private void become(Path machine, List<String> program) throws IOException {
        if (!Files.isExecutable(Path.of("/proc/self/exe"))) {
            throw new IOException("this command needs Linux");
        }
        if (PrivateNamespace.isCovered()) {
            throw new IOException("a simulated machine is over /sys already; start this outside of it");
        }
        List<String> words = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private"));
        if (!mayMount()) {
            words.addAll(List.of("--user", "--map-root-user"));
        } else if (!hostWritable) {
            CAPABILITIES.forEach(ExecCommand::drop);
        }
        if (uevents || udevd) {
            words.add("--net");
        }
        words.addAll(List.of("sh", "-c", script(machine), "apvirt exec"));
        words.addAll(OwnCommandLine.last(program));
        MemoryLockLimit.lift();
        try {
            LinuxCalls.exec(words.toArray(String[]::new));
        } catch (LastErrorException e) {
            throw new IOException(
                    "cannot start unshare: " + LinuxCalls.strerror(e.getErrorCode()) + "; install util-linux", e);
        }
    }

    /** Tells whether we may make mounts; root of a container may not, and takes a user namespace as an ordinary user does. */
    private static boolean mayMount() throws IOException {
        if (!ControlSocket.isRoot()) {
            return false;
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
            if (line.startsWith("CapEff:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) >>> SYS_ADMIN & 1) == 1;
            }
        }
        return true;
    }

    private static void drop(int capability) {
        try {
            LinuxCalls.dropCapability(capability);
        } catch (LastErrorException e) {
            throw new IllegalStateException("capability " + capability, e); // root may always give one up
        }
    }

    private Path machine() {
        if (snapshot != null) {
            return snapshot;
        }
        if (words.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: MACHINE");
        }
        return Path.of(words.get(0));
    }

    private List<String> program() {
        List<String> command = words.subList(snapshot == null ? 1 : 0, words.size());
        if (shell == !command.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "give a COMMAND after --, or --shell");
        }
        if (!shell) {
            return command;
        }
        String own = System.getenv("SHELL");
        return List.of(own == null || own.isEmpty() ? "/bin/sh" : own);
    }

    /** The shell that stands between: starts the server, waits for its word, becomes the program. One {@code char} per byte. */
    private String script(Path machine) throws IOException {
        List<String> server = new ArrayList<>(OwnCommandLine.program(spec));
        server.addAll(List.of(ServeCommand.NAME, OwnCommandLine.bytes(machine.toAbsolutePath().toString()), "--outer",
                PrivateNamespace.id(), "--socket",
                OwnCommandLine.bytes(ControlSocket.pathOf(ProcessHandle.current().pid()).toString())));
        if (level != null) {
            server.addAll(List.of("--level", level.toString()));
        }
        if (port != null) {
            server.addAll(List.of("--web", port.toString()));
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
        if (hostWritable) {
            server.add("--host-writable");
        }
        StringBuilder quoted = new StringBuilder();
        for (String word : server) {
            quoted.append(' ').append(quote(word));
        }
        // The directory that we are in may be one that is going to be covered: then it is entered anew, by its name.
        return (uevents || udevd ? "ip link set lo up 2>/dev/null\n" : "") + "here=$(pwd -P)\n"
                + "answer=$( (setsid" + quoted + " --until $$ </dev/null & ) )\n"
                + "case $answer in\n"
                + '"' + ServeCommand.READY + "\"*) ;;\n"
                + ServeCommand.REFUSED + ") exit 1 ;;\n"
                + "*) echo 'apvirt exec: the server of the machine ended before it was ready' >&2; exit 1 ;;\n"
                + "esac\n"
                + "case $here/ in /sys/* | /dev/* | /run/* | /etc/*)\n"
                + "    set -- \"${PWD-}\" \"${OLDPWD+set}\" \"${OLDPWD-}\" \"$@\"\n"
                + "    cd \"$here\" 2>/dev/null || {\n"
                + "        echo \"apvirt exec: there is no $here on the simulated machine; start it in another directory\" >&2\n"
                + "        exit 1\n"
                + "    }\n"
                + "    PWD=$1 OLDPWD=$3\n"
                + "    [ -n \"$2\" ] || unset OLDPWD\n"
                + "    shift 3 ;;\n"
                + "esac\n"
                + "export APVIRT_CTL=\"${answer#" + ServeCommand.READY + "}\" "
                + "SYSTEMD_DEVICE_VERIFY_SYSFS=\"${SYSTEMD_DEVICE_VERIFY_SYSFS-0}\"\n"
                + "unset here answer\n"
                // The launcher has kept these from our own virtual machine.
                + "for kept in LC_ALL JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS; do\n"
                + "    eval \"[ -z \\\"\\${APVIRT_$kept+set}\\\" ] ||"
                + " { export $kept=\\\"\\$APVIRT_$kept\\\"; unset APVIRT_$kept; }\"\n"
                + "done\n"
                + "[ -n \"${LC_ALL-}\" ] || unset LC_ALL\n"
                + "unset kept\n"
                + "exec \"$@\"\n";
    }

    /** Returns a word as a shell takes it for one word. */
    static String quote(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
