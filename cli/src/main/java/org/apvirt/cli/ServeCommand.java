package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import org.apvirt.host.FileFormatException;
import org.apvirt.host.Level;
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
 * closes it, then serves until the program has ended.
 */
@Command(name = ServeCommand.NAME, hidden = true, description = "Serves the namespace of apvirt exec.")
final class ServeCommand implements Callable<Integer> {
    static final String NAME = "serve-namespace";

    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MACHINE")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private Path machine;

    @Option(names = "--until", paramLabel = "PID", required = true)
    private long pid;

    @Option(names = "--socket", paramLabel = "PATH", required = true)
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private Path socket;

    @Option(names = "--outer", paramLabel = "NAMESPACE", required = true)
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
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

    @Override
    public Integer call() throws FileFormatException {
        RunningMachine running = RunningMachine.boot(machine, level);
        int program = LinuxCalls.openProcess(pid);
        SysfsTraffic traffic = log ? running.log() : SysfsTraffic.NONE;
        try {
            PrivateNamespace.coverRun(outer);
            // Before the events go out: who hears of a node finds it.
            running.host().kernel().onUevent(DeviceNodes.cover(running.host().kernel().dev(), outer));
            if (uevents || udevd) {
                running.host().kernel().onUevent(UeventBroadcast.open(udevd));
            }
            if (!keepEtc) {
                PrivateNamespace.coverEtc(outer);
            }
            try (SysfsMount mount = PrivateNamespace.coverSys(running.host().kernel().sys(), traffic, outer);
                    ControlSocket control = ControlSocket.open(socket, running)) {
                System.out.println("ready " + control.path());
                System.out.flush();
                LinuxCalls.dup2(LinuxCalls.open("/dev/null", LinuxCalls.O_WRONLY), 1); // the shell reads to the end
                LinuxCalls.awaitEnd(program);
            }
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
        return Apvirt.DONE;
    }
}
