// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Two CPUs that compute with a card while one of them goes and comes, drivers are loaded anew, and at last a panic. */
class GuestUnderLoadIT {
    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR)).usageDomains(ApMask.of(4)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private String secondClient(String address) {
        try (AttachedGuest none = AttachedGuest.attach(address, machine.platform(), line -> {})) {
            return "attached, which must not be: " + none.answered();
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    @Test
    void requestsOfTwoCpusAreAnsweredWhateverHappensBesides() throws Exception {
        // 3 to the power of 5 is 243: each of the 60 results is f3.
        try (StockGuest guest = new StockGuest.Recipe("trixie").cpus(2).parameters("maxcpus=1")
                .program("bin/rsa", StockGuest.program("rsa", temporary)).script("""
                        cd /sys/devices/system/cpu/cpu1; cat online
                        load() { i=0; while [ $i -lt $1 ]; do rsa me 8 3 5 7fffffffffffffff; i=$((i+1)); done; }
                        load 30 > /a & load 30 > /b &
                        for i in 1 2 3; do echo 1 > online; sleep 0.1; cat online; echo 0 > online; done
                        echo 1 > online
                        wait
                        cat /a /b | sort | uniq -c
                        rmmod zcrypt_cex4; ls /sys/bus/ap/drivers | wc -l
                        insmod /modules/zcrypt_cex4.ko* && load 1
                        while [ ! -d /sys/bus/ap/devices/card07 ]; do echo 1 > /sys/bus/ap/scans; sleep 0.1; done
                        echo c > /proc/sysrq-trigger
                        """).start(machine.platform())) {
            CompletableFuture<String> second = CompletableFuture.supplyAsync(() -> secondClient(guest.gdb()));
            assertEquals("the gdb stub does not answer within 5000 ms (is another debugger connected to it?)",
                    second.get());
            machine.addAdapter(AdapterSpec.of(7, 11, AdapterMode.CCA)); // what the guest waits for
            String console = guest.awaitEnd();
            assertEquals(List.of("0", "1", "1", "1", "60 result 00000000000000f3", "0", "result 00000000000000f3"),
                    console.lines().map(String::strip).filter(line -> line.matches("[01]|(60 )?result .*|error.*"))
                            .toList(),
                    console);
            assertTrue(console.contains("Kernel panic - not syncing: sysrq triggered crash"), console);
            assertTrue(guest.log().matches("(?s).*the guest has ended after [0-9]+ AP instructions"), guest.log());
        }
    }
}
