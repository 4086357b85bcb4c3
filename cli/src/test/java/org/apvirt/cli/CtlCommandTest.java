// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.machine.MachineFile;
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

@Timeout(60)
class CtlCommandTest {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    @TempDir
    private Path directory;
    private RunningMachine running;
    private ControlServer server;

    @BeforeEach
    void open() throws Exception {
        running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0x47]
                """, "test"), "test.yaml");
        server = ControlServer.open(directory.resolve("control.sock"), running, "test");
    }

    @AfterEach
    void close() throws Exception {
        server.close();
    }

    private CommandLineRun ctl(String... words) {
        List<String> arguments = new ArrayList<>(List.of("ctl", "--socket", server.path().toString()));
        arguments.addAll(List.of(words));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private String done(String... words) {
        CommandLineRun run = ctl(words);
        assertEquals("", run.err());
        assertEquals(0, run.status());
        return run.out();
    }

    private void createDevice() {
        done("write", "/sys/bus/ap/apmask", "-5");
        done("write", MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
        done("write", MATRIX + UUID + "/assign_adapter", "5");
        done("write", MATRIX + UUID + "/assign_domain", "4");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "unplug 256 | 2 | unplug: APID '256' is no number from 0 to 255 (see apvirt ctl unplug --help)",
            "config 5 maybe | 2 | \"config: on|off 'maybe' is neither on nor off (see apvirt ctl config --help)\"",
            "fault 5.4 2 | 2 | fault: apqn '5.4' is no queue (write for example 05.0004)",
            "fault 05.0004 none | 1 | fault: apqn 05.0004: the queue answers as usual",
            "stop me | 1 | stop: name 'me': no guest of this name runs",
            "unplug 9 | 1 | unplug: apid 9: the machine has no card of this number (it has 5, 6)",
            "domain 4 on | 1 | domain: domain 4: the machine has this usage domain already",
            "start x UUID,id=boo | 2 | start: uuid 'UUID,id=boo' is none (write for example 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02)",
            "rmmod nothing | 1 | rmmod: ENOENT: nothing is not loaded",
            "job 77 | 1 | job: id 77: there is no such job, or it is over for long"})
    void aRefusalIsOneLineThatNamesTheArgument(String request, int status, String line) {
        CommandLineRun run = ctl(request.split(" "));
        assertEquals("apvirt ctl " + line + "\n", run.err());
        assertEquals(status, run.status());
        assertEquals("", run.out());
    }

    @Test
    void aCardIsNotPluggedTwice() {
        CommandLineRun run = ctl("plug", "5", "CEX8C");
        assertEquals(1, run.status());
        assertTrue(run.err().matches("apvirt ctl plug: apid 5: the machine has a card of this number already \\(.*\\);"
                + " unplug it first\n"), run.err());
        assertTrue(done("read", "/sys/devices/ap/card05/type").equals("CEX5C\n"));
    }

    @Test
    void theStatusTellsWhoOwnsWhat() {
        createDevice();
        done("start", "one", UUID);
        done("fault", "06.0004", "3");
        String status = done("status");
        assertTrue(status.startsWith("apvirt test, process "), status);
        assertTrue(status.contains("\nmachine  test.yaml\nlevel    linux-6.12, QEMU "), status);
        assertTrue(status.contains(", mdev " + UUID + ", gdb stub -\n"
                + "         adapters 05, domains 0004, control domains -\n"), status);
        assertTrue(status.endsWith("""
                05.0004  guest one, driver vfio_ap, mdev UUID
                05.0047  vfio_ap, driver vfio_ap
                06.0004  host, driver cex4queue, answers 0x03
                06.0047  host, driver cex4queue
                """.replace("UUID", UUID)), status);
        assertTrue(done("status", "--json").startsWith("{\"program\": \"test\", \"pid\": "));
        assertTrue(done("--json", "faults").startsWith("[{\"apqn\": \"06.0004\", \"response\": 3}]"));
        done("fault", "all", "none");
        assertEquals("", done("faults"));
        done("stop", "one");
    }

    @Test
    void anAssignedQueueIsShownWithItsDeviceBeforeAnyGuestHasIt() {
        createDevice();
        assertTrue(done("status").contains("05.0004  vfio_ap, driver vfio_ap, mdev " + UUID + "\n"));
    }

    @Test
    void aSnapshotComesBackWithItsGuests() throws Exception {
        createDevice();
        done("start", "one", UUID);
        done("key", "05.0047", "aes", "random");
        Path file = directory.resolve("snapshot.yaml");
        assertEquals("", done("snapshot", file.toString()));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        RunningMachine again = RunningMachine.boot(file, null);
        assertEquals(running.guests().find("one").adapters(), again.guests().find("one").adapters());
        assertEquals(running.guests().find("one").domains(), again.guests().find("one").domains());
        assertEquals(withoutCounters(Files.readString(file)), withoutCounters(again.snapshot()));
        assertEquals(1, ctl("snapshot", directory.resolve("none/x").toString()).status());
    }

    /** The kernel asks coprocessors for random numbers whenever it likes. */
    private static String withoutCounters(String snapshot) {
        return snapshot.replaceAll("(?s)  counters:.*", "");
    }

    @Test
    void whatWaitsLongerThanTheTimeoutIsNamedAsAJob() {
        createDevice();
        done("fault", "05.0004", "2");
        CommandLineRun waiting = ctl("--timeout", "0.5", "write", MATRIX + UUID + "/remove", "1");
        assertEquals(1, waiting.status());
        assertTrue(waiting.err().matches("apvirt ctl write: still waiting after 500 ms, as job ([0-9]+); look with"
                + " 'apvirt ctl job \\1', end it with 'apvirt ctl cancel \\1'\n"), waiting.err());
        String job = waiting.err().replaceAll("(?s).*as job ([0-9]+).*", "$1");
        assertTrue(done("jobs").contains(job + "  running  write " + MATRIX + UUID + "/remove  since "));
        done("fault", "05.0004", "none");
        assertTrue(done("job", job).startsWith(job + "  done  "));
    }

    @Test
    void aMasterKeyIsChangedAndShownByItsPattern() {
        assertEquals("05.0004  no keys\n", done("keys", "05.0004"));
        assertEquals("05.0004  aes next partial\n", done("key", "05.0004", "aes", "first", "00".repeat(32)));
        assertEquals("05.0004  aes next full 0x1a7dfdeaffeedac4\n",
                done("key", "05.0004", "aes", "last", "00".repeat(32)));
        assertEquals("05.0004  aes current valid 0x1a7dfdeaffeedac4\n", done("key", "05.0004", "aes", "set"));
        done("key", "05.0004", "aes", "random");
        done("key", "05.0004", "aes", "set");
        assertTrue(done("keys").matches("05\\.0004  aes current valid 0x[0-9a-f]{16}\n"
                + "05\\.0004  aes old valid 0x1a7dfdeaffeedac4\n05\\.0047  no keys\n"), done("keys"));
        CommandLineRun refused = ctl("key", "05.0004", "aes", "set");
        assertEquals("apvirt ctl key: apqn 05.0004: the registers are not in the state that this wants;"
                + " look at them first\n", refused.err());
        assertEquals(1, refused.status());
        assertEquals("05.0004  no keys\n", done("key", "05.0004", "all", "zeroize"));
    }

    @Test
    void theJournalsArePrinted() {
        done("plug", "7", "CEX8P");
        done("scan");
        assertTrue(done("log").contains("] vfio_ap matrix: MDEV: Registered\n"), done("log"));
        assertTrue(done("events").contains("] add@/devices/ap/card07 DEVTYPE=ap_card "), done("events"));
        assertTrue(done("changes").contains("] card 7 added\n"), done("changes"));
        assertTrue(done("log", "--json").startsWith("[{\"sequence\": 1, \"time\": "));
        assertEquals("CEX8P\n", done("read", "/sys/devices/ap/card07/type"));
        assertTrue(done("read", "/sys/bus").contains("ap\n"));
    }

    @Test
    void helpAndCompletionNeedNoMachine() {
        CommandLineRun help = CommandLineRun.of("ctl", "help", "plug");
        assertEquals(0, help.status());
        assertTrue(help.out().contains("APID"), help.out());
        CommandLineRun completion = CommandLineRun.of("generate-completion");
        assertTrue(completion.out().contains("checkstop") && completion.out().contains("CEX8P"), "no completion");
    }

    @Test
    void aSocketThatNobodyServesIsToldInALine() throws Exception {
        Path nobody = Files.writeString(directory.resolve("nobody.sock"), "");
        for (Path socket : List.of(nobody, directory.resolve("nothing.sock"))) {
            CommandLineRun run = CommandLineRun.of("ctl", "--socket", socket.toString(), "scan");
            assertEquals(1, run.status());
            assertEquals("apvirt ctl scan: no machine listens at " + socket
                    + " (apvirt ctl list shows those that run)\n", run.err());
        }
    }

    /** What the kernel of the dump finds is what this one has, but for what administrators set in it. */
    @Test
    void aKernelBootedFromTheDumpHasTheSameTable() throws Exception {
        done("unplug", "5"); // a random-number feed uses CCA cards, so that its request counts would differ
        for (String request : List.of("plug 7 CEX8P", "plug 0x1f CEX4A", "config 6 off", "checkstop 7 on",
                "domain 0xab on", "scan")) {
            done(request.split(" "));
        }
        Path copy = Files.writeString(directory.resolve("copy.yaml"), done("dump"));
        CommandLineRun table = CommandLineRun.of("lszcrypt", "-V", "--machine", copy.toString());

        assertEquals(lszcrypt(), table.out());
        assertEquals("", table.err());
        assertTrue(table.out().contains("\n06       CEX5A Accelerator deconfig  "), table::out);
        assertTrue(table.out().contains("\n07.00ab  CEX8P EP11-Coproc chkstop   "), table::out);
    }

    private String lszcrypt() {
        java.io.StringWriter out = new java.io.StringWriter();
        picocli.CommandLine line = new picocli.CommandLine(new LszcryptCommand(new org.apvirt.cli.lszcrypt.CardTree(
                org.apvirt.sysfs.SysfsFileSystem.of(running.host().root()).getPath("/sys"))));
        line.setOut(new java.io.PrintWriter(out));
        line.execute("-V");
        return out.toString();
    }
}
