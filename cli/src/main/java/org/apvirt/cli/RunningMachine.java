package org.apvirt.cli;

import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.RealTime;
import org.apvirt.host.FileFormatException;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.host.MachineFile;
import org.apvirt.host.Plan;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine that runs in real time with a booted host, for the commands that keep one alive.
 *
 * @param file what it was made of
 * @param machine the hardware
 * @param host the kernel on it
 */
record RunningMachine(MachineFile file, SimulatedMachine machine, Host host) {
    /**
     * Boots the machine of a file.
     *
     * @param path a machine file, or a plan file, whose guests are not started
     * @param level the kernel to play, null: the one the file names
     * @throws FileFormatException the file is wrong
     */
    static RunningMachine boot(Path path, @Nullable Level level) throws FileFormatException {
        MachineFile file = read(path);
        return boot(file, level, file.modules());
    }

    /**
     * Boots the machine of a file for another operating system: the host here loads no driver for cards, so that it leaves
     * the queues as they are after power-on.
     *
     * @throws FileFormatException the file is wrong
     */
    static RunningMachine bootForAnother(Path path, @Nullable Level level) throws FileFormatException {
        MachineFile file = read(path);
        return boot(file, level, file.modules().stream().filter(module -> !module.startsWith("zcrypt")).toList());
    }

    private static RunningMachine boot(MachineFile read, @Nullable Level level, List<String> modules) {
        MachineFile file = new MachineFile(level == null ? read.level() : level, read.qemu(), read.machine(), modules);
        SimulatedMachine machine = file.machine().build(new RealTime(), true);
        return new RunningMachine(file, machine, file.boot(machine));
    }

    /** Reads a machine file, or the machine of a plan file. */
    static MachineFile read(Path path) throws FileFormatException {
        try {
            return MachineFile.read(path);
        } catch (FileFormatException e) {
            try {
                return Plan.read(path).machine();
            } catch (FileFormatException noPlan) {
                throw e; // what is wrong with it as a machine file says more
            }
        }
    }

    /** Prints sysfs traffic, uevents and the kernel's log to standard error as they happen. */
    TrafficLog log() {
        TrafficLog log = new TrafficLog(System.err);
        host.kernel().onUevent(event -> log.line("uevent " + event));
        host.kernel().onLog(line -> log.line("kernel " + line));
        return log;
    }
}
