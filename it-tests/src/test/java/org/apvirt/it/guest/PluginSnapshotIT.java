// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What QEMU's own savevm, loadvm and migrate make of a guest with the plugin, which they do not know of. */
@Timeout(200)
class PluginSnapshotIT {
    private static final String PROMPT = "(qemu) ";
    private static final int CLUSTER = 1 << 16;

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR)).usageDomains(ApMask.of(4, 0x47)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    /** A disk of 1 MiB into which a snapshot can be written: header, table of reference counts, their block, table of data. */
    private Path emptyQcow2() throws IOException {
        ByteBuffer image = ByteBuffer.allocate(4 * CLUSTER);
        image.putInt(0x514649fb).putInt(2).putLong(0).putInt(0).putInt(16).putLong(1 << 20).putInt(0);
        image.putInt(1).putLong(3 * CLUSTER).putLong(CLUSTER).putInt(1).putInt(0).putLong(0);
        image.putLong(CLUSTER, 2 * CLUSTER);
        for (int cluster = 0; cluster < 4; cluster++) {
            image.putShort(2 * CLUSTER + 2 * cluster, (short) 1);
        }
        return Files.write(temporary.resolve("snapshots"), image.array());
    }

    private StockGuest.Recipe recipe(String... more) throws Exception {
        Path monitor = temporary.resolve("monitor");
        Files.deleteIfExists(monitor);
        return new StockGuest.Recipe("trixie").plugin().qemu("-chardev",
                "socket,id=hmp,server=on,wait=off,path=" + monitor, "-mon", "chardev=hmp,mode=readline").qemu(more)
                .program("bin/soak", StockGuest.program("soak", temporary)).script("""
                        echo ready
                        for word in one two; do
                            read line
                            echo "$line: $(lszcrypt | grep -c '^0[56]\\.00') queues, $(soak 30 2 | grep right)"
                        done
                        """);
    }

    /** Says something to the human's monitor; returns what it says. */
    private String monitor(String command) throws IOException, InterruptedException {
        for (int i = 0; !Files.exists(temporary.resolve("monitor")); i++) {
            assertTrue(i < 300, "QEMU makes no monitor");
            Thread.sleep(20);
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(temporary.resolve("monitor")));
            untilPrompt(channel);
            channel.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8)));
            return untilPrompt(channel).lines().skip(1).filter(line -> !line.startsWith(PROMPT)).reduce("",
                    String::concat);
        }
    }

    private static String untilPrompt(SocketChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
        String text;
        do {
            assertTrue(channel.read(bytes) > 0, "the monitor is gone");
            text = new String(Arrays.copyOf(bytes.array(), bytes.position()), StandardCharsets.ISO_8859_1);
        } while (!text.endsWith(PROMPT));
        return text;
    }

    private static void computes(StockGuest guest, String word) throws Exception {
        guest.type(word);
        guest.await("\n" + word + ": 4 queues, soak: 30 right, 0 wrong");
    }

    @Test
    void aGuestThatIsLoadedGoesOnWithItsCards() throws Exception {
        Path state = temporary.resolve("state");
        try (StockGuest guest = recipe("-drive", "if=none,id=snapshots,format=qcow2,file=" + emptyQcow2())
                .start(machine.platform())) {
            guest.await("ready");
            // Nobody looks for the kernel's place; a CPU of TCG has no random numbers by which the kernel would move.
            assertTrue(guest.console().contains("KASLR disabled: CPU has no PRNG"), guest.console());
            assertEquals("", monitor("savevm before"));
            computes(guest, "saved");
            assertEquals("", monitor("loadvm before"));
            computes(guest, "loaded");
            assertEquals("", monitor("migrate \"exec:cat >" + state + "\""));
        }
        try (StockGuest guest = recipe("-incoming", "exec:cat " + state).start(machine.platform())) {
            for (int i = 0; !monitor("info status").contains("running"); i++) {
                assertTrue(i < 300, "it does not arrive");
                Thread.sleep(100);
            }
            computes(guest, "arrived");
            guest.awaitEnd();
        }
    }
}
