// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.FileSystem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;

import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;

/** A host with the document's machine: adapters 5 and 6, domains 4, 0x47, 0xab and 0xff; all queues given to vfio_ap. */
final class TestHost {
    static final String UUID = "11111111-2222-3333-4444-555555555555";
    static final String OTHER = "99999999-2222-3333-4444-555555555555";
    static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    /** Runs events when the test says so, as a main loop that is busy would. */
    static final class Loop implements Executor {
        private final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public synchronized void execute(Runnable task) {
            tasks.add(task);
        }

        int run() {
            int count = 0;
            for (Runnable task; (task = next()) != null; count++) {
                task.run();
            }
            return count;
        }

        private synchronized Runnable next() {
            return tasks.poll();
        }
    }

    final VirtualTime time = new VirtualTime();
    final SimulatedMachine machine;
    final Host host;
    final FileSystem files;
    final Loop loop = new Loop();
    private int processes = 1000;

    TestHost(Level level) {
        this(HostOptions.of(level));
    }

    TestHost(HostOptions options) {
        machine = SimulatedMachine.builder(time).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 0x47, 0xab, 0xff))
                .controlDomains(ApMask.of(4, 0x47)).build();
        host = Host.boot(machine, options);
        files = SysfsFileSystem.of(host.root());
    }

    static TestHost withMdev(Level level) throws ErrnoException {
        return withMdev(HostOptions.of(level));
    }

    static TestHost withMdev(HostOptions options) throws ErrnoException {
        TestHost test = new TestHost(options);
        if (options.level().has(ApQuirk.MASKS_RESERVE)) {
            test.host.write("/sys/bus/ap/apmask", "0x0\n");
        } else {
            for (String queue : List.of("05.0004", "05.0047", "05.00ab", "05.00ff", "06.0004", "06.0047", "06.00ab",
                    "06.00ff")) {
                test.host.write("/sys/bus/ap/drivers/cex4queue/unbind", queue);
                test.host.write("/sys/bus/ap/drivers/vfio_ap/bind", queue);
            }
        }
        test.create(UUID, List.of(5, 6), List.of(4, 0xab));
        return test;
    }

    void create(String uuid, List<Integer> adapters, List<Integer> domains) throws ErrnoException {
        host.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", uuid);
        for (int adapter : adapters) {
            host.write(MATRIX + uuid + "/assign_adapter", Integer.toString(adapter));
        }
        for (int domain : domains) {
            host.write(MATRIX + uuid + "/assign_domain", Integer.toString(domain));
        }
    }

    HostCpu cpu(QemuVersion version) {
        return HostCpu.kvm(version, CpuDefinition.Z14, machine.facilities(), true);
    }

    QemuHost qemu(QemuVersion version) {
        return QemuHost.kvm(cpu(version), access());
    }

    HostAccess access() {
        return new KernelAccess(host.kernel(), files::getPath, processes++);
    }

    S390Machine start(QemuVersion version, String... arguments) throws QemuExit {
        return S390Machine.start(qemu(version), line(arguments), loop);
    }

    List<String> refusal(QemuVersion version, String... arguments) {
        return QemuCheck.of(qemu(version), words(arguments)).messages();
    }

    static List<String> words(String... arguments) {
        List<String> words = new ArrayList<>(List.of("/usr/bin/qemu-system-s390x"));
        words.addAll(Arrays.asList(arguments));
        return words;
    }

    static QemuCommandLine line(String... arguments) throws QemuExit {
        return QemuCommandLine.parse(words(arguments));
    }

    static String device(String rest) {
        return "vfio-ap,sysfsdev=" + rest;
    }
}
