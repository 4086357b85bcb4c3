// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.plugin.GuestAddress;
import org.apvirt.plugin.PluginFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The C instructions in supervisor state: {@code ap_insn.c} in a program without an operating system, booted by QEMU.
 * It issues every function code and prints a line for each. With {@code -Ds390x.required=true} a missing tool fails the
 * build, else it is the reason for skipping.
 */
class FreestandingIT {
    private static final Path PROGRAM = Programs.ROOT.resolve("native/target/check/freestanding.elf");

    private static final String ZERO = " 0000000000000000";

    private static final Path CASES = PROGRAM.resolveSibling("cases.elf");

    @TempDir
    private Path temporary;
    private Path kernel = PROGRAM;

    @Test
    void withoutAnyoneAttachedEveryInstructionIsAnOperationException() throws Exception {
        require();
        Process qemu = qemu("qemu-system-s390x");
        Map<String, String> lines = end(qemu);

        assertEquals("alone", lines.remove("program"));
        assertEquals(17, lines.size());
        assertEquals(List.of("interruption 0001"), lines.values().stream().distinct().toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"Unix socket", "TCP", "plugin"})
    void underAttachEveryFunctionCodeIsAnsweredAsTheMachineAnswersIt(String way) throws Exception {
        require();
        SimulatedMachine machine;
        List<String> log = new ArrayList<>();
        long answered;
        Map<String, String> lines;
        try (RealTime time = new RealTime()) {
            machine = SimulatedMachine.builder(time).qciFlags(0xf000_0000).na(63).nd(84)
                    .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4))
                    .controlDomains(ApMask.of(4, 71)).build();
            Path socket = temporary.resolve("socket");
            String address = switch (way) {
                case "TCP" -> "localhost:" + freePort();
                case "plugin" -> "plugin:" + socket;
                default -> "unix:" + socket;
            };
            Process qemu = switch (way) {
                case "TCP" -> qemu("qemu-system-s390x", "-S", "-gdb", "tcp:" + address);
                case "plugin" -> qemu(Programs.newestQemu().toString(), "-plugin",
                        PluginFile.option(PluginFile.writeTo(temporary), socket));
                default -> qemu("qemu-system-s390x", "-S", "-chardev",
                        "socket,id=gdb,server=on,wait=off,path=" + socket, "-gdb",
                        "chardev:gdb");
            };
            try (AttachedGuest guest = attach(address, machine, log)) {
                guest.run();
                answered = guest.answered();
            }
            lines = end(qemu);
        }

        assertEquals("attached", lines.remove("program"), log::toString);
        // The reply is the card's business; here it matters that it arrives.
        assertTrue(String.valueOf(lines.remove("DQAP")).startsWith("cc 0 psmid 0123456789abcdef"), log::toString);
        Map<String, String> expected = new TreeMap<>(Map.ofEntries(
                // GR1: an empty queue. GR2 without the T bit: type 11, depth 8; with it mode, APXA and domains up to 84.
                Map.entry("TAPQ", "cc 0 gr1 0000000080000000 gr2 000000000b000007"),
                Map.entry("TAPQ T", "cc 0 gr1 0000000080000000 gr2 f20000000b540007"),
                Map.entry("RAPQ", "cc 0 gr1 0000000080000000"),
                Map.entry("ZAPQ", "cc 0 gr1 0000000080000000"),
                // Disabled already: response 07.
                Map.entry("AQIC", "cc 3 gr1 0000000080070000"),
                Map.entry("QCI", "cc 0 gr1 0000000000000000"),
                // Flags, Na, Nd; adapter 5; domain 4; control domains 4 and 71.
                Map.entry("config", "f00000003f540000 0000000000000000 0400000000000000" + ZERO.repeat(3)
                        + " 0800000000000000" + ZERO.repeat(3) + " 0800000000000000 0100000000000000"
                        + ZERO.repeat(2)),
                Map.entry("QACT", "cc 0 gr1 1000000080000000 gr2 100000000b000000"),
                Map.entry("code 06", "interruption 0006"),
                Map.entry("BAPQ", "interruption 0006"),
                Map.entry("AAPQ", "interruption 0006"),
                Map.entry("code 09", "interruption 0006"),
                Map.entry("code ff", "interruption 0006"),
                Map.entry("reserved bit", "interruption 0006"),
                Map.entry("other queue", "cc 3 gr1 0000000000010000"),
                Map.entry("problem state", "interruption 0002"),
                Map.entry("NQAP", "cc 0")));
        assertEquals(expected, lines, log::toString);
        assertTrue(answered >= 17, log::toString);
    }

    /** The cases that were proposed for the unit tests of KVM, which run without address translation. */
    @ParameterizedTest
    @ValueSource(strings = {"gdb", "gdb of 10.0", "gdb of the newest", "plugin"})
    void aProgramInRealModeFindsThatTheMachineRefusesWhatAMachineRefuses(String way) throws Exception {
        require();
        List<String> log = new ArrayList<>();
        try (RealTime time = new RealTime()) {
            SimulatedMachine machine = SimulatedMachine.builder(time).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                    .usageDomains(ApMask.of(4)).build();
            Path socket = temporary.resolve("socket");
            kernel = CASES;
            String program = switch (way) {
                case "gdb" -> "qemu-system-s390x";
                case "gdb of 10.0" -> Programs.qemu("10.0").toString();
                default -> Programs.newestQemu().toString();
            };
            Process qemu = way.equals("plugin")
                    ? qemu(program, "-plugin", PluginFile.option(PluginFile.writeTo(temporary), socket))
                    : qemu(program, "-S", "-chardev", "socket,id=gdb,server=on,wait=off,path=" + socket, "-gdb",
                            "chardev:gdb");
            try (AttachedGuest guest = attach((way.equals("plugin") ? "plugin:" : "unix:") + socket, machine, log)) {
                guest.run();
            }
            assertTrue(qemu.waitFor(60, TimeUnit.SECONDS), () -> "no end; console: " + read("console"));
        }
        List<String> lines = read("console").lines().toList();
        assertEquals(List.of("done"), lines.stream().filter(line -> !line.startsWith("ok ")).toList(), log::toString);
        // What they name is 3 privileged, 22 of PQAP, 8 of NQAP, 9 of DQAP; the rest is the setting and the longest length.
        assertTrue(lines.size() > 42 + 50, lines::toString);
    }

    /** Starts this QEMU, with more options. */
    private Process qemu(String program, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(program, "-M", "s390-ccw-virtio",
                "-m", "64",
                "-display", "none", "-nodefaults", "-no-reboot", "-chardev",
                "file,id=console,path=" + temporary.resolve("console"), "-device", "sclpconsole,chardev=console",
                "-kernel", kernel.toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(temporary.resolve("qemu").toFile()).start();
    }

    /** Attaches as soon as QEMU listens. */
    private static AttachedGuest attach(String address, SimulatedMachine machine, List<String> log) throws Exception {
        for (int i = 0;; i++) {
            try {
                return AttachedGuest.over(GuestAddress.open(address, machine.platform(), false, log::add),
                        machine.platform(), log::add);
            } catch (IOException e) {
                if (i == 500 || !e.getMessage().startsWith("no gdb stub at ")) {
                    throw e;
                }
                Thread.sleep(10);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Waits for the machine's end and returns what the program printed: name and answer of each line. */
    private Map<String, String> end(Process qemu) throws IOException, InterruptedException {
        try {
            assertTrue(qemu.waitFor(60, TimeUnit.SECONDS), () -> "no end; console: " + read("console"));
            assertEquals(0, qemu.exitValue(), () -> read("qemu"));
        } finally {
            qemu.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(temporary.resolve("console"));
        assertEquals("program: started", lines.getFirst());
        assertEquals("program: done", lines.getLast());
        return lines.subList(1, lines.size() - 1).stream().map(line -> line.split(": ", 2))
                .collect(Collectors.toMap(part -> part[0], part -> part[1], (a, b) -> a + b, TreeMap::new));
    }

    private String read(String file) {
        try {
            return Files.readString(temporary.resolve(file));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void require() {
        Programs.require("s390x.required", Files.exists(PROGRAM),
                "the freestanding program was not built: apt-get install gcc-s390x-linux-gnu");
        Programs.require("s390x.required", Programs.isInstalled("qemu-system-s390x"),
                "qemu-system-s390x is missing: apt-get install qemu-system-misc");
    }
}
