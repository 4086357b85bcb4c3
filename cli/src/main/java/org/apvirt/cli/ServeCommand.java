// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

import com.sun.jna.LastErrorException;
import org.apvirt.device.Kernel;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.apvirt.running.http.WebServer;
import org.apvirt.sysfs.DeviceNodes;
import org.apvirt.sysfs.PrivateNamespace;
import org.apvirt.sysfs.SysfsMount;
import org.apvirt.sysfs.SysfsTraffic;
import org.apvirt.sysfs.UeventBroadcast;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The server behind {@code apvirt exec}, inside the program's namespace. Says {@code ready SOCKET} on standard output and
 * closes it, then serves until the program has ended. What it has covered stays covered without it.
 */
@Command(name = ServeCommand.NAME, hidden = true, description = "Serves the namespace of apvirt exec.")
final class ServeCommand implements Callable<Integer> {
    static final String NAME = "serve-namespace";
    /** What the shell that started us is told, followed by the socket. */
    static final String READY = "ready ";
    /** What it is told when a line on standard error has said why. */
    static final String REFUSED = "refused";

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MACHINE")
    private Path machine;

    @Option(names = "--until", paramLabel = "PID", required = true)
    private long pid;

    @Option(names = "--socket", paramLabel = "PATH", required = true)
    private Path socket;

    @Option(names = "--outer", paramLabel = "NAMESPACE", required = true)
    private String outer;

    @Option(names = "--level", converter = LevelOption.class)
    private @Nullable Level level;

    @Option(names = "--log")
    private boolean log;

    @Option(names = "--uevents")
    private boolean uevents;

    @Option(names = "--udevd")
    private boolean udevd;

    @Option(names = "--keep-etc")
    private boolean keepEtc;

    @Option(names = "--host-writable")
    private boolean hostWritable;

    @Option(names = "--web", paramLabel = "PORT")
    private @Nullable Integer port;

    @Override
    public Integer call() throws FileFormatException {
        RunningMachine running = RunningMachine.boot(machine, level);
        if (log) {
            running.onGuestLine(line -> Apvirt.say(spec, line));
        }
        int program;
        try {
            program = LinuxCalls.openProcess(pid);
        } catch (LastErrorException e) {
            return Apvirt.REFUSED; // killed while we came up: nobody waits for us
        }
        try (SysfsMount mount = cover(running);
                ControlServer control = ControlServer.open(socket, running, "exec");
                WebServer web = port == null ? null : WebServer.open(port, running, "exec")) {
            if (web != null) {
                Apvirt.say(spec, "shown in a browser at " + web.address());
            }
            EmulatorCommand.register(spec, control.path());
            leaveOldDirectory();
            System.out.println(READY + control.path());
            System.out.flush();
            LinuxCalls.dup2(LinuxCalls.open("/dev/null", LinuxCalls.O_WRONLY), 1); // the shell reads to the end
            LinuxCalls.awaitEnd(program);
        } catch (IOException e) {
            System.out.println(REFUSED);
            System.out.flush();
            return Apvirt.refused(spec, e);
        }
        return Apvirt.DONE;
    }

    private SysfsMount cover(RunningMachine running) throws IOException {
        PrivateNamespace namespace = PrivateNamespace.of(outer, hostWritable);
        Kernel kernel = running.host().kernel();
        DeviceNodes nodes = namespace.coverDev(kernel.dev());
        namespace.coverRun();
        kernel.onUevent(nodes); // before the events go out: who hears of a node finds it
        if (uevents || udevd) {
            kernel.onUevent(UeventBroadcast.open(udevd));
        }
        if (!keepEtc) {
            namespace.coverEtc();
        }
        return namespace.coverSys(kernel.sys(), log ? TrafficLog.of(running) : SysfsTraffic.NONE);
    }

    /** The directory that we were started in may be one that is covered now: through it the program could reach the real one. */
    private static void leaveOldDirectory() {
        for (String directory : List.of(System.getProperty("user.dir", "/"), "/")) {
            try {
                LinuxCalls.chdir(directory);
                return;
            } catch (LastErrorException e) {
                continue; // it is not in the namespace
            }
        }
    }
}
