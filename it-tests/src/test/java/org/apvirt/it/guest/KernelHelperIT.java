// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The kernel helper module, cross-built against a stock kernel's headers and loaded into that kernel. */
class KernelHelperIT {
    private static final Path PROGRAM = Programs.ROOT.resolve("native/target/check/helper-linux-s390x");
    private static Path module;

    @TempDir
    private Path temporary;

    private final RealTime time = new RealTime();

    @BeforeAll
    static void buildTheModule() throws Exception {
        Programs.require("qemu.required", Files.isExecutable(PROGRAM),
                "the C programs were not built for s390x: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        Programs.Output built = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-module").toString(), "bookworm",
                Programs.ROOT.resolve("native/target/kernel-module").toString()));
        Programs.require("qemu.required", built.status() == 0, built.text());
        module = Path.of(built.lastLine());
    }

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static StockGuest.Recipe guest(String script) throws Exception {
        return new StockGuest.Recipe("bookworm").program("apvirt_insn.ko", module).program("helper", PROGRAM)
                .script(script);
    }

    @Test
    void itIssuesInstructionsForRootAndCopiesWhatTheyPointTo() throws Exception {
        SimulatedMachine machine = SimulatedMachine.builder(time).qciFlags(0xf000_0000).na(63).nd(84)
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)).build();
        // The AP bus must not take the reply away, nor reset the queue, while the program looks at it.
        try (StockGuest guest = guest("""
                echo -0x05 > /sys/bus/ap/apmask
                insmod /apvirt_insn.ko && stat -c '%a %n' /dev/apvirt-insn
                /helper
                rmmod apvirt_insn && ls /dev/apvirt-insn
                """).start(machine.platform())) {
            String console = guest.awaitEnd();
            List<String> lines = console.lines().dropWhile(line -> !line.equals("600 /dev/apvirt-insn")).toList();
            assertEquals("""
                    600 /dev/apvirt-insn
                    TAPQ: cc 0 gr1 80000000
                    TAPQ T: cc 0 gr1 80000000
                    ZAPQ: cc 0 gr1 80000000
                    AQIC: interruption 0006
                    code ff: interruption 0006
                    other queue: cc 3 gr1 00010000
                    QCI: cc 0 gr1 00000000
                    config: f00000003f540000 0400000000000000
                    QCI nowhere: Bad address
                    NQAP: cc 0 gr1 STATUS
                    address is ours again: 1
                    DQAP: cc 0 gr1 80000000
                    psmid: 0123456789abcdef
                    reply delivered: 1
                    NQAP too long: Message too long
                    opcode 0: Invalid argument
                    ls: /dev/apvirt-insn: No such file or directory""",
                    String.join("\n", lines.subList(0, Math.min(18, lines.size()))).replaceFirst(
                            "(NQAP: cc 0 gr1 )[0-9a-f]{8}", "$1STATUS"),
                    console);
        }
    }

    @Test
    void whereApIsNotInstalledItRefusesToLoadAndTheKernelLivesOn() throws Exception {
        SimulatedMachine none = SimulatedMachine.builder(time).apInstalled(false).facilities(Facilities.NONE).build();
        try (StockGuest guest = guest("""
                insmod /apvirt_insn.ko
                dmesg | grep apvirt_insn
                echo lives on
                """).start(none.platform())) {
            String console = guest.awaitEnd();
            assertTrue(console.contains("can't insert '/apvirt_insn.ko': No such device"), console);
            assertTrue(console.contains("apvirt_insn: the AP instructions are not installed"), console);
            assertTrue(console.contains("lives on"), console);
        }
    }

    @Test
    void aJavaProgramInTheGuestOpensTheHardwareThroughIt() throws Exception {
        Path archive = temporary.resolve("jvm.cpio");
        GuestJvm.write(archive, Map.of());
        SimulatedMachine machine = SimulatedMachine.builder(time).nd(84)
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)).build();
        try (StockGuest guest = guest(GuestJvm.FUNCTION + """
                echo -0x05 > /sys/bus/ap/apmask
                java org.apvirt.it.guest.HelperClient
                insmod /apvirt_insn.ko
                java org.apvirt.it.guest.HelperClient
                """).archive(archive).start(machine.platform())) {
            String console = guest.awaitEnd();
            List<String> lines = console.lines().dropWhile(line -> !line.startsWith("opened: ")).toList();
            assertEquals(
                    """
                            opened: the hardware cannot be used: privileged-operation exception: AP is installed, but a process \
                            may not issue its instructions
                            opened: the hardware: the kernel helper /dev/apvirt-insn issues the AP instructions
                            adapters: [5]
                            tapq: 0x80000000 (NORMAL) 0xf20000000b540007
                            nqap: response 0
                            dqap: response 0 psmid 123456789abcdef type TYPE""",
                    String.join("\n", lines.subList(0, Math.min(6, lines.size()))).replaceFirst(" type 8[0-9a-f]$",
                            " type TYPE"),
                    console);
        }
    }
}
