// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsFileSystem;
import org.apvirt.sysfs.SysfsMount;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The kernel keeps names of the mount, and yet nobody sees an entry that has gone or misses one that has come, whoever
 * changed the tree: a program through the mount, Java, or the machine under a scan.
 */
@Timeout(120)
class MountFreshnessIT {
    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough";

    @TempDir
    Path point;
    private final VirtualTime time = new VirtualTime();
    private SimulatedMachine machine;
    private Host host;
    private Path inside;
    private SysfsMount mount;

    private void mounted(String level) throws Exception {
        ExecutedProgram.requireFuse();
        MachineFile file = MachineFile.parse("level: " + level + """

                adapters: {5: CEX5C, 6: CEX5A, 9: CEX7P}
                usage-domains: [4, 0x47]
                """, "test");
        machine = file.machine().build(time, false);
        host = file.boot(machine);
        inside = SysfsFileSystem.of(host.root()).getPath("/");
        mount = SysfsMount.mount(host.root(), point);
    }

    @AfterEach
    void unmount() {
        if (mount != null) {
            mount.close();
        }
    }

    /** What stat and readlink tell of an entry; "gone" if there is none. */
    private static String seen(Path path) throws IOException {
        try {
            PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class,
                    LinkOption.NOFOLLOW_LINKS);
            return (attributes.isDirectory() ? "d" : attributes.isRegularFile() ? "f" : "l")
                    + PosixFilePermissions.toString(attributes.permissions())
                    + (attributes.isSymbolicLink() ? " -> " + Files.readSymbolicLink(path) : "");
        } catch (NoSuchFileException e) {
            return "gone";
        }
    }

    private Path through(String path) {
        return point.resolve(path.substring(1));
    }

    /** Compares every entry that there is, and every one that there ever was. */
    private void assertSame(Set<String> ever, String after) throws IOException {
        try (Stream<Path> all = Files.walk(inside.resolve("sys"))) {
            all.forEach(path -> ever.add(path.toString()));
        }
        List<String> differences = new ArrayList<>();
        for (String path : ever) {
            String real = seen(inside.resolve(path));
            String shown = seen(through(path));
            if (!real.equals(shown)) {
                differences.add(path + ": is " + real + ", shown as " + shown);
            }
        }
        assertEquals(List.of(), differences, "after " + after);
    }

    private void write(boolean byProgram, String path, String text) {
        try {
            if (byProgram) {
                Files.writeString(through(path), text, java.nio.file.StandardOpenOption.WRITE);
            } else {
                host.write(path, text);
            }
        } catch (IOException | ErrnoException e) {
            assertTrue(String.valueOf(e.getMessage()).length() > 0); // refusals are part of the mixture
        }
    }

    private String change(Random random, List<String> uuids) throws ErrnoException {
        boolean byProgram = random.nextBoolean();
        int kind = random.nextInt(10);
        String queue = String.format("%02x.%04x", 5 + random.nextInt(2), random.nextBoolean() ? 4 : 0x47);
        switch (kind) {
            case 0, 1 -> {
                int apid = 5 + random.nextInt(3);
                if (machine.findAdapter(apid) == null) {
                    machine.addAdapter(AdapterSpec.of(apid, 11 + random.nextInt(3), AdapterMode.CCA));
                } else {
                    machine.removeAdapter(apid);
                }
                scan(byProgram);
            }
            case 2 -> {
                int domain = 4 + random.nextInt(2);
                machine.setUsageDomains(machine.usageDomains().contains(domain)
                        ? machine.usageDomains().without(domain)
                        : machine.usageDomains().with(domain));
                scan(byProgram);
            }
            case 3 ->
                write(byProgram, "/sys/bus/ap/apmask", (random.nextBoolean() ? "+" : "-") + (5 + random.nextInt(2)));
            case 4 -> write(byProgram, "/sys/bus/ap/drivers/cex4queue/" + (random.nextBoolean() ? "bind" : "unbind"),
                    queue);
            case 5, 6 -> {
                String uuid = new UUID(random.nextLong(), random.nextInt(3)).toString();
                uuids.add(uuid);
                write(byProgram, TYPE + "/create", uuid);
            }
            case 7 -> {
                if (!uuids.isEmpty()) {
                    String uuid = uuids.get(random.nextInt(uuids.size())); // some come again later
                    write(byProgram, "/sys/devices/vfio_ap/matrix/" + uuid + "/remove", "1");
                    if (random.nextBoolean()) {
                        write(!byProgram, TYPE + "/create", uuid);
                    }
                }
            }
            case 8 -> {
                if (host.kernel().module("vfio_ap") == null) {
                    host.insmod("vfio_ap");
                } else if (random.nextInt(3) == 0) {
                    host.rmmod("vfio_ap");
                }
            }
            default -> write(byProgram, "/sys/class/zcrypt/" + (random.nextBoolean() ? "create" : "destroy"),
                    "node" + random.nextInt(2));
        }
        time.advanceMillis(50);
        return "kind " + kind + (byProgram ? " by a program" : " by Java");
    }

    private void scan(boolean byProgram) {
        if (byProgram) {
            write(true, "/sys/bus/ap/scans", "1");
        } else {
            bus().scan();
        }
    }

    private ApBus bus() {
        ApBus bus = host.bus();
        assertTrue(bus != null);
        return bus;
    }

    @ParameterizedTest
    @ValueSource(strings = {"linux-6.12", "linux-7.2", "seed"})
    void afterEachOfManyChangesTheMountShowsTheTreeAsItIs(String level) throws Exception {
        mounted(level);
        Random random = new Random(6);
        List<String> uuids = new ArrayList<>();
        Set<String> ever = new TreeSet<>();
        assertSame(ever, "boot");
        for (int i = 0; i < 60; i++) {
            assertSame(ever, "change " + i + ", " + change(random, uuids));
        }
        assertTrue(ever.size() > 500, () -> ever.size() + " entries");
    }

    /** A reader in the middle of a lookup while the entry goes does not make the kernel keep the name. */
    @Test
    void aReaderThatNeverRestsKeepsNothingAlive() throws Exception {
        mounted("linux-6.12");
        Path queue = through("/sys/devices/ap/card05/05.0047");
        Path attribute = queue.resolve("config");
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> readers = new ArrayList<>();
        for (Path path : Arrays.asList(queue, attribute)) {
            Thread reader = new Thread(() -> {
                while (!over.get()) {
                    Files.exists(path);
                }
            });
            reader.start();
            readers.add(reader);
        }
        int stale = 0;
        int missed = 0;
        for (int i = 0; i < 300; i++) {
            machine.setUsageDomains(machine.usageDomains().without(0x47));
            bus().scan();
            stale += Files.exists(queue) || Files.exists(attribute) ? 1 : 0;
            machine.setUsageDomains(machine.usageDomains().with(0x47));
            bus().scan();
            missed += Files.exists(queue) && Files.exists(attribute) ? 0 : 1;
        }
        over.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        assertEquals("0 stale, 0 missed", stale + " stale, " + missed + " missed");
    }

    @Test
    void aShellKeepsItsDirectoryOverAChangeElsewhere() throws Exception {
        mounted("linux-6.12");
        Process shell = new ProcessBuilder("bash", "-c", "cd " + point
                + "/sys/devices/ap/card05/05.0004; echo 1 >../../../../bus/ap/scans; /bin/pwd; read line; /bin/pwd;"
                + " read line; ls online").redirectErrorStream(true).start();
        String there = through("/sys/devices/ap/card05/05.0004").toString();
        assertEquals(there, shell.inputReader().readLine());
        machine.removeAdapter(6);
        bus().scan();
        shell.outputWriter().write('\n');
        shell.outputWriter().flush();
        assertEquals(there, shell.inputReader().readLine());
        machine.removeAdapter(5);
        bus().scan();
        shell.outputWriter().write('\n');
        shell.outputWriter().flush();
        assertFalse(Files.exists(Path.of(there)));
        assertEquals("ls: cannot access 'online': No such file or directory", shell.inputReader().readLine());
    }
}
