// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.machine.MachineFile;
import org.apvirt.plan.Finding;
import org.apvirt.plan.MigrationCheck;
import org.apvirt.plan.MigrationHost;
import org.apvirt.qemu.DeviceOptions;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.GuestStatus.State;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Two machines in one process. Guest g of the first has adapter 5 and domains 4 and 0x47. */
@Timeout(60)
class GuestMigrationsTest {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    private RunningMachine here;
    private RunningMachine there;

    @BeforeEach
    void boot() throws Exception {
        here = machine("next", "CEX5C");
        create(here);
        here.control().write(MATRIX + UUID + "/ap_config", "0x04" + "0".repeat(62) + ",0x08" + "0".repeat(14) + "01"
                + "0".repeat(46) + ",0x" + "0".repeat(64));
        here.guests().start("g", UUID);
        there = machine("next", "CEX6C");
        create(there);
    }

    private static RunningMachine machine(String level, String card) throws Exception {
        return RunningMachine.boot(MachineFile.parse("level: " + level + "\nadapters: {5: " + card
                + "}\nusage-domains: [4, 0x47]\n", "test"), "test.yaml");
    }

    private static void create(RunningMachine machine) throws Exception {
        machine.control().write("/sys/bus/ap/apmask", "-5");
        machine.control().write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
    }

    private static GuestStatus status(RunningMachine machine) throws ControlException {
        return machine.guests().find("g");
    }

    private static ControlException refused(Reason reason, Executable request) {
        ControlException e = assertThrows(ControlException.class, request);
        assertEquals(reason, e.reason(), e.getMessage());
        return e;
    }

    private MigrationStream sent() throws ControlException {
        return MigrationStream.parse(here.migrations().send("g").text());
    }

    @Test
    void theGuestGoesOnThereWithItsQueuesAndEndsHere() throws Exception {
        MigrationStream stream = sent();
        assertEquals(State.MIGRATING, status(here).state());
        assertEquals("[5]", status(here).adapters().ids().boxed().toList().toString());

        assertEquals("g", there.migrations().receive(stream, null, null, line -> {}));
        assertEquals(State.INCOMING, status(there).state());
        assertEquals(List.of(4, 0x47), status(there).domains().ids().boxed().toList());
        there.migrations().run("g");
        here.guests().stop("g");

        assertEquals(State.RUNNING, status(there).state());
        assertEquals("05.0004\n05.0047\n", there.control().read(MATRIX + UUID + "/guest_matrix"));
        assertTrue(here.guests().list().isEmpty());
        there.guests().stop("g");
    }

    @Test
    void whoIsNotWantedThereGoesOnHere() throws Exception {
        sent();
        here.migrations().run("g");
        assertEquals(State.RUNNING, status(here).state());
        assertEquals("CONFLICT name 'g': the guest is not on its way anywhere", said(() -> here.migrations().run("g")));
        sent();
        assertTrue(said(() -> here.migrations().send("g")).startsWith("CONFLICT name 'g': the guest is migrating"));
        here.guests().stop("g");
        assertEquals("MISSING name 'g': no guest of this name runs", said(() -> here.migrations().run("g")));
    }

    private static String said(Executable request) {
        ControlException e = assertThrows(ControlException.class, request);
        return e.reason() + " " + e.getMessage();
    }

    @Test
    void whatTheTargetRefusesLeavesNothingThere() throws Exception {
        MigrationStream stream = sent();
        there.control().write("/sys/bus/ap/drivers/vfio_ap/unbind", "05.0047");
        ControlException e = refused(Reason.REFUSED, () -> there.migrations().receive(stream, null, null, line -> {}));
        assertEquals(
                "guest 'g': error while loading state for instance 0x0 of device '/1/vfio-ap': load of migration failed:"
                        + " No such device (ENODEV: queue 05.0047 is not bound to vfio_ap on the target)",
                e.getMessage());
        assertTrue(there.guests().list().isEmpty());
        assertEquals("", there.control().read(MATRIX + UUID + "/matrix"));

        there.control().write(MATRIX + UUID + "/remove", "1");
        assertTrue(refused(Reason.REFUSED, () -> there.migrations().receive(stream, "other", null, line -> {}))
                .getMessage()
                .contains("no such host device"));
        assertTrue(there.guests().list().isEmpty());
        here.migrations().run("g");
        assertEquals(State.RUNNING, status(here).state());
    }

