// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.plan.PlannedMdev;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The program {@code apvirt}, in processes of its own, with a stock kernel that outlives them. */
class AttachCommandIT {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    @TempDir
    private Path temporary;

    /**
     * One boot, three processes in turn: the matrix of a plan's guest by its UUID, which shrinks; a kill while nobody
     * looks; a machine that is mounted, one of whose mediated devices takes the guest over and lets go of it.
     */
    @Test
    void theGuestFollowsTheMediatedDeviceAndOutlivesWhoIsAttached() throws Exception {
        ExecutedProgram.requireFuse();
        Path plan = Files.writeString(temporary.resolve("plan.yaml"), """
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0xab]
                guests:
                  guest1: {adapters: [5, 6], domains: [4, 0xab]}
                """);
        String planned = PlannedMdev.uuidOf("guest1");
        try (StockGuest guest = new StockGuest.Recipe("trixie")
                .program("bin/rsa", StockGuest.program("rsa", temporary)).script("""
                        lszcrypt | sed 's/ .*//'
                        echo ready
                        while [ -d /sys/bus/ap/devices/card06 ]; do echo 1 > /sys/bus/ap/scans; sleep 0.1; done
                        lszcrypt | sed 's/ .*//'
                        echo gone; read line
                        rsa me 64 3 5 MODULUS
                        echo computed; read line
                        echo alone
                        """.replace("MODULUS", "f".repeat(128))).startAlone()) {
            try (ApvirtProcess first = new ApvirtProcess(temporary.resolve("first"), "attach", plan.toString(), "--gdb",
                    guest.gdb(), "--guest", planned)) {
                guest.await("ready");
                assertEquals(200, first.write(MATRIX + planned + "/unassign_adapter", "6"));
                guest.await("gone");
                first.kill();
            }
            guest.type("go"); // the guest stops at its next instruction, and nobody is there
            Path mount = Files.createDirectory(temporary.resolve("mount"));
            try (ApvirtProcess second = new ApvirtProcess(temporary.resolve("second"), "mount", plan.toString(),
                    mount.toString())) {
                second.write("/sys/bus/ap/apmask", "-5");
                second.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
                second.write(MATRIX + UUID + "/assign_adapter", "5");
                second.write(MATRIX + UUID + "/assign_domain", "4");
                second.write(MATRIX + UUID + "/assign_domain", "0xab");
                assertEquals(201, second.start("real", UUID, "unix:" + guest.gdb()));
                guest.await("computed");
                assertEquals(409, second.start("other", UUID, guest.gdb()));
                assertEquals(204, second.ask("DELETE", "/v1/guests/real", null));
                second.await("guest real: detached after [0-9]+ AP instructions; the guest runs on");
                guest.type("go");
                String console = guest.awaitEnd();
                assertTrue(console.contains("alone"), console);
                // 3 to the power of 5
                assertTrue(console.contains("result " + "0".repeat(126) + "f3"), console);
                assertEquals("""
                        CARD.DOM
                        05
                        05.0004
                        05.00ab
                        06
                        06.0004
                        06.00ab
                        ready
                        CARD.DOM
                        05
                        05.0004
                        05.00ab
                        gone
                        """,
                        console.lines().filter(line -> line.matches("CARD.DOM|0[56](\\.00[0-9a-f]{2})?|ready|gone"))
                                .reduce("", (all, line) -> all + line + "\n"));
            }
        }
    }

    /**
     * What the last line says, with a real guest: it runs on, also for somebody who attaches again; the first AP instruction that
     * its kernel then executes, here in a scan of the bus, is an operation exception and an oops.
     */
    @Test
    void theLastLineTellsWhatTheGuestMeets() throws Exception {
        Path machine = Files.writeString(temporary.resolve("machine.yaml"),
                "adapters: {5: CEX5C}\nusage-domains: [4]\n");
        try (StockGuest guest = new StockGuest.Recipe("trixie").script("""
                lszcrypt | sed 's/ .*//'
                echo ready; read line
                lszcrypt | sed 's/ .*//'
                echo again; read line
                (echo 1 > /sys/bus/ap/scans)
                dmesg | grep -o 'illegal operation: 0001'
                echo over
                """).startAlone()) {
            for (String signal : List.of("HUP", "INT")) {
                // The second as QEMU's own option has it.
                String address = signal.equals("HUP") ? guest.gdb() : "unix:" + guest.gdb() + ",server=on,wait=off";
                try (ApvirtProcess apvirt = new ApvirtProcess(temporary.resolve(signal), "attach", machine.toString(),
                        "--gdb", address)) {
                    apvirt.await("attached");
                    guest.await(signal.equals("HUP") ? "ready" : "again");
                    apvirt.signal(signal);
                    apvirt.awaitEnd();
                    String last = apvirt.said().lines().reduce("", (first, second) -> second);
                    assertTrue(
                            last.matches(
                                    "apvirt: detached after [0-9]+ AP instructions; the guest runs on\\. .* oopses .*"),
                            apvirt.said());
                }
                guest.type("on");
            }
            guest.awaitEnd();
            assertTrue(guest.console().contains("illegal operation: 0001\nover\n"), guest.console());
        }
    }
}
