// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.Quirk;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.Uevent;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.SimulatedMachineBuilder;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;

import static org.junit.jupiter.api.Assertions.assertThrows;

/** A kernel on a simulated machine: adapters 5 (CEX5C) and 6 (CEX5A), domains 4, 0x47, 0xab and 0xff, no interrupts. */
public final class TestHost {
    public final VirtualTime time = new VirtualTime();
    public final SimulatedMachine machine;
    public final Kernel kernel;
    public final ApBus bus;
    public final List<String> uevents = new ArrayList<>();
    /** The events with their variables, as {@link #uevents} has them without. */
    final List<Uevent> events = new ArrayList<>();
    public final List<String> log = new ArrayList<>();
    /** Instructions other than TAPQ and QCI: name and queue. */
    public final List<String> instructions = new ArrayList<>();
    public ZcryptModule zcrypt;
    public ZcryptDriverModule.Loaded cex4;

    public static TestHost standard(TestLevel level) {
        return new TestHost(level, standardMachine());
    }

    static UnaryOperator<SimulatedMachineBuilder> standardMachine() {
        return machine -> machine.facilities(Facilities.of(Facilities.QCI, Facilities.APFT))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 0x47, 0xab, 0xff));
    }

    public TestHost(TestLevel level, UnaryOperator<SimulatedMachineBuilder> hardware) {
        this(level, hardware, Map.of());
    }

    TestHost(TestLevel level, UnaryOperator<SimulatedMachineBuilder> hardware, Map<String, String> parameters,
            Quirk... more) {
        machine = hardware.apply(SimulatedMachine.builder(time)).build();
        kernel = level.kernel(time, more);
        kernel.onUevent(event -> {
            uevents.add(event.header());
            events.add(event);
        });
        kernel.onLog(log::add);
        machine.onInstruction((functionCode, qid, responseCode) -> {
            String name = switch (functionCode) {
                case Pqap.RAPQ -> "RAPQ";
                case Pqap.ZAPQ -> "ZAPQ";
                case Pqap.AQIC -> "AQIC";
                case Pqap.QACT -> "QACT";
                default -> null;
            };
            if (name != null) {
                instructions.add(name + ' ' + Apqn.ofQid(qid) + (responseCode == 0 ? "" : " = " + responseCode));
            }
        });
        ApBus started = ApBus.start(kernel, machine.platform(), ApBusParameters.of(parameters));
        if (started == null) {
            throw new IllegalStateException("no AP");
        }
        bus = started;
    }

    public TestHost withDrivers() {
        try {
            zcrypt = ZcryptModule.load(kernel, bus, Map.of());
            cex4 = ZcryptDriverModule.ZCRYPT_CEX4.load(bus, zcrypt);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
        settle();
        return this;
    }

    /** Lets resets end and replies arrive, and forgets what happened so far. */
    public void settle() {
        time.advanceMillis(200);
        uevents.clear();
        events.clear();
        log.clear();
        instructions.clear();
    }

    /** Returns the events so far that carry a variable with such a beginning: where they were, and the variable. */
    List<String> told(String beginning) {
        return events.stream().flatMap(event -> event.variables().stream().filter(it -> it.startsWith(beginning))
                .map(it -> event.devpath() + ' ' + it)).toList();
    }

    public void write(String path, String text) throws ErrnoException {
        file(path).store(text);
    }

    public String read(String path) {
        try {
            return file(path).show();
        } catch (ErrnoException e) {
            return "!" + e.errno();
        }
    }

    /** Returns the errno that a write is refused with. */
    public Errno refused(String path, String text) {
        return assertThrows(ErrnoException.class, () -> write(path, text)).errno();
    }

    /** Returns the name of the driver of a device, null if it has none. */
    public String driver(String device) {
        return node("/bus/ap/devices/" + device) instanceof SysfsLink && node(deviceDirectory(device)
                + "/driver") instanceof SysfsLink link
                        ? link.target().substring(link.target().lastIndexOf('/') + 1)
                        : null;
    }

    static String deviceDirectory(String device) {
        return device.startsWith("card")
                ? "/devices/ap/" + device
                : "/devices/ap/card" + device.substring(0, 2) + '/' + device;
    }

    /** Returns a file below {@code /sys}; a path without a slash in front is one of the bus's attributes. */
    private SysfsFile file(String path) {
        SysfsNode node = node(path.startsWith("/") ? path : "/bus/ap/" + path);
        if (node instanceof SysfsFile file) {
            return file;
        }
        throw new AssertionError("no file " + path + " but " + node);
    }

    public SysfsNode node(String path) {
        SysfsNode node = kernel.sys();
        for (String part : path.substring(1).split("/")) {
            node = node instanceof SysfsDirectory directory ? directory.child(part) : null;
        }
        return node;
    }

    /** Asks, with the lock of the masks, as an assignment does. */
    boolean ownedByDefaultDriver(ApMask apm, ApMask aqm) {
        ApPermissions permissions = bus.permissions();
        permissions.lock().lock();
        try {
            return permissions.ownedByDefaultDriver(apm, aqm);
        } finally {
            permissions.lock().unlock();
        }
    }
}
