// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.Time;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.AttributeFault;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.plan.Plan;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A machine file: a machine, and which kernel and QEMU run on it. See {@code docs/machine-file.md} for the format. A plan
 * is a machine file too.
 *
 * @param level which kernel
 * @param qemu which QEMU
 * @param machine the hardware
 * @param modules modules to load after boot
 * @param attributeFaults what goes wrong when programs read and write attributes, from the end of the boot on
 */
public record MachineFile(Level level, QemuVersion qemu, MachineDescription machine, List<String> modules,
        List<AttributeFault> attributeFaults) {
    /** A machine file whose attributes work. */
    public MachineFile(Level level, QemuVersion qemu, MachineDescription machine, List<String> modules) {
        this(level, qemu, machine, modules, List.of());
    }

    /**
     * Reads a machine file, YAML or JSON.
     *
     * @throws FileFormatException the file is wrong
     */
    public static MachineFile read(Path file) throws FileFormatException {
        return read(file, null);
    }

    /**
     * Reads a machine file, YAML or JSON, to play a level.
     *
     * @param level the level instead of the one that the file names, null: that one; QEMU and modules, where the file does
     *     not name them, are those of the level played
     * @throws FileFormatException the file is wrong
     */
    public static MachineFile read(Path file, @Nullable Level level) throws FileFormatException {
        return of(Document.read(file), file.toString(), level);
    }

    /**
     * Reads a machine file from text.
     *
     * @param name what errors call the text
     * @throws FileFormatException the text is wrong
     */
    public static MachineFile parse(String text, String name) throws FileFormatException {
        return of(Document.parse(text, name), name, null);
    }

    private static MachineFile of(DocumentNode root, String file, @Nullable Level level) throws FileFormatException {
        return root.map("a machine file").containsKey("guests")
                ? Plan.of(root, file, level).machine()
                : new MachineReader(root, level).machineFile();
    }

    /** Builds the machine on a clock and boots the kernel on it. */
    public Host boot(Time time) {
        return boot(machine.build(time, true));
    }

    /** Boots the kernel on a machine. */
    public Host boot(SimulatedMachine built) {
        Host host = Host.boot(built, new HostOptions(level, "", modules));
        attributeFaults.forEach(host.kernel().attributeFaults()::inject);
        return host;
    }

    /**
     * Returns a machine file of what a machine that was built from this one is now.
     *
     * @param faultsOfAttributes those that wait in its kernel now
     */
    public String describe(SimulatedMachine built, List<AttributeFault> faultsOfAttributes) {
        return MachineWriter.text(this, built, faultsOfAttributes);
    }
}
