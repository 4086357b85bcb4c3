package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.plan.PlannedMdev;
import org.apvirt.running.http.ControlClient;
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

    /** A process of apvirt and what it says. */
    private static final class Apvirt implements AutoCloseable {
        private final Process process;
        private final Path said;

        Apvirt(Path said, String... arguments) throws IOException {
            this.said = said;
            process = new ProcessBuilder(ExecutedProgram.apvirt(arguments)).redirectErrorStream(true)
                    .redirectOutput(said.toFile()).start();
        }

        String await(String pattern) throws IOException, InterruptedException {
            for (int i = 0; i < 1500; i++) {
                Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(said));
                if (matcher.find()) {
                    return matcher.groupCount() == 0 ? matcher.group() : matcher.group(1);
                }
                assertTrue(process.isAlive() || i == 0, () -> "it has ended without '" + pattern + "'");
                Thread.sleep(20);
            }
            throw new AssertionError("never said '" + pattern + "': " + Files.readString(said));
        }

        /** Sends a request to the control socket and returns the answer's status. */
        int ask(String method, String target, String content) throws IOException, InterruptedException {
            Path socket = Path.of(await("apvirt ctl --socket (\\S+) help"));
            return new ControlClient(socket, Duration.ofSeconds(30)).request(method, target, content).status();
        }

        int write(String path, String text) throws IOException, InterruptedException {
            return ask("PUT", "/v1/attributes", "{\"path\": \"" + path + "\", \"text\": \"" + text + "\"}");
        }

        int start(String name, String stub) throws IOException, InterruptedException {
            return ask("POST", "/v1/guests",
                    "{\"name\": \"" + name + "\", \"uuid\": \"" + UUID + "\", \"stub\": \"" + stub + "\"}");
        }

        @Override
        public void close() throws InterruptedException {
            process.destroy(); // a mount is taken away by the program itself
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

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
            try (Apvirt first = new Apvirt(temporary.resolve("first"), "attach", plan.toString(), "--gdb",
                    guest.gdb(), "--guest", planned)) {
                guest.await("ready");
                assertEquals(200, first.write(MATRIX + planned + "/unassign_adapter", "6"));
                guest.await("gone");
                first.process.destroyForcibly().waitFor();
            }
            guest.type("go"); // the guest stops at its next instruction, and nobody is there
            Path mount = Files.createDirectory(temporary.resolve("mount"));
            try (Apvirt second = new Apvirt(temporary.resolve("second"), "mount", plan.toString(), mount.toString())) {
                second.write("/sys/bus/ap/apmask", "-5");
                second.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
                second.write(MATRIX + UUID + "/assign_adapter", "5");
                second.write(MATRIX + UUID + "/assign_domain", "4");
                second.write(MATRIX + UUID + "/assign_domain", "0xab");
                assertEquals(201, second.start("real", guest.gdb()));
                guest.await("computed");
                assertEquals(409, second.start("other", guest.gdb()));
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
}
