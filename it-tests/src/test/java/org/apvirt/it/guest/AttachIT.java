// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.RealTime;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Stock kernels in QEMU TCG, whose AP instructions the simulated machine answers. */
class AttachIT {
    /** Columns that every release of lszcrypt has and no background request changes. */
    private static final List<String> CARDS = List.of("05 CEX5C CCA-Coproc online", "05.0004 CEX5C CCA-Coproc online",
            "05.0047 CEX5C CCA-Coproc online", "05.00ab CEX5C CCA-Coproc online", "05.00ff CEX5C CCA-Coproc online",
            "06 CEX5A Accelerator online", "06.0004 CEX5A Accelerator online", "06.0047 CEX5A Accelerator online",
            "06.00ab CEX5A Accelerator online", "06.00ff CEX5A Accelerator online");

    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
            .usageDomains(ApMask.of(4, 0x47, 0xab, 0xff)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static List<String> table(String console) {
        return console.lines().filter(line -> line.matches("0[0-9a-f](\\.00[0-9a-f]{2})? .*"))
                .map(line -> String.join(" ", List.of(line.split(" +")).subList(0, 4))).toList();
    }

    @ParameterizedTest
    @CsvSource({"bookworm, 1, installed", "trixie, 1, 10.0", "trixie, 2, installed", "trixie, 2, newest"})
    void lszcryptInAStockKernelShowsTheCardsAndTheKernelDrawsRandomNumbersFromOne(String suite, int cpus,
            String version) throws Exception {
        try (StockGuest guest = new StockGuest.Recipe(suite).cpus(cpus).version(version)
                .script("""
                        uname -r; lszcrypt -V
                        echo "source: $(cat /sys/class/misc/hw_random/rng_current)"
                        for i in 1 2; do dd if=/dev/hwrng bs=32 count=2 2>/dev/null | hexdump -e '"random: " 64/1 "%02x" "\\n"'; done
                        """)
                .start(machine.platform())) {
            String console = guest.awaitEnd();
            assertEquals(CARDS, table(console), console);
            assertTrue(console.contains("source: zcrypt\n"), console);
            List<String> random = console.lines().filter(line -> line.matches("random: [0-9a-f]{128}")).toList();
            assertEquals(2, random.stream().distinct().count(), console);
            assertTrue(guest.answered() > 20, guest.log());
        }
    }

    @Test
    void withoutApInTheMachineTheKernelSaysSo() throws Exception {
        SimulatedMachine none = SimulatedMachine.builder(time).apInstalled(false).facilities(Facilities.NONE).build();
        try (StockGuest guest = new StockGuest.Recipe("bookworm").script("dmesg | grep ' ap: '; lszcrypt")
                .start(none.platform())) {
            String console = guest.awaitEnd();
            assertTrue(console.contains("ap: The hardware system does not support AP instructions"), console);
            assertTrue(console.contains("lszcrypt: Crypto device driver not available."), console);
        }
    }

    @Test
    void whatHappensToCardsOutsideIsSeenByTheBusOfTheGuestAtItsNextScan() throws Exception {
        machine.addAdapter(AdapterSpec.of(8, 13, AdapterMode.CCA));
        try (StockGuest guest = new StockGuest.Recipe("trixie").script("""
                echo ready
                while [ ! -d /sys/bus/ap/devices/card07 ]; do echo 1 > /sys/bus/ap/scans; sleep 0.1; done
                lszcrypt -V
                cd /sys/bus/ap/devices
                for device in card06 06.0004 card07 07.0004 card08 08.0004; do
                    echo attributes $device $(cat $device/online $device/config $device/chkstop)
                done
                """).start(machine.platform())) {
            guest.await("ready");
            machine.removeAdapter(5);
            machine.adapter(6).change(spec -> spec.configured(false));
            machine.adapter(8).change(spec -> spec.checkstopped(true));
            machine.addAdapter(AdapterSpec.of(7, 14, AdapterMode.EP11));
            String console = guest.awaitEnd();
            assertEquals(List.of("06 CEX5A Accelerator deconfig", "06.0004 CEX5A Accelerator deconfig",
                    "06.0047 CEX5A Accelerator deconfig", "06.00ab CEX5A Accelerator deconfig",
                    "06.00ff CEX5A Accelerator deconfig", "07 CEX8P EP11-Coproc online",
                    "07.0004 CEX8P EP11-Coproc online", "07.0047 CEX8P EP11-Coproc online",
                    "07.00ab CEX8P EP11-Coproc online", "07.00ff CEX8P EP11-Coproc online",
                    "08 CEX7C CCA-Coproc chkstop", "08.0004 CEX7C CCA-Coproc chkstop",
                    "08.0047 CEX7C CCA-Coproc chkstop", "08.00ab CEX7C CCA-Coproc chkstop",
                    "08.00ff CEX7C CCA-Coproc chkstop"), table(console), console);
            // online, config, chkstop
            assertEquals(List.of("card06 0 0 0", "06.0004 0 0 0", "card07 1 1 0", "07.0004 1 1 0", "card08 0 1 1",
                    "08.0004 0 1 1"),
                    console.lines().filter(line -> line.startsWith("attributes "))
                            .map(line -> line.substring("attributes ".length())).toList(),
                    console);
        }
    }

    @Test
    void afterDetachingTheGuestRunsOn() throws Exception {
        try (StockGuest guest = new StockGuest.Recipe("trixie").cpus(2).script("""
                lszcrypt
                echo ready
                i=0; while [ $i -lt 10 ]; do sleep 0.1; i=$((i+1)); done
                echo still here
                """).start(machine.platform())) {
            guest.await("ready");
            guest.detach();
            assertTrue(guest.awaitEnd().contains("still here"));
        }
    }
}
