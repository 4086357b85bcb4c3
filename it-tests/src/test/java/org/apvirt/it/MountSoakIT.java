// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.RealTime;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.apvirt.sysfs.SysfsMount;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Four threads read, write, list, make and remove mediated devices, scan, plug and unplug through a mount; afterwards
 * nothing is left of it. {@code -Dsoak.operations=1000000} makes it long.
 */
class MountSoakIT {
    private static final int OPERATIONS = Integer.getInteger("soak.operations", 20_000);
    private static final int THREADS = 4;
    private static final String MATRIX = "sys/devices/vfio_ap/matrix/";
    private static final String TYPE = MATRIX + "mdev_supported_types/vfio_ap-passthrough";
    private static final String[] READ = {"sys/bus/ap/apmask", "sys/bus/ap/bindings",
            "sys/devices/ap/card05/05.0004/online", "sys/devices/ap/card06/type",
            TYPE + "/available_instances", "sys/devices/ap/card05/05.0047/ap_functions"};
    private static final String[] LISTED = {"sys/devices/ap", "sys/devices/ap/card05/05.0004", "sys/bus/ap/devices",
            "sys/bus/ap/drivers/cex4queue", TYPE, "sys/bus/mdev/devices", "dev"};

    @TempDir
    Path point;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private SimulatedMachine machine;
    private Host host;

    /** One operation of one thread. */
    private interface Operation {
        void run() throws IOException;
    }

    private void attempt(Operation operation) {
        try {
            operation.run();
        } catch (IOException e) {
            refused.incrementAndGet(); // another thread has taken it away, or the kernel would refuse it too
        }
    }

    private void write(String path, String text) throws IOException {
        Files.writeString(point.resolve(path), text, StandardOpenOption.WRITE);
    }

    private ApBus bus() {
        ApBus bus = host.bus();
        assertTrue(bus != null);
        return bus;
    }

    private void mix(int thread, int count) {
        SplittableRandom random = new SplittableRandom(thread);
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(100);
            attempt(() -> {
                if (kind < 45) {
                    Files.readString(point.resolve(READ[random.nextInt(READ.length)]));
                } else if (kind < 60) {
                    try (DirectoryStream<Path> entries = Files
                            .newDirectoryStream(point.resolve(LISTED[random.nextInt(LISTED.length)]))) {
                        entries.forEach(Files::exists);
                    }
                } else if (kind < 80) {
                    write("sys/devices/ap/card06/06.0004/online", random.nextBoolean() ? "1" : "0");
                } else if (kind < 95) {
                    device(new UUID(random.nextLong(), random.nextLong()).toString(), random.nextInt(64));
                } else if (kind < 98) {
                    write("sys/bus/ap/scans", "1");
                } else {
                    plugOrUnplug();
                }
            });
            done.incrementAndGet();
        }
    }

    private void device(String uuid, int domain) throws IOException {
        write(TYPE + "/create", uuid);
        try {
            write(MATRIX + uuid + "/assign_domain", Integer.toString(domain));
            Files.readString(point.resolve(MATRIX + uuid + "/matrix"));
            Files.readSymbolicLink(point.resolve(MATRIX + uuid + "/iommu_group"));
        } finally {
            write(MATRIX + uuid + "/remove", "1");
        }
    }

    private void plugOrUnplug() {
        synchronized (machine) {
            machine.setUsageDomains(machine.usageDomains().contains(0xab)
                    ? machine.usageDomains().without(0xab)
                    : machine.usageDomains().with(0xab));
        }
        bus().scan();
    }

    private void run(int operations) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                all.add(pool.submit(() -> mix(thread, operations / THREADS)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    /** Returns the bytes in use once nothing more can be freed. */
    private static long usedHeap() throws InterruptedException {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(100); // cleaners run on a thread of their own
            used = Math.min(used, memory.getHeapMemoryUsage().getUsed());
        }
        return used;
    }

    private static List<String> mountThreads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("apvirt-fuse")).toList();
    }

    /** Waits until the Linux kernel has given back what it can. */
    private static int heldAfterDroppingCaches(SysfsMount mount, int enough) throws Exception {
        for (int i = 0; i < 100 && mount.held() > enough; i++) {
            Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "2");
            Thread.sleep(50);
        }
        return mount.held();
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void nothingGrows() throws Exception {
        ExecutedProgram.requireFuse();
        MachineFile file = MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0x47, 0xab]
                """, "soak");
        machine = file.machine().build(new RealTime(), true);
        host = file.boot(machine);
        SysfsMount mount = SysfsMount.mount(host.root(), point);
        try {
            run(OPERATIONS / 10); // classes, code, thread pools, and the kernel's caches
            int heldBefore = heldAfterDroppingCaches(mount, 1);
            long heapBefore = usedHeap();
            int threadsBefore = mountThreads().size();
            long start = System.nanoTime();

            run(OPERATIONS);

            double seconds = (System.nanoTime() - start) / 1e9;
            int peak = mount.held();
            int held = heldAfterDroppingCaches(mount, heldBefore);
            long heap = usedHeap();
            int threads = mountThreads().size();
            System.out.printf("soak: %d operations in %.0f s, %d refused; held %d, before %d, at the end of the run %d;"
                    + " heap %d KiB, before %d; threads %d, before %d%n", done.get(), seconds, refused.get(), held,
                    heldBefore, peak, heap / 1024, heapBefore / 1024, threads, threadsBefore);
            assertEquals(heldBefore, held, 3, "node ids and open files"); // the root, and what is just being looked at
            // The two tables of ids keep the room that the most ids took; an id itself takes several times as much.
            long room = 32L * peak;
            assertTrue(heap < heapBefore + room + 4 * 1024 * 1024, () -> "heap " + heap + ", before " + heapBefore);
            assertTrue(threads <= 2 * THREADS + 4, () -> "threads " + mountThreads());
            assertTrue(refused.get() < done.get() / 10, () -> refused + " refused");
            try (Stream<Path> devices = Files.list(point.resolve("sys/bus/mdev/devices"))) {
                assertEquals(0, devices.count());
            }
            assertEquals(Files.readString(SysfsFileSystem.of(host.root()).getPath("/sys/bus/ap/bindings")),
                    Files.readString(point.resolve("sys/bus/ap/bindings")));
        } finally {
            mount.close();
        }
        assertFalse(Files.readString(Path.of("/proc/mounts")).contains(point.toString()));
        for (int i = 0; i < 100 && !mountThreads().isEmpty(); i++) {
            Thread.sleep(50);
        }
        assertEquals(List.of(), mountThreads());
    }
}
