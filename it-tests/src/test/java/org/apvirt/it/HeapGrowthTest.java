// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.JMException;
import javax.management.ObjectName;

import org.apvirt.arch.VirtualTime;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.machine.MachineFile;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What comes and goes on a machine that runs for months leaves the heap as it was. {@code -Dcycles=40000} is the long run;
 * the short one sees whatever stays behind with every cycle just as well.
 */
class HeapGrowthTest {
    private static final int CYCLES = Integer.getInteger("cycles", 1000);
    private static final int WARM_UP = 100;
    /** What stays behind with a cycle stays as often. */
    private static final int SOME_OBJECTS = CYCLES / 2;
    private static final long SOME_BYTES = 1 << 20;

    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/";
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    private static final String MDEV = "/sys/bus/mdev/devices/" + UUID + "/";

    private final VirtualTime time = new VirtualTime();
    private Host host;

    /** Something that is done again and again. */
    @FunctionalInterface
    private interface Cycle {
        void run(int number) throws Exception;
    }

    /** Live objects of our classes, and the bytes of all, by class. */
    record Heap(Map<String, Long> objects, Map<String, Long> sizes) {
        static Heap now() throws JMException {
            String text = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                    new Object[]{new String[]{}}, new String[]{String[].class.getName()});
            Map<String, Long> objects = new HashMap<>();
            Map<String, Long> sizes = new HashMap<>();
            for (String line : text.lines().toList()) {
                String[] words = line.trim().split("\\s+");
                // Fillers are the gaps that the collector has left between objects.
                if (words.length >= 4 && words[0].endsWith(":") && !words[3].contains("jdk.internal.vm.Filler")) {
                    sizes.put(words[3], Long.valueOf(words[2]));
                    boolean ours = words[3].contains("org.apvirt.");
                    // Thread locals of what is gone: the thread drops them by and by.
                    if (ours && !words[3].equals("org.apvirt.arch.ApRegisters")) {
                        objects.put(words[3], Long.valueOf(words[1]));
                    }
                }
            }
            assertTrue(objects.size() > 20, text);
            return new Heap(objects, sizes);
        }

        long bytes() {
            return sizes.values().stream().mapToLong(Long::longValue).sum();
        }

        /** Returns the classes, whoever's they are, that take some more room than before, with the bytes. */
        Map<String, Long> larger(Heap before) {
            Map<String, Long> larger = new TreeMap<>();
            sizes.forEach((name, bytes) -> {
                long grown = bytes - before.sizes.getOrDefault(name, 0L);
                if (grown > SOME_BYTES / 64) {
                    larger.put(name, grown);
                }
            });
            return larger;
        }

        /** Returns the classes with so many more objects than before. */
        Map<String, Long> more(Heap before, int some) {
            Map<String, Long> more = new HashMap<>();
            objects.forEach((name, count) -> {
                long grown = count - before.objects.getOrDefault(name, 0L);
                if (grown >= some) {
                    more.put(name, grown);
                }
            });
            return more;
        }
    }

    @BeforeEach
    void boot() throws Exception {
        host = MachineFile.parse("level: linux-6.12\nadapters: {5: CEX5C, 6: CEX5A}\nusage-domains: [4, 5]\n", "m")
                .boot(time);
        host.write("/sys/bus/ap/apmask", "0x0\n");
        host.write("/sys/bus/ap/aqmask", "0x0\n");
        host.write(TYPE + "create", UUID);
        host.write(MDEV + "assign_adapter", "5");
        host.write(MDEV + "assign_domain", "4");
    }

    private static void leavesTheHeapAsItWas(Cycle cycle) throws Exception {
        for (int number = 0; number < WARM_UP; number++) {
            cycle.run(number);
        }
        Heap before = Heap.now();
        for (int number = 0; number < CYCLES; number++) {
            cycle.run(WARM_UP + number);
        }
        Heap after = Heap.now();
        assertEquals(Map.of(), after.more(before, SOME_OBJECTS));
        long bytes = after.bytes() - before.bytes();
        assertTrue(bytes < SOME_BYTES, () -> bytes + " bytes more: " + after.larger(before));
    }

    private S390Machine start(int number) throws QemuExit {
        KernelAccess access = new KernelAccess(host.kernel(), SysfsFileSystem.of(host.root())::getPath, 5000 + number);
        CpuDefinition cpu = CpuDefinition.GEN16A;
        return S390Machine.start(
                QemuHost.kvm(new HostCpu(QemuVersion.parse("10"), true, cpu, cpu.fullFeatures()), access),
                QemuCommandLine.parse(List.of("qemu-system-s390x", "-machine", "s390-ccw-virtio,accel=kvm", "-cpu",
                        "zEC12,ap=on,apqci=on,apft=on", "-device", "vfio-ap,sysfsdev=/sys/bus/mdev/devices/" + UUID)));
    }

    @Test
    void guestsThatStartAndStop() throws Exception {
        leavesTheHeapAsItWas(number -> start(number).close());
    }

    @Test
    void guestsWhoseOperatingSystemRuns() throws Exception {
        leavesTheHeapAsItWas(number -> {
            try (S390Machine machine = start(number)) {
                Host guest = Host.boot(machine.platform(),
                        HostOptions.of(Level.LINUX_6_12).withModules(HostOptions.GUEST_MODULES));
                time.advance(1_000_000_000L);
                assertEquals("CEX5C\n", guest.read("/sys/devices/ap/card05/type"));
            }
            time.advance(60_000_000_000L); // its timers are over
        });
    }

    @Test
    void mediatedDevices() throws Exception {
        host.write(MDEV + "remove", "1");
        leavesTheHeapAsItWas(number -> {
            String uuid = String.format("2d88d55e-9ceb-4f54-91ad-%012x", number);
            host.write(TYPE + "create", uuid);
            host.write("/sys/bus/mdev/devices/" + uuid + "/assign_adapter", "5");
            host.write("/sys/bus/mdev/devices/" + uuid + "/assign_domain", "4");
            host.write("/sys/bus/mdev/devices/" + uuid + "/remove", "1");
        });
    }

    @Test
    void modules() throws Exception {
        host.write(MDEV + "remove", "1");
        leavesTheHeapAsItWas(number -> {
            for (String module : List.of("vfio_ap", "zcrypt_cex4", "zcrypt")) {
                host.rmmod(module);
            }
            for (String module : List.of("zcrypt", "zcrypt_cex4", "vfio_ap")) {
                host.insmod(module);
            }
            time.advance(1_000_000_000L);
        });
    }

    @Test
    void whatIsBoundToDrivers() throws Exception {
        leavesTheHeapAsItWas(number -> {
            host.write("/sys/bus/ap/apmask", "+6\n");
            host.write("/sys/bus/ap/aqmask", "+4\n");
            time.advance(1_000_000_000L);
            host.write("/sys/bus/ap/apmask", "-6\n");
            host.write("/sys/bus/ap/aqmask", "-4\n");
            time.advance(1_000_000_000L);
        });
    }
}
