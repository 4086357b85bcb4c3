// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.gdb.ApEmulation;
import org.apvirt.gdb.GuestTransport.End;
import org.apvirt.it.Programs;
import org.apvirt.plugin.PluginFile;
import org.apvirt.plugin.PluginTransport;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Either side of the plugin's connections is killed at random moments. */
@Timeout(600)
class PluginKilledIT {
    private static final int TIMES = 20;
    private static final long SEED = 16;
    /** About as long as a start takes. */
    private static final int LONGEST_MILLIS = 700;

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
            .adapter(AdapterSpec.of(7, 11, AdapterMode.ACCELERATOR))
            .usageDomains(ApMask.of(4, 0xff)).build();
    private final Random random = new Random(SEED);

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static String soaked(String console) {
        return console.lines().filter(line -> line.matches("soak: [0-9]+ right.*")).findFirst().orElse("(none)");
    }

    private ApvirtProcess attach(Path file, StockGuest guest) throws IOException {
        return new ApvirtProcess(temporary.resolve("said"), "attach", file.toString(), "--plugin",
                guest.address().substring(PluginTransport.SCHEME.length()));
    }

    /** kill -9 of apvirt: during its start, in the middle of an instruction, or between two. */
    @Test
    void ofUsTheGuestTakesNoHarm() throws Exception {
        Path file = Files.writeString(temporary.resolve("machine.yaml"),
                "adapters: {5: CEX5C, 6: CEX5A, 7: CEX5A}\nusage-domains: [4, 0x47]\n");
        try (StockGuest guest = new StockGuest.Recipe("trixie").plugin().cpus(2)
                .program("bin/soak", StockGuest.program("soak", temporary)).script("""
                        echo ready
                        while [ ! -e /stop ]; do echo 1 >/sys/bus/ap/scans; sleep 0.05; done & scans=$!
                        soak 1000000 4 >/run/soak & soak=$!
                        read line
                        touch /stop; wait $scans; kill $soak
                        echo "config: $(cat /sys/bus/ap/devices/card0[567]/config | tr -d '\\n')"
                        soak 50 4
                        dmesg | grep -i -e oops -e 'BUG' -e 'operation exception'
                        """).startAlone()) {
            for (int i = 0; i < TIMES; i++) {
                try (ApvirtProcess killed = attach(file, guest)) {
                    if (i == 0) {
                        guest.await("ready");
                    }
                    if (i % 2 == 0) {
                        killed.await("QEMU is there"); // one in two serves for certain
                    }
                    Thread.sleep(random.nextInt(LONGEST_MILLIS));
                    killed.kill();
                }
            }
            try (ApvirtProcess last = attach(file, guest)) {
                last.await("QEMU is there");
                Thread.sleep(500);
                guest.type("stop");
                String console = guest.awaitEnd();
                assertEquals("soak: 50 right, 0 wrong", soaked(console).replaceFirst(", [0-9]+ again", ""), console);
                assertTrue(console.contains("config: 111"), console);
                assertFalse(console.contains("Oops") || console.contains("operation exception"), console);
                assertEquals(0, last.awaitEnd(), last.said());
            }
        }
    }

    /** Ctrl-Z, or a debugger: the first instruction waits for 10 s, and no other; when we go on, the cards are back. */
    @Test
    void whileWeAreStoppedTheGuestGoesOnWithDeconfiguredCards() throws Exception {
        Path file = Files.writeString(temporary.resolve("machine.yaml"),
                "adapters: {5: CEX5C, 6: CEX5A}\nusage-domains: [4, 0x47]\n");
        try (StockGuest guest = new StockGuest.Recipe("trixie").plugin().script("""
                config() { cat /sys/bus/ap/devices/card0[56]/config | tr -d '\n'; }
                echo ready
                read line
                begin=$(cut -d. -f1 /proc/uptime)
                for i in 1 2 3 4 5 6; do echo 1 >/sys/bus/ap/scans; done
                end=$(cut -d. -f1 /proc/uptime)
                [ $((end - begin)) -lt 19 ] && echo "stopped: $(config)" || echo "waited for $((end - begin)) s"
                read line
                while [ "$(config)" != 11 ]; do echo 1 >/sys/bus/ap/scans; sleep 0.2; done
                echo "back: $(config)"
                """).startAlone(); ApvirtProcess apvirt = attach(file, guest)) {
            guest.await("ready");
            apvirt.signal("STOP");
            guest.type("stopped");
            guest.await("stopped: 00");
            apvirt.signal("CONT");
            guest.type("continued");
            guest.await("back: 11");
        }
    }

    @Test
    void ofQemuWeNotice() throws Exception {
        Path program = Programs.ROOT.resolve("native/target/check/freestanding.elf");
        Path plugin = PluginFile.writeTo(temporary);
        for (int i = 0; i < TIMES; i++) {
            Path socket = temporary.resolve("socket" + i);
            PluginTransport transport = PluginTransport.listen(socket, machine.platform(), false, line -> {});
            CompletableFuture<End> end = CompletableFuture.supplyAsync(() -> {
                try {
                    return transport.serve(new ApEmulation(machine.platform().instructions()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }, task -> Thread.ofPlatform().daemon().start(task));
            Process qemu = new ProcessBuilder(
                    List.of(Programs.newestQemu().toString(), "-M", "s390-ccw-virtio", "-m", "64",
                            "-display", "none", "-nodefaults", "-kernel", program.toString(), "-plugin",
                            PluginFile.option(plugin, socket)))
                    .inheritIO().start();
            Thread.sleep(random.nextInt(800));
            qemu.destroyForcibly().waitFor();
            transport.guestEnded(); // it may not have connected yet
            assertEquals(End.GUEST_ENDED, end.get(10, TimeUnit.SECONDS));
        }
        assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals("plugin")
                && thread.isAlive() && !endsSoon(thread)), "threads are left");
    }

    private static boolean endsSoon(Thread thread) {
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
