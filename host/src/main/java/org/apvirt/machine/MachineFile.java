// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Time;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.AttributeFault;
import org.apvirt.host.BuildOption;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.plan.Plan;
import org.apvirt.sim.InjectedFault;
import org.apvirt.sim.MachineSpec;
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
 * @param setup what root does to the host once it has booted
 * @param built what the kernel is built with that the kernel of its level is not
 */
public record MachineFile(Level level, QemuVersion qemu, MachineSpec machine, List<String> modules,
        List<AttributeFault> attributeFaults, HostSetup setup, Set<BuildOption> built) {
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

    /** Returns the same for another operating system: with other modules, and not set up. */
    public MachineFile forAnother(List<String> names) {
        return new MachineFile(level, qemu, machine, List.copyOf(names), attributeFaults, HostSetup.none(), built);
    }

    /**
     * Builds the machine on a clock, boots the kernel on it and sets it up.
     *
     * @throws FileFormatException the kernel refuses something of the setup
     */
    public Host boot(Time time) throws FileFormatException {
        return boot(machine.build(time, true));
    }

    /**
     * Boots the kernel on a machine and sets it up.
     *
     * @throws FileFormatException the kernel refuses something of the setup
     */
    public Host boot(SimulatedMachine built) throws FileFormatException {
        Host host = Host.boot(built, new HostOptions(level, "", modules, this.built));
        if (!setup.isEmpty()) {
            setUp(built, host);
        }
        machine.resumeFaults(built);
        attributeFaults.forEach(host.kernel().attributeFaults()::inject);
        return host;
    }

    /** What goes wrong came after the setup: it would make the kernel wait in the midst of it. */
    private void setUp(SimulatedMachine built, Host host) throws FileFormatException {
        List<InjectedFault> faults = built.injectedFaults();
        SortedMap<Apqn, Integer> responses = built.responses();
        boolean waiting = !faults.isEmpty() || responses.containsValue(ApResponseCode.BUSY.code())
                || responses.containsValue(ApResponseCode.RESET_IN_PROGRESS.code());
        if (waiting) {
            faults.forEach(built::lift);
            responses.keySet().forEach(apqn -> built.setResponse(apqn, -1));
        }
        setup.apply(host);
        if (waiting) {
            faults.forEach(fault -> built.inject(fault.fault()));
            responses.forEach(built::setResponse);
        }
    }

    /** Returns the same without what root does to the host. */
    public MachineFile withoutSetup() {
        return new MachineFile(level, qemu, machine, modules, attributeFaults, HostSetup.none(), built);
    }

    /**
     * Returns a machine file of what a machine that was built from this one is now.
     *
     * @param faultsOfAttributes those that wait in its kernel now
     */
    public String describe(SimulatedMachine built, List<AttributeFault> faultsOfAttributes) {
        return MachineWriter.text(this, modules, built,
                built.injectedFaults().stream().map(InjectedFault::fault).toList(), faultsOfAttributes);
    }

    /**
     * Returns a machine file of all that a machine that was built from this one is now, its host included. Whoever boots it
     * comes to the same devices, masks, bindings and matrices.
     *
     * @param host the host on it
     * @param guests guests that run, with the UUIDs of their mediated devices
     */
    public String snapshot(SimulatedMachine built, Host host, Map<String, String> guests) {
        String hardware = MachineWriter.text(this, host.modules(), built,
                built.injectedFaults().stream().map(fault -> fault.soFar(built.time().nanos())).toList(),
                host.kernel().attributeFaults().list().stream()
                        .map(fault -> fault.soFar(host.kernel().time().nanos())).toList());
        return hardware + SetupWriter.text(SetupLook.of(host, built, hardware, guests));
    }
}
