// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApBusParameters;
import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.Kernel;
import org.apvirt.device.OpenFile;
import org.apvirt.device.Quirk;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsNode;
import org.apvirt.kvm.Kvm;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.mdev.MdevModule;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.SimulatedMachineBuilder;
import org.apvirt.vfio.Vfio;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/**
 * A kernel with all drivers on a simulated machine: adapters 5 (CEX5C) and 6 (CEX5A), domains 4, 0x47, 0xab and 0xff
 * unless changed.
 */
final class TestSystem {
    /** UUIDs of mdevs, short enough to read. */
    static final String U1 = "11111111-1111-1111-1111-111111111111";
    static final String U2 = "22222222-2222-2222-2222-222222222222";
    static final String U3 = "33333333-3333-3333-3333-333333333333";
    static final String MATRIX = "devices/vfio_ap/matrix/";
    static final String TYPE = MATRIX + "mdev_supported_types/vfio_ap-passthrough/";

    final VirtualTime time = new VirtualTime();
    final SimulatedMachine machine;
    final Kernel kernel;
    final ApBus bus;
    final Kvm kvm;
    final MdevModule mdevModule;
    final VfioApModule module;
    final List<String> uevents = Collections.synchronizedList(new ArrayList<>());
    final List<String> log = Collections.synchronizedList(new ArrayList<>());
    final List<String> masks = Collections.synchronizedList(new ArrayList<>());
    /** Resets and AQIC since the last call of {@link #forget}: for example {@code ZAPQ 05.0004}. */
    final List<String> instructions = Collections.synchronizedList(new ArrayList<>());

    TestSystem(TestLevel level, Quirk... more) {
        this(level, machine -> machine.adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 0x47, 0xab, 0xff)), more);
    }

    TestSystem(TestLevel level, UnaryOperator<SimulatedMachineBuilder> hardware, Quirk... more) {
        machine = hardware.apply(SimulatedMachine.builder(time)).build();
        kernel = level.kernel(time, more);
        bus = Objects.requireNonNull(ApBus.start(kernel, machine.platform(), ApBusParameters.DEFAULT));
        time.advanceMillis(100);
        Vfio.of(kernel);
        kvm = Kvm.start(kernel, () -> {
            KvmGuest guest = new KvmGuest(machine.platform());
            guest.onMasks(change -> masks.add(change.isClear()
                    ? "clear"
                    : "set " + ids(change.apm()) + ' ' + ids(change.aqm()) + ' ' + ids(change.adm())));
            return guest;
        });
        mdevModule = MdevModule.load(kernel);
        try {
            ZcryptDriverModule.ZCRYPT_CEX4.load(bus, ZcryptModule.load(kernel, bus, Map.of()));
            module = VfioApModule.load(kernel, bus);
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
        kernel.onUevent(event -> uevents.add(event.header()));
        kernel.onLog(log::add);
        machine.onInstruction((functionCode, qid, responseCode) -> {
            if (functionCode == Pqap.RAPQ || functionCode == Pqap.ZAPQ || functionCode == Pqap.AQIC) {
                String name = functionCode == Pqap.RAPQ ? "RAPQ " : functionCode == Pqap.ZAPQ ? "ZAPQ " : "AQIC ";
                instructions.add(name + Apqn.ofQid(qid) + (responseCode == 0 ? "" : " = " + responseCode));
            }
        });
    }

    /** A system whose host gives all queues of adapters 5 and 6 to vfio_ap. */
    static TestSystem reserved(TestLevel level, Quirk... more) throws ErrnoException {
        TestSystem system = new TestSystem(level, more);
        if (level.has(ApQuirk.MASKS_RESERVE)) {
            system.write("bus/ap/apmask", "-5,-6");
        } else {
            for (String queue : List.of("05.0004", "05.0047", "05.00ab", "05.00ff", "06.0004", "06.0047", "06.00ab",
                    "06.00ff")) {
                system.write("bus/ap/drivers/cex4queue/unbind", queue);
                system.write("bus/ap/drivers/vfio_ap/bind", queue);
            }
        }
        system.forget();
        return system;
    }

    static String ids(ApMask mask) {
        return mask.ids().mapToObj(Integer::toHexString).toList().toString();
    }

    void forget() {
        uevents.clear();
        log.clear();
        masks.clear();
        instructions.clear();
    }

    /** Returns a node below /sys, null if there is none; links are not followed. */
    SysfsNode node(String path) {
        SysfsNode at = kernel.sys();
        for (String name : path.split("/")) {
            at = at instanceof SysfsDirectory directory ? directory.child(name) : null;
        }
        return at;
    }

    String read(String path) throws ErrnoException {
        if (node(path) instanceof SysfsFile file) {
            return file.show();
        }
        throw new ErrnoException(Errno.ENOENT, path);
    }

    void write(String path, String text) throws ErrnoException {
        if (!(node(path) instanceof SysfsFile file)) {
            throw new ErrnoException(Errno.ENOENT, path);
        }
        file.store(text);
    }

    Errno refusal(String path, String text) {
        return assertThrows(ErrnoException.class, () -> write(path, text)).errno();
    }

    /** Makes an mdev and returns its path with a slash at the end. */
    String create(String uuid) throws ErrnoException {
        write(TYPE + "create", uuid);
        return MATRIX + uuid + '/';
    }

    /** Makes an mdev with adapters and domains, given as ids with blanks between. */
    String create(String uuid, String adapters, String domains) throws ErrnoException {
        String path = create(uuid);
        for (String adapter : adapters.split(" ")) {
            write(path + "assign_adapter", adapter);
        }
        for (String domain : domains.split(" ")) {
            write(path + "assign_domain", domain);
        }
        return path;
    }

    void expect(String path, String text) throws ErrnoException {
        assertEquals(text, read(path));
    }

    OpenFile open(String path) throws ErrnoException {
        SysfsNode at = kernel.dev();
        for (String name : path.split("/")) {
            at = at instanceof SysfsDirectory directory ? directory.child(name) : null;
        }
        if (at instanceof CharDevice device) {
            return device.opener().open();
        }
        throw new ErrnoException(Errno.ENOENT, "/dev/" + path);
    }

    /** The descriptors of a process, the lowest free number from 7 on. */
    static final class Files implements IoctlArgument.FileTable {
        private final Map<Integer, OpenFile> files = new TreeMap<>();

        @Override
        public OpenFile file(int fd) {
            return files.get(fd);
        }

        @Override
        public int install(OpenFile file) {
            int fd = 7;
            while (files.containsKey(fd)) {
                fd++;
            }
            files.put(fd, file);
            return fd;
        }
    }
}