    @Test
    void aNameThatIsTakenAndAProcessThatIsNotThereAreRefused() throws Exception {
        MigrationStream stream = sent();
        assertEquals("process", refused(Reason.INVALID,
                () -> there.migrations().receive(stream, null, 4_194_305L, line -> {})).argument());
        there.migrations().receive(stream, null, null, line -> {});
        refused(Reason.CONFLICT, () -> there.migrations().receive(stream, null, null, line -> {}));
        refused(Reason.INVALID, () -> there.migrations().receive(stream, "-", null, line -> {}));
    }

    @Test
    void whoReceivedAGuestAndEndsBeforeItRunsTakesItAlong() throws Exception {
        Process carrier = new ProcessBuilder("cat").start();
        there.migrations().receive(sent(), null, carrier.pid(), line -> {});
        carrier.destroy();
        for (int i = 0; i < 500 && !there.guests().list().isEmpty(); i++) {
            Thread.sleep(10);
        }
        assertTrue(there.guests().list().isEmpty());

        Process other = new ProcessBuilder("cat").start();
        MigrationStream stream = new MigrationStream("g", sentAgain().qemu(), sentAgain().words(), new byte[0]);
        there.migrations().receive(stream, null, other.pid(), line -> {});
        there.migrations().run("g");
        other.destroy();
        other.waitFor();
        Thread.sleep(50);
        assertEquals(State.RUNNING, status(there).state());
    }

    private MigrationStream sentAgain() throws ControlException {
        here.migrations().run("g");
        return sent();
    }

    /** Today's rule: unplug, migrate, plug the device of the other host. */
    @ParameterizedTest
    @CsvSource({"linux-6.1", "linux-6.12", "linux-7.2", "linux-7.3"})
    void elsewhereTheDeviceIsUnpluggedFirst(String level) throws Exception {
        RunningMachine from = machine(level, "CEX5C");
        RunningMachine to = machine(level, "CEX5C");
        for (RunningMachine machine : List.of(from, to)) {
            create(machine);
            machine.control().write(MATRIX + UUID + "/assign_adapter", "5");
            machine.control().write(MATRIX + UUID + "/assign_domain", "4");
        }
        from.guests().start("g", UUID);
        assertEquals(
                "REFUSED name 'g': State blocked by non-migratable device '/1/vfio-ap'; unplug its device, migrate it, and plug"
                        + " the device of the other host",
                said(() -> from.migrations().send("g")));
        assertEquals(State.RUNNING, status(from).state());

        from.guests().unplug("g", String.valueOf(status(from).device()));
        MigrationStream stream = from.migrations().send("g");
        assertFalse(stream.words().toString().contains("vfio-ap"), stream.words().toString());
        to.migrations().receive(stream, null, null, line -> {});
        to.migrations().run("g");
        from.guests().stop("g");
        to.guests().plug("g", DeviceOptions.of(java.util.Map.of("driver", "vfio-ap", "sysfsdev",
                "/sys/bus/mdev/devices/" + UUID)));
        assertEquals("[5]", status(to).adapters().ids().boxed().toList().toString());
    }

    @Test
    void aDeviceThatWasPluggedLaterTravelsToo() throws Exception {
        here.guests().unplug("g", String.valueOf(status(here).device()));
        here.guests().plug("g", DeviceOptions.of(java.util.Map.of("driver", "vfio-ap", "id", "ap0", "sysfsdev",
                "/sys/bus/mdev/devices/" + UUID)));
        there.migrations().receive(sent(), null, null, line -> {});
        assertEquals("/machine/peripheral/ap0", status(there).device());
    }

