package org.apvirt.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.cli.lszcrypt.CardTree;
import org.apvirt.host.MachineFile;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MachineControlTest {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    @TempDir
    Path directory;
    private RunningMachine running;
    private MachineControl control;

    @BeforeEach
    void boot() throws Exception {
        Path file = directory.resolve("machine.yaml");
        Files.writeString(file, "level: linux-6.12\nadapters: {5: CEX5C, 6: CEX5A}\nusage-domains: [4, 0x47]\n");
        running = RunningMachine.boot(file, null);
        control = new MachineControl(running);
    }

    private String ask(String request) {
        return control.perform(List.of(request.split(" ")));
    }

    @Test
    void aPluggedCardIsSeenByTheNextScan() throws Exception {
        assertEquals("ok\n", ask("plug 7 CEX8P"));
        assertEquals("ok\n", ask("scan"));
        assertEquals("ok\nCEX8P\n", ask("read /sys/devices/ap/card07/type"));
        assertEquals("ok\n", ask("unplug 7"));
        assertEquals("ok\n", ask("scan"));
        assertTrue(ask("read /sys/devices/ap/card07/type").startsWith("refused\nENOENT"));
    }

    @Test
    void cardsAndDomainsChangeUnderTheKernel() throws Exception {
        ask("config 6 off");
        ask("checkstop 5 on");
        ask("domain 0x47 off");
        ask("scan");
        assertEquals("0\n", running.host().read("/sys/devices/ap/card06/config"));
        assertEquals("1\n", running.host().read("/sys/devices/ap/card05/chkstop"));
        assertTrue(ask("read /sys/devices/ap/card05/05.0047/config").startsWith("refused\nENOENT"));
    }

    @ParameterizedTest
    @CsvSource({"plug 7,'plug' takes 2 arguments (try: apvirt ctl help)", "unplug 256,'256' is no number from 0 to 255",
            "config 5 maybe,'maybe' is neither on nor off",
            "fault 5.4 2,'5.4' is no queue (write for example 05.0004)",
            "dance,unknown request 'dance' (try: apvirt ctl help)", "stop me,no guest 'me' runs"})
    void aWrongRequestIsUsage(String request, String answer) {
        assertEquals("usage\n" + answer + "\n", ask(request));
    }

    @Test
    void aTypeThatThereIsNotIsUsage() {
        assertTrue(ask("plug 7 CEX9").startsWith("usage\nplug:1:"));
        assertTrue(ask("plug 7 x}").startsWith("usage\nplug:1:"));
    }

    @Test
    void theDumpIsAMachineFileOfTheStateNow() throws Exception {
        ask("plug 7 CEX8P");
        ask("config 6 off");
        MachineFile again = MachineFile.parse(ask("dump").substring("ok\n".length()), "dump");
        assertEquals(List.of(5, 6, 7), List.copyOf(again.machine().adapters().keySet()));
        assertEquals(false, again.machine().adapters().get(6).configured());
        assertEquals(running.machine().usageDomains(), again.machine().usageDomains());
        assertEquals(running.file().level(), again.level());
    }

    /** What the kernel of the dump finds is what this one has, but for what administrators set in it. */
    @Test
    void aKernelBootedFromTheDumpHasTheSameTable() throws Exception {
        ask("unplug 5"); // a random-number feed uses CCA cards, so that its request counts would differ
        for (String request : List.of("plug 7 CEX8P", "plug 0x1f CEX4A", "config 6 off", "checkstop 7 on",
                "domain 0xab on",
                "scan")) {
            assertEquals("ok\n", ask(request));
        }
        Path copy = directory.resolve("copy.yaml");
        Files.writeString(copy, ask("dump").substring("ok\n".length()));
        CommandLineRun table = CommandLineRun.of("lszcrypt", "-V", "--machine", copy.toString());

        assertEquals(lszcrypt(), table.out());
        assertEquals("", table.err());
        assertTrue(table.out().contains("\n06       CEX5A Accelerator deconfig  "), table::out);
        assertTrue(table.out().contains("\n07.00ab  CEX8P EP11-Coproc chkstop   "), table::out);
    }

    private String lszcrypt() {
        StringWriter out = new StringWriter();
        CommandLine line = new CommandLine(
                new LszcryptCommand(new CardTree(SysfsFileSystem.of(running.host().root()).getPath("/sys"))));
        line.setOut(new PrintWriter(out));
        line.execute("-V");
        return out.toString();
    }

    @Test
    void theDumpHasTheFaultsOfFileAndOperator() throws Exception {
        Path file = directory.resolve("faulty.yaml");
        Files.writeString(file, """
                secure-guest: true
                adapters: {5: CEX5C}
                usage-domains: [4]
                faults:
                  - {apqn: 05.0004, instruction: dqap, nth: 3, response: 0x04, delay: 20ms}
                  - {apqn: 05.0004, instruction: reset, delay: 2000s}
                """);
        control = new MachineControl(RunningMachine.boot(file, null));
        ask("fault 05.0004 2");
        String dump = ask("dump").substring("ok\n".length());
        assertTrue(dump.endsWith("""
                faults:
                  - {apqn: 05.0004, instruction: dqap, nth: 3, response: 0x04, delay: 20ms}
                  - {apqn: 05.0004, instruction: reset, nth: 1, delay: 2000s}
                  - {apqn: 05.0004, instruction: pqap, nth: 1, response: 0x02, delay: 999999s}
                  - {apqn: 05.0004, instruction: nqap, nth: 1, response: 0x02, delay: 999999s}
                  - {apqn: 05.0004, instruction: dqap, nth: 1, response: 0x02, delay: 999999s}
                """), dump);
        MachineFile again = MachineFile.parse(dump, "dump");
        assertEquals(5, again.machine().faults().size());
        assertTrue(again.machine().secureGuest());
    }

    private void createDevice() throws Exception {
        running.host().write("/sys/bus/ap/apmask", "-5");
        String type = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/";
        running.host().write(type + "create", UUID);
        String device = "/sys/devices/vfio_ap/matrix/" + UUID;
        running.host().write(device + "/assign_adapter", "5");
        running.host().write(device + "/assign_domain", "4");
    }

    @Test
    void aGuestWhoseKernelIsNowhereDoesNotKeepItsDevice() throws Exception {
        createDevice();
        assertEquals("refused\nno gdb stub at /nowhere/gdb: No such file or directory\n",
                ask("start real " + UUID + " /nowhere/gdb"));
        assertEquals("assigned\n", running.host().read("/sys/devices/ap/card05/05.0004/status"));
        assertTrue(ask("start real 192.0.2.1:1234 x y").startsWith("usage\n"));
    }

    @Test
    void aGuestHoldsItsDeviceUntilItIsStopped() throws Exception {
        createDevice();
        String started = ask("start one " + UUID);
        assertTrue(started.startsWith("ok\n"), started);
        assertEquals("in use\n", running.host().read("/sys/devices/ap/card05/05.0004/status"));
        assertTrue(ask("start two " + UUID).startsWith("refused\n"));
        assertEquals("ok\n", ask("stop one"));
        assertEquals("assigned\n", running.host().read("/sys/devices/ap/card05/05.0004/status"));
    }
}
