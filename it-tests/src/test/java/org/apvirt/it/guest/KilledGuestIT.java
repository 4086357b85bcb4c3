// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** kill -9 of {@code attach} and {@code qemu} at random moments, of their start, of a guest's boot and of its work. */
@Timeout(300)
class KilledGuestIT {
    private static final int TIMES = 20;
    private static final long SEED = 20; // the moments vary enough with the load; the same tests each time
    /** About twice what a start takes here. */
    private static final int LONGEST_MILLIS = 1500;

    /** A guest that boots says something within this time. */
    private static final int SILENT_MILLIS = 4000;

    @TempDir
    private Path directory;
    private Path machine;
    private Path runtime;
    private final Random random = new Random(SEED);

    @BeforeEach
    void writeMachine() throws Exception {
        // Domain 71 is found only with the facilities that the boot code is shown.
        machine = Files.writeString(directory.resolve("machine.yaml"),
                "adapters: {5: CEX5C}\nusage-domains: [4, 0x47]\n");
        runtime = Files.createDirectory(directory.resolve("run"));
    }

    private ApvirtProcess start(String... arguments) throws IOException {
        return new ApvirtProcess(directory.resolve("said"), Map.of("XDG_RUNTIME_DIR", runtime.toString()), arguments);
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.walk(runtime, 2)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("qemu-") || name.endsWith(".sock")).toList();
        }
    }

    /** Whoever is killed, the next one takes the guest over as it is: its boot ends well, and no instruction is lost. */
    @Test
    void ofAttachTheGuestTakesNoHarm() throws Exception {
        try (StockGuest guest = new StockGuest.Recipe("trixie").parameters("panic=-1").script("""
                lszcrypt | sed 's/ .*//'
                echo booted
                while echo 1 > /sys/bus/ap/scans; [ ! -e /stop ]; do sleep 0.02; done & scans=$!
                read line
                touch /stop; wait $scans
                lszcrypt | sed 's/ .*//'
                echo worked
                """).startAlone()) {
            for (int i = 0; i < TIMES; i++) {
                try (ApvirtProcess killed = start("attach", machine.toString(), "--gdb", guest.gdb())) {
                    if (i % 2 == 0) {
                        killed.await("attached"); // one start in two gets as far as to the guest for certain
                    }
                    Thread.sleep(random.nextInt(LONGEST_MILLIS));
                    killed.kill();
                }
            }
            try (ApvirtProcess last = start("attach", machine.toString(), "--gdb", guest.gdb())) {
                last.await("attached");
                guest.await("booted");
                guest.type("stop");
                String console = guest.awaitEnd();
                assertEquals(0, last.awaitEnd(), last.said());
                assertEquals(List.of("05", "05.0004", "05.0047", "booted", "05", "05.0004", "05.0047", "worked"),
                        console.lines().filter(line -> line.matches("05(\\.00[0-9a-f]{2})?|booted|worked")).toList(),
                        console);
            }
        }
        assertEquals(List.of(), left());
    }

    /**
     * A kernel sets a handler for program checks when it starts and another one later. With nobody there to see that one, the guest
     * would find no cards.
     */
    @Test
    void ofAttachAGuestThatBootsWaitsHoweverLongNobodyComes() throws Exception {
        try (RealTime time = new RealTime();
                StockGuest guest = new StockGuest.Recipe("trixie").parameters("panic=-1 loglevel=7")
                        .script("lszcrypt | sed 's/ .*//'").startAlone()) {
            SimulatedMachine cards = SimulatedMachine.builder(time).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                    .usageDomains(ApMask.of(4, 0x47)).build();
            guest.attach(cards.platform());
            guest.awaitLog("listening for AP instructions", 1); // the first handler is there
            guest.abandon();
            for (int said = -1; said < guest.console().length();) {
                said = guest.console().length();
                Thread.sleep(SILENT_MILLIS);
            }
            guest.attach(cards.platform());
            assertEquals(List.of("05", "05.0004", "05.0047"),
                    guest.awaitEnd().lines().filter(line -> line.matches("05(\\.00[0-9a-f]{2})?")).toList(),
                    guest::log);
        }
    }

    /** All processes that have anything to do with this test's machine, QEMU among them. */
    private List<ProcessHandle> ours() {
        return Programs.processes(directory.toString());
    }

    @Test
    void ofQemuNothingStays() throws Exception {
        Programs.require("qemu.required", Programs.isInstalled("qemu-system-s390x"),
                "qemu-system-s390x is missing: apt-get install qemu-system-misc");
        Path image = StockGuest.image("trixie");
        String[] arguments = {"qemu", machine.toString(), "--", "-M", "s390-ccw-virtio", "-cpu", "max", "-m", "512M",
                "-nographic", "-no-reboot", "-kernel", image.resolve("vmlinuz").toString(), "-append",
                "console=ttysclp0 panic=-1"};
        for (int i = 0; i < TIMES; i++) {
            try (ApvirtProcess killed = start(arguments)) {
                Thread.sleep(random.nextInt(LONGEST_MILLIS));
                List<ProcessHandle> targets = ours(); // QEMU, or what becomes it, and apvirt
                if (random.nextBoolean() && !targets.isEmpty()) {
                    targets.get(random.nextInt(targets.size())).destroyForcibly();
                    killed.awaitEnd();
                } else {
                    killed.kill();
                }
            }
        }
        for (int i = 0; !ours().isEmpty(); i++) {
            assertTrue(i < 400, () -> "still there after 20 s: " + ours().stream().map(ProcessHandle::info).toList());
            Thread.sleep(50);
        }
        try (ApvirtProcess next = start(arguments)) {
            next.await("attached");
            assertEquals(2, left().size(), () -> "besides the directory and the socket of the one that runs: " + next);
            next.await("Unable to mount root fs"); // it has no disk, and ends so
            next.awaitEnd();
        }
        assertEquals(List.of(), left());
    }
}
