// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A guest that starts anew under us: by a reset of the machine, and by a kernel that loads another. */
class RestartIT {
    /** What each boot prints of lszcrypt. Domain 71 is found only with the facilities of QCI and APFT. */
    private static final List<String> CARDS = List.of("05", "05.0004", "05.0047");

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4, 0x47)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    /** The first column of the tables that were printed, one list a boot. */
    private static List<List<String>> tables(String console) {
        return List.of(console.split("boot done")).stream()
                .map(boot -> boot.lines().filter(line -> line.matches("05(\\.00[0-9a-f]{2})? .*"))
                        .map(line -> line.split(" ")[0]).toList())
                .toList();
    }

    @Test
    void afterEachRebootTheCardsAreThereAgain() throws Exception {
        try (StockGuest guest = new StockGuest.Recipe("trixie").restarts().script("""
                lszcrypt
                echo boot done
                reboot -f
                """).start(machine.platform())) {
            guest.await("boot done", 3);
            assertEquals(List.of(CARDS, CARDS, CARDS), tables(guest.console()).subList(0, 3), guest.console());
        }
    }

    @Test
    void aKernelThatIsStartedByKexecFindsThemAndSoDoesTheOneAfterAReboot() throws Exception {
        Programs.Output image = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-guest").toString(), "bookworm"));
        Programs.require("qemu.required", image.status() == 0, image.text());
        Path initrd = temporary.resolve("initrd");
        String script = """
                lszcrypt
                echo boot done
                reboot -f
                """;
        Files.write(initrd, Files.readAllBytes(Path.of(image.lastLine()).resolve("initrd.gz")));
        Files.write(initrd, Cpio.compressed(List.of(new Cpio.Entry("run.sh", script.getBytes("UTF-8"), 0644))),
                java.nio.file.StandardOpenOption.APPEND);
        try (StockGuest guest = new StockGuest.Recipe("bookworm").restarts().cpus(2)
                .program("bin/kexec", StockGuest.program("kexec", temporary))
                .program("image", Path.of(image.lastLine()).resolve("vmlinuz")).program("initrd", initrd).script("""
                        lszcrypt
                        echo boot done
                        kexec /image /initrd "console=ttysclp0 quiet second"
                        """).start(machine.platform())) {
            guest.await("boot done", 3);
            assertEquals(List.of(CARDS, CARDS, CARDS), tables(guest.console()).subList(0, 3), guest.console());
        }
    }
}
