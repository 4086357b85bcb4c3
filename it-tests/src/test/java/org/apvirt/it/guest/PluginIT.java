// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Stock kernels in the newest QEMU, whose AP instructions come through the plugin. */
class PluginIT {
    private static final List<String> CARDS = List.of("05 CEX5C CCA-Coproc online", "05.0004 CEX5C CCA-Coproc online",
            "05.00ff CEX5C CCA-Coproc online", "06 CEX5A Accelerator online", "06.0004 CEX5A Accelerator online",
            "06.00ff CEX5A Accelerator online");

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
            .usageDomains(ApMask.of(4, 0xff)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static List<String> table(String console) {
        return console.lines().filter(line -> line.matches("0[0-9a-f](\\.00[0-9a-f]{2})? .*"))
                .map(line -> String.join(" ", List.of(line.split(" +")).subList(0, 4))).toList();
    }

    private static String line(String console, String beginning) {
        return console.lines().filter(line -> line.startsWith(beginning))
                .map(line -> line.substring(beginning.length()))
                .reduce((first, second) -> first + "; " + second).orElse("(none)");
    }

    @Test
    void twoCpusComputeAtOnceTheServiceProcessorConfiguresAndTheGuestOutlivesUs() throws Exception {
        BigInteger modulus = BigInteger.ONE.shiftLeft(1024).subtract(BigInteger.valueOf(105));
        String result = "0".repeat(256) + BigInteger.valueOf(0xabcdef).modPow(BigInteger.valueOf(65537), modulus)
                .toString(16);
        try (StockGuest guest = new StockGuest.Recipe("trixie").plugin().cpus(2)
                .program("bin/rsa", StockGuest.program("rsa", temporary)).script("""
                        lszcrypt -V
                        echo "facilities: $(grep '^facilities' /proc/cpuinfo | tr ' ' '\\n' | grep -c -x -e 12 -e 15)"
                        rsa sigill
                        for i in 1 2 3 4; do rsa times 100 me 128 abcdef 10001 MODULUS >/run/$i & done; wait
                        mount -t debugfs debugfs /sys/kernel/debug
                        echo "yields: $(awk '/09c/ { print ($3 + $4 > 10) }' /sys/kernel/debug/diag_stat)"
                        echo "results: $(cat /run/1 /run/2 /run/3 /run/4 | grep -c -x "result RESULT")"
                        cd /sys/bus/ap/devices
                        echo 0 >card06/config; echo "config: $? $(cat card06/config)"
                        echo configured; read line
                        echo 1 >card06/config; echo "config: $? $(cat card06/config)"
                        echo ready
                        while [ $(cat card05/config) = 1 ]; do echo 1 >/sys/bus/ap/scans; sleep 0.1; done
                        echo gone
                        while [ $(cat card05/config) = 0 ]; do echo 1 >/sys/bus/ap/scans; sleep 0.1; done
                        cat card06/config
                        rsa me 128 abcdef 10001 MODULUS | sed 's/^/again: /'
                        """.replace("MODULUS", modulus.toString(16))
                        .replace("RESULT", result.substring(result.length() - 256)))
                .start(machine.platform())) {
            guest.await("configured");
            assertFalse(machine.adapter(6).spec().configured());
            int processors = Runtime.getRuntime().availableProcessors();
            if (processors > 1) { // where they are few, whoever serves a CPU runs where that waits
                assertEquals(processors < 4, mayRunOn().contains(1), () -> processors + " processors");
            }
            guest.type("go");
            guest.await("ready");
            guest.detach();
            guest.await("\ngone\n");
            guest.attach(machine.platform());
            String console = guest.awaitEnd();
            assertEquals(CARDS, table(console), console);
            assertEquals("2", line(console, "facilities: "), console);
            assertEquals("5", line(console, "sigill "), console); // ILL_PRVOPC
            assertEquals("1", line(console, "yields: "), console); // by DIAGNOSE X'9C', which TCG does not have
            assertEquals("4", line(console, "results: "), console);
            assertEquals("0 0; 0 1", line(console, "config: "), console);
            assertEquals("result " + result.substring(result.length() - 256), line(console, "again: "), console);
            assertFalse(console.contains("Oops"), console);
        }
    }

    /** What a debugger does that looks at the guest's registers, and lets it go on: the stub is not ours. */
    private static String registers(Path socket) throws IOException {
        StringBuilder said = new StringBuilder();
        try (SocketChannel stub = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            for (String packet : List.of("$g#67", "$D#44")) {
                stub.write(ByteBuffer.wrap(packet.getBytes(StandardCharsets.US_ASCII)));
                for (int length = said.length(); said.lastIndexOf("#") < length;) {
                    ByteBuffer in = ByteBuffer.allocate(4096);
                    if (stub.read(in) < 0) {
                        throw new EOFException("the stub hung up after '" + said + "'");
                    }
                    said.append(StandardCharsets.US_ASCII.decode(in.flip()));
                }
            }
        }
        return said.toString();
    }

    /** Returns on how many processors each thread of the transport may run. */
    private static Set<Integer> mayRunOn() throws IOException {
        Set<Integer> numbers = new HashSet<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                if (Files.exists(task) && Files.readString(task.resolve("comm")).equals("plugin\n")) {
                    String mask = Files.readString(task.resolve("status")).replaceAll("(?s).*Cpus_allowed:\\s+(\\S+).*",
                            "$1");
                    numbers.add(new BigInteger(mask.replace(",", ""), 16).bitCount());
                }
            }
        }
        return numbers;
    }

    @ParameterizedTest
    @ValueSource(strings = {"trixie", "sid"})
    void kernelsOldAndNewFindTheCardsAlsoAfterAReboot(String suite) throws Exception {
        Path gdb = temporary.resolve("gdb");
        try (StockGuest guest = new StockGuest.Recipe(suite).plugin().restarts()
                .qemu("-gdb", "unix:" + gdb + ",server=on,wait=off").script("""
                        lszcrypt -V
                        echo shown; read line
                        [ "$line" = end ] || reboot -f
                        """).start(machine.platform())) {
            guest.await("shown");
            assertTrue(registers(gdb).matches("(?s).*\\$[0-9a-f]{288,}#.*"), () -> "the gdb stub is not free");
            guest.type("again");
            guest.await("shown", 2);
            guest.type("end");
            String console = guest.awaitEnd();
            List<String> shown = table(console);
            assertEquals(CARDS, shown.subList(0, 6), console);
            assertEquals(CARDS, shown.subList(6, 12), console);
            assertTrue(guest.log().contains("QEMU is there: its plugin listens for AP instructions"), guest.log());
        }
    }

    /** The host of a vfio-ap guest has KVM; no guest of its own runs there, since TCG has no SIE. */
    @Test
    void aKernelThatIsShownSieLoadsKvmBesideItsCards() throws Exception {
        try (StockGuest guest = new StockGuest.Recipe("trixie").plugin().showingSie().script("""
                insmod /modules/kvm.ko*; echo "kvm: $? $(grep -c '^kvm ' /proc/modules)"
                echo "sie: $(grep '^features' /proc/cpuinfo | tr ' ' '\\n' | grep -c -x sie)"
                lszcrypt -V
                """).start(machine.platform())) {
            String console = guest.awaitEnd();
            assertEquals("0 1", line(console, "kvm: "), console);
            assertEquals("1", line(console, "sie: "), console);
            assertEquals(CARDS, table(console), console);
        }
    }

    /** Runs apvirt qemu with a program on the machine of the test, and QEMU being this one. */
    private ApvirtProcess qemu(Path program, String... options) throws Exception {
        Path bin = Files.createDirectories(temporary.resolve("bin"));
        Files.deleteIfExists(bin.resolve("qemu-system-s390x"));
        Files.createSymbolicLink(bin.resolve("qemu-system-s390x"), program);
        Path file = Files.writeString(temporary.resolve("machine.yaml"), "adapters: {5: CEX5C}\nusage-domains: [4]\n");
        List<String> words = new ArrayList<>(List.of("qemu"));
        words.addAll(List.of(options));
        words.addAll(
                List.of(file.toString(), "--", "-M", "s390-ccw-virtio", "-m", "64", "-display", "none", "-nodefaults",
                        "-no-reboot", "-kernel", Programs.ROOT.resolve("native/target/check/cases.elf").toString()));
        return new ApvirtProcess(temporary.resolve("said"), Map.of("PATH", bin + ":" + System.getenv("PATH")),
                words.toArray(String[]::new));
    }

    @Test
    void apvirtTakesThePluginWhereQemuLoadsItElseTheStubAndSaysWhich() throws Exception {
        try (ApvirtProcess newest = qemu(Programs.newestQemu())) {
            assertEquals(0, newest.awaitEnd(), newest.said());
            assertTrue(newest.said().contains("apvirt: AP instructions come through a plugin in QEMU\n"),
                    newest.said());
            assertTrue(newest.said().matches("(?s).*the guest has ended after [0-9]{2,} AP instructions\n"),
                    newest.said());
        }
        try (ApvirtProcess forced = qemu(Programs.newestQemu(), "--transport", "gdb")) {
            assertEquals(0, forced.awaitEnd(), forced.said());
            assertFalse(forced.said().contains("plugin"), forced.said());
        }
        Path older = Programs.qemu("10.0");
        try (ApvirtProcess stub = qemu(older)) {
            assertEquals(0, stub.awaitEnd(), stub.said());
            assertTrue(stub.said()
                    .contains("apvirt: AP instructions come through QEMU's gdb stub: this QEMU does not load the"
                            + " plugin (11.1 and later do): plugin requires API version 7, but this QEMU supports only up to version 4\n"),
                    stub.said());
        }
        try (ApvirtProcess refused = qemu(older, "--transport", "plugin")) {
            assertEquals(1, refused.awaitEnd(), refused.said());
            assertTrue(refused.said().contains("--transport plugin: this QEMU does not load the plugin"),
                    refused.said());
        }
    }
}
