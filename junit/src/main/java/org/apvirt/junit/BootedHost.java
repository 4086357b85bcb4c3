// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Uevent;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.PlannedFault;
import org.apvirt.plan.Plan;
import org.apvirt.plan.PlannedMdev;
import org.apvirt.running.ControlException;
import org.apvirt.running.GuestStatus;
import org.apvirt.running.RunningMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.apvirt.sysfs.SysfsMount;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/** The host of one test. A mount is made, and a guest started, when it is first asked for. */
final class BootedHost implements AutoCloseable {
    private final DescribedMachine described;
    private final VirtualTime time = new VirtualTime();
    private final RunningMachine machine;
    private final List<Uevent> uevents = new CopyOnWriteArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final List<SysfsFileSystem> files = new ArrayList<>(); // guarded by this, like all below
    private final Map<String, Host> guests = new HashMap<>();
    private @Nullable SysfsMount mount;
    private @Nullable Path mountPoint;

    BootedHost(DescribedMachine described, List<PlannedFault> faults) {
        this.described = described;
        try {
            machine = RunningMachine.boot(described.file(), described.name(), time);
        } catch (FileFormatException e) {
            throw new ExtensionConfigurationException(String.valueOf(e.getMessage()), e);
        }
        faults.forEach(fault -> fault.inject(machine.machine(), machine.host().kernel()));
        machine.host().kernel().onUevent(uevents::add);
        machine.host().kernel().followLog(log::add);
    }

    VirtualTime time() {
        return time;
    }

    RunningMachine machine() {
        return machine;
    }

    Host host() {
        return machine.host();
    }

    List<Uevent> uevents() {
        return Collections.unmodifiableList(uevents);
    }

    List<String> log() {
        return Collections.unmodifiableList(log);
    }

    /** Returns the {@code /sys} of the host or of a guest. */
    synchronized Path sys(Host of) {
        SysfsFileSystem tree = SysfsFileSystem.of(of.root());
        files.add(tree);
        return tree.getPath("/sys");
    }

    /** Returns the Linux inside a guest. */
    synchronized Host guest(String name) {
        Host running = guests.get(name);
        if (running == null) {
            running = start(name, described.guest(name));
            guests.put(name, running);
        }
        return running;
    }

    private Host start(String name, Plan.Guest planned) {
        List<String> said = new ArrayList<>();
        try {
            PlannedMdev.create(host(), name, planned);
            String cpu = planned.cpu();
            ApPlatform platform = machine.guests().boot(name, PlannedMdev.uuidOf(name), cpu == null ? "host" : cpu,
                    said::add);
            return Host.boot(platform, new HostOptions(host().level(), "", HostOptions.GUEST_MODULES));
        } catch (ErrnoException | ControlException e) {
            throw new ParameterResolutionException("@Guest(\"" + name + "\"): " + e.getMessage(), e);
        }
    }

    synchronized SysfsMount mount() throws IOException {
        SysfsMount made = mount;
        if (made == null) {
            Path directory = Files.createTempDirectory("apvirt");
            mountPoint = directory;
            made = SysfsMount.mount(host().root(), directory);
            mount = made;
        }
        return made;
    }

    @Override
    public synchronized void close() throws IOException {
        for (GuestStatus guest : machine.guests().list()) {
            try {
                machine.guests().stop(guest.name());
            } catch (ControlException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
        if (mount != null) {
            mount.close();
        }
        if (mountPoint != null) {
            Files.deleteIfExists(mountPoint);
        }
        for (SysfsFileSystem tree : files) {
            tree.close();
        }
    }
}
