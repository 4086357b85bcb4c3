// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.apvirt.running.http.WebServer;
import org.apvirt.sysfs.SysfsMount;
import org.apvirt.sysfs.SysfsTraffic;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt mount}: shows a machine's /sys and /dev to every program, until Ctrl-C. */
@Command(name = "mount", mixinStandardHelpOptions = true, description = {
        "Boots a machine and mounts its tree: DIR/sys and DIR/dev, until Ctrl-C or until DIR is unmounted.",
        "s390-tools take it as SYSFS_ROOT=DIR/sys, mdevctl as MDEVCTL_ENV_ROOT=DIR. Device nodes below DIR/dev"
                + " can be seen, not opened."})
final class MountCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..2", paramLabel = "MACHINE DIR", description = "Machine file, and mount point, an existing directory.")
    private List<Path> places;

    @Option(names = "--from", paramLabel = "FILE", description = "Goes on from a snapshot (apvirt ctl snapshot) instead of booting a MACHINE; then give only DIR.")
    private @Nullable Path snapshot;

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel to play: ${COMPLETION-CANDIDATES}; default: the one the file names.")
    private @Nullable Level level;

    @Option(names = "--log", description = "Prints sysfs traffic, uevents and the kernel log as they happen.")
    private boolean log;

    @Option(names = "--web", arity = "0..1", paramLabel = "PORT", fallbackValue = "0", parameterConsumer = PortOption.class, preprocessor = PortOption.class, description = "Shows the machine in a browser, at a port of 127.0.0.1; default: any that is free. The address is printed.")
    private @Nullable Integer port;

    @Override
    public Integer call() throws FileFormatException, InterruptedException {
        if (places.size() != (snapshot == null ? 2 : 1)) {
            throw new ParameterException(spec.commandLine(),
                    snapshot == null ? "give MACHINE and DIR" : "with --from give DIR alone");
        }
        Path machine = snapshot == null ? places.get(0) : snapshot;
        Path directory = places.get(places.size() - 1);
        RunningMachine running = RunningMachine.boot(machine, level);
        SysfsTraffic traffic = log ? TrafficLog.of(running) : SysfsTraffic.NONE;
        running.onGuestLine(line -> Apvirt.say(spec, line));
        PrintWriter out = spec.commandLine().getOut();
        try (SysfsMount mount = SysfsMount.mount(running.host().root(), directory, traffic);
                ControlServer control = ControlSocket.open(running, "mount");
                WebServer web = port == null ? null : WebServer.open(port, running, "mount")) {
            out.println(
                    "mounted on " + mount.directory() + " until Ctrl-C; change the machine with: apvirt ctl --socket "
                            + control.path() + " help");
            if (web != null) {
                out.println("shown in a browser at " + web.address());
            }
            out.flush();
            if (mount.awaitEnd()) { // else the end has come as a signal
                Apvirt.say(spec, mount.directory() + " was unmounted by somebody else; the machine ends");
            }
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
        return Apvirt.DONE;
    }
}
