// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.spec;

import java.util.List;
import java.util.TreeSet;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.SimulatedMachineBuilder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A host at the level of the specification, with the commands that its text types. */
final class SeedHost {
    static final String BUS = "/sys/bus/ap/";
    static final String MATRIX = "/sys/devices/vfio_ap/matrix/";
    static final String TYPE = MATRIX + "mdev_supported_types/vfio_ap-passthrough/";
    static final String UUID1 = "62177880-f1bb-47f0-914d-32a22e3a8804";
    static final String UUID2 = "62177881-f1bb-47f0-914d-32a22e3a8804";

    final VirtualTime time = new VirtualTime();
    final SimulatedMachine machine;
    final Host host;

    SeedHost(ApMask domains, ApMask controlDomains, AdapterSpec... adapters) {
        this(Level.SEED, domains, controlDomains, adapters);
    }

    SeedHost(Level level, ApMask domains, ApMask controlDomains, AdapterSpec... adapters) {
        SimulatedMachineBuilder builder = SimulatedMachine.builder(time).usageDomains(domains)
                .controlDomains(controlDomains);
        for (AdapterSpec adapter : adapters) {
            builder.adapter(adapter);
        }
        machine = builder.build();
        host = Host.boot(machine, HostOptions.of(level));
        time.advanceMillis(100);
    }

    ApCommands commands() {
        return new ApCommands(machine.instructions(), machine.facilities());
    }

    void echo(Object text, String path) throws ErrnoException {
        host.write(path, text + "\n");
    }

    String cat(String path) throws ErrnoException {
        return host.read(path);
    }

    List<String> ls(String path) throws ErrnoException {
        return List.copyOf(new TreeSet<>(((SysfsDirectory) host.files().node(path)).names()));
    }

    boolean exists(String path) {
        try {
            host.files().node(path);
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    void refuses(Errno errno, Object text, String path) {
        assertEquals(errno, assertThrows(ErrnoException.class, () -> echo(text, path)).errno());
    }

    /** Steps 1 and 2 of the worked example. */
    void reserve(String... queues) throws ErrnoException {
        for (String queue : queues) {
            echo(queue, BUS + "drivers/cex4queue/unbind");
            echo(queue, BUS + "drivers/vfio_ap/bind");
        }
    }

    void create(String uuid) throws ErrnoException {
        echo(uuid, TYPE + "create");
    }

    void assign(String uuid, List<?> adapters, List<?> domains) throws ErrnoException {
        for (Object adapter : adapters) {
            echo(adapter, MATRIX + uuid + "/assign_adapter");
        }
        for (Object domain : domains) {
            echo(domain, MATRIX + uuid + "/assign_domain");
        }
    }

    KvmGuest guest() {
        return host.newGuest();
    }
}
