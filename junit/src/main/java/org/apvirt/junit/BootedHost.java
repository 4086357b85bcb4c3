// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.machine.PlannedFault;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.apvirt.sysfs.SysfsMount;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/** The host of one test. A mount is made when it is first asked for. */
final class BootedHost implements AutoCloseable {
    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine;
    private final Host host;
    private final SysfsFileSystem files;
    private @Nullable SysfsMount mount;
    private @Nullable Path mountPoint;

    BootedHost(MachineFile file, List<PlannedFault> faults) {
        machine = file.machine().build(time, true);
        try {
            host = file.boot(machine);
        } catch (FileFormatException e) {
            throw new ExtensionConfigurationException(String.valueOf(e.getMessage()), e);
        }
        faults.forEach(fault -> fault.inject(machine, host.kernel()));
        files = SysfsFileSystem.of(host.root());
    }

    VirtualTime time() {
        return time;
    }

    SimulatedMachine machine() {
        return machine;
    }

    Host host() {
        return host;
    }

    Path sys() {
        return files.getPath("/sys");
    }

    synchronized SysfsMount mount() throws IOException {
        SysfsMount made = mount;
        if (made == null) {
            Path directory = Files.createTempDirectory("apvirt");
            mountPoint = directory;
            made = SysfsMount.mount(host.root(), directory);
            mount = made;
        }
        return made;
    }

    @Override
    public synchronized void close() throws IOException {
        if (mount != null) {
            mount.close();
        }
        if (mountPoint != null) {
            Files.deleteIfExists(mountPoint);
        }
        files.close();
    }
}
