// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.running.GuestStatus;
import org.apvirt.running.GuestStatus.State;
import org.apvirt.running.MigrationStream;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Guest guest1 of one machine, a machine without a guest, and whatever lies between the two. */
@Timeout(120)
class CtlMigrationTest {
    @TempDir
    private Path directory;
    private RunningMachine here;
    private RunningMachine there;
    private ControlServer from;
    private ControlServer to;

    @BeforeEach
    void open() throws Exception {
        here = RunningMachine.boot(Path.of("../examples/host-a.yaml"), null);
        there = RunningMachine.boot(Path.of("../examples/host-b.yaml"), null);
        from = ControlServer.open(directory.resolve("a"), here, "test");
        to = ControlServer.open(directory.resolve("b"), there, "test");
    }

    @AfterEach
    void close() throws Exception {
        from.close();
        to.close();
    }

    private static CommandLineRun ctl(ControlServer server, String... words) {
        List<String> arguments = new ArrayList<>(List.of("ctl", "--socket", server.path().toString()));
        arguments.addAll(List.of(words));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private static State state(RunningMachine machine) {
        List<GuestStatus> guests = machine.guests().list();
        return guests.isEmpty() ? null : guests.get(0).state();
    }

    /** Takes a guest with something as standard input. */
    private CommandLineRun incoming(String input) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            return ctl(to, "incoming");
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void theGuestRunsThereAndEndsHere() {
        String java = Path.of(System.getProperty("java.home"), "bin/java") + " -cp '"
                + System.getProperty("java.class.path")
                + "' org.apvirt.cli.Apvirt";
        assertEquals(new CommandLineRun(0, "guest1 runs there\n", ""),
                ctl(from, "migrate", "guest1", "--to", java + " ctl --socket " + to.path() + " incoming"));
        assertEquals(null, state(here));
        assertEquals(State.RUNNING, state(there));
    }

    @Test
    void whoIsToldToEndWhileHeCarriesAGuestLetsItGoOnHere() throws Exception {
        Process carrier = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-cp",
                System.getProperty("java.class.path"), "org.apvirt.cli.Apvirt", "ctl", "--socket",
                from.path().toString(), "migrate",
                "guest1", "--to", "exec cat >/dev/null").inheritIO().start();
        for (int i = 0; i < 6000 && state(here) != State.MIGRATING; i++) {
            Thread.sleep(10);
        }
        assertEquals(State.MIGRATING, state(here));
        carrier.destroy();
        assertEquals(143, carrier.waitFor());
        assertEquals(State.RUNNING, state(here));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"exit 3 | did not take it (exit status 3)",
            "head -c 10 >/dev/null | did not take it (exit status 0)",
            "kill -9 $$ | did not take it (exit status 137)",
            "nosuchprogram 2>/dev/null | did not take it (exit status 127)",
            "echo hello; cat >/dev/null | said 'hello', not 'ready' (exit status 143)"})
    void whenTheOtherSideDoesNotTakeItItGoesOnHere(String command, String problem) {
        CommandLineRun run = ctl(from, "migrate", "guest1", "--to", command);
        assertEquals("apvirt ctl migrate: guest 'guest1' goes on here: '" + command + "' " + problem + "\n", run.err());
        assertEquals(1, run.status());
        assertEquals(State.RUNNING, state(here));
    }

    @Test
    void whoNeverAnswersIsNotWaitedForLongerThanTheTimeout() {
        CommandLineRun run = ctl(from, "--timeout", "2", "migrate", "guest1", "--to", "exec sleep 100");
        assertTrue(run.err().startsWith(
                "apvirt ctl migrate: guest 'guest1' goes on here: 'exec sleep 100' did not take it within 2000 ms"),
                run.err());
        assertEquals(State.RUNNING, state(here));
    }

    @Test
    void whoFailsAfterItWasToldToGoOnLeavesItPausedForAPersonToDecide() {
        CommandLineRun run = ctl(from, "migrate", "guest1", "--to", "echo ready; cat >/dev/null; exit 7");
        assertEquals(
                "apvirt ctl migrate: guest 'guest1' is paused: 'echo ready; cat >/dev/null; exit 7' ended with status 7 after it"
                        + " was told to go on; if it runs there, 'apvirt ctl stop guest1', else 'apvirt ctl migrate guest1 --resume'\n",
                run.err());
        assertEquals(State.MIGRATING, state(here));
        assertEquals(0, ctl(from, "migrate", "guest1", "--resume").status());
        assertEquals(State.RUNNING, state(here));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"migrate guest1 | give either --to or --resume",
            "migrate guest1 --to x --resume | give either --to or --resume"})
    void whatToDoIsSaidOnce(String words, String problem) {
        assertEquals(new CommandLineRun(2, "", "apvirt ctl migrate: " + problem + " (see apvirt ctl migrate --help)\n"),
                ctl(from, words.split(" ")));
    }

    @Test
    void refusalsOfTheMachineAreItsOwn() {
        assertEquals(
                new CommandLineRun(1, "",
                        "apvirt ctl migrate: name 'x': no guest of this name runs; these do: guest1\n"),
                ctl(from, "migrate", "x", "--to", "true"));
        assertEquals(
                new CommandLineRun(1, "", "apvirt ctl migrate: name 'guest1': the guest is not on its way anywhere\n"),
                ctl(from, "migrate", "guest1", "--resume"));
    }

    @Test
    void whatArrivesIsTakenOnlyWhenItIsLetGo() throws Exception {
        String stream = here.migrations().send("guest1").text();
        CommandLineRun lost = incoming(stream);
        assertEquals(new CommandLineRun(1, "ready\n",
                "apvirt ctl incoming: guest 'guest1' was not let go by the other side; it is not taken\n"), lost);
        assertEquals(null, state(there));
        assertEquals(new CommandLineRun(0, "ready\nguest1 runs\n", ""), incoming(stream + "go\n"));
        assertEquals(State.RUNNING, state(there));
    }

    @Test
    void aStreamThatIsShortWrongOrHostileIsRefusedAndNothingIsLeft() throws Exception {
        String stream = here.migrations().send("guest1").text();
        for (String wrong : List.of("", "GET / HTTP/1.1\r\n\r\n", stream.substring(0, stream.length() / 2),
                stream.replace("vfio-ap", "vfio-xp"), "x".repeat(MigrationStream.MOST_CHARACTERS + 100),
                "\0".repeat(100_000))) {
            CommandLineRun run = incoming(wrong);
            assertEquals(2, run.status(), run.err());
            assertTrue(run.err().matches("apvirt ctl incoming: stream: [^\n]+\n"), run.err());
            assertEquals("", run.out());
            assertEquals(null, state(there));
        }
    }

    /** A stream as long as one of all 65,536 queues passes; what it says is refused, not its length. */
    @Test
    void theLongestStreamThereCanBePasses() throws IOException {
        MigrationStream stream = new MigrationStream("g", org.apvirt.cpu.QemuVersion.NEXT,
                List.of("qemu-system-s390x", "-device",
                        "vfio-ap,sysfsdev=/sys/bus/mdev/devices/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02", "-cpu",
                        "zEC12,ap=on"),
                new byte[16 + 65_536 * 16]);
        CommandLineRun run = incoming(stream.text());
        assertTrue(run.err().contains("load of migration failed: "), run.err());
        assertEquals(null, state(there));
    }
}
