package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.host.MachineFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