    @Test
    void aStreamIsTextThatComesBackAsItWas() throws Exception {
        MigrationStream stream = new MigrationStream("g", org.apvirt.cpu.QemuVersion.NEXT,
                List.of("qemu-system-s390x", "-name", "a b%\n\u00e4,="), new byte[100]);
        MigrationStream read = MigrationStream.parse(stream.text());
        assertEquals(stream.words(), read.words());
        assertArrayEquals(stream.device(), read.device());
        assertEquals("""
                apvirt-migration 1
                guest g
                qemu next
                word qemu-system-s390x
                word -name
                word a+b%25%0A%C3%A4%2C%3D
                device 100
                """ + "A".repeat(76) + "\n" + "A".repeat(58) + "==\nend ",
                stream.text().replaceFirst("[0-9a-f]{64}\n$", ""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"'' | is empty: the source did not send anything",
            "nonsense | is no guest of 'apvirt ctl migrate'",
            "apvirt-migration 2 | is of another version; both sides must be of the same release of apvirt",
            "apvirt-migration 1 | is cut off after 18 characters"})
    void whatIsNoStreamIsRefused(String text, String problem) {
        assertEquals("INVALID stream: " + problem, said(() -> MigrationStream.parse(text)));
    }

    @Test
    void aStreamThatIsCutOffOrChangedAnywhereIsRefused() throws Exception {
        String text = here.migrations().send("g").text();
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertThrows(ControlException.class, () -> MigrationStream.parse(cut), cut);
            String changed = cut + (text.charAt(length) == '1' ? '2' : '1') + text.substring(length + 1);
            assertThrows(ControlException.class, () -> MigrationStream.parse(changed), changed);
        }
        assertTrue(said(() -> MigrationStream.parse(text.replace("qemu next", "qemu 10.2")))
                .contains("was changed on its way"));
        assertTrue(said(() -> MigrationStream.parse("x".repeat(MigrationStream.MOST_CHARACTERS + 1)))
                .contains("longer than"));
    }

    /** Whether apvirt check --migrate says that it could not is whether the target refuses it. */
    @ParameterizedTest
    @ValueSource(strings = {"{5: CEX5C}|[4, 0x47]|", "{5: CEX8C}|[4, 0x47, 9]|", "{5: CEX4C}|[4, 0x47]|",
            "{5: CEX5A}|[4, 0x47]|",
            "{5: CEX5C}|[4]|", "{6: CEX5C}|[4, 0x47]|", "{5: {type: CEX5C, functions: 0x92000000}}|[4, 0x47]|",
            "{5: {type: CEX6C, class: 0x80}}|[4, 0x47]|", "{5: {type: CEX5C, config: false}}|[4, 0x47]|",
            "{5: CEX5C}|[4, 0x47]|drivers: {05.0047: none}",
            "{5: CEX5C}|[4, 0x47]|mdevs: {11111111-9ceb-4f54-91ad-13c07fd4ff02: {adapters: [5], domains: [0x47]}}"})
    void theCheckBeforehandSaysWhatTheTargetWillSay(String target, @TempDir Path directory) throws Exception {
        String[] parts = target.split("\\|", -1);
        String mdevs = parts[2].startsWith("mdevs") ? parts[2].replaceAll("}$", ", ") : "mdevs: {";
        String text = "level: next\nadapters: " + parts[0] + "\nusage-domains: " + parts[1]
                + "\nhost:\n  attributes: {apmask: \"-5\"}\n  "
                + (parts[2].startsWith("drivers") ? parts[2] + "\n  " : "")
                + mdevs + UUID + ": {}}\n";
        Path to = Files.writeString(directory.resolve("to.yaml"), text);
        Path from = Files.writeString(directory.resolve("from.yaml"), here.snapshot());
        boolean possible = MigrationCheck.run(MigrationHost.readFile(from), MigrationHost.readFile(to), "g").stream()
                .noneMatch(Finding::isRefusal);
        RunningMachine machine = RunningMachine.boot(to, null);
        MigrationStream stream = sent();
        boolean taken = true;
        try {
            machine.migrations().receive(stream, null, null, line -> {});
        } catch (ControlException e) {
            taken = false;
        }
        assertEquals(possible, taken, text);
    }
}
