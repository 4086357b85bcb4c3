// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.machine.FileFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class MigrationCheckTest {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";

    @TempDir
    private Path directory;

    private MigrationHost plan(String name, String text) throws IOException, FileFormatException {
        Path file = Files.writeString(directory.resolve(name), text);
        return MigrationHost.readFile(file);
    }

    private List<String> said(MigrationHost from, MigrationHost to, String guest) throws FileFormatException {
        return MigrationCheck.run(from, to, guest).stream().map(Finding::toString)
                .map(line -> line.replace(directory + "/", "")).toList();
    }

    private List<String> said(String from, String to) throws Exception {
        return said(plan("a", "level: next\n" + from), plan("b", "level: next\n" + to), "g");
    }

    private static final String A = "adapters: {5: CEX7C}\nusage-domains: [4, 0x47]\nguests: {g: {adapters: [5], domains: [4, 0x47]}}";

    @Test
    void aNewerCardOfTheSameNumberTakesTheGuest() throws Exception {
        assertEquals(List.of(), said(A, "adapters: {5: CEX8C}\nusage-domains: [4, 0x47, 9]\nguests: {}"));
        assertEquals(List.of(),
                said(A, "adapters: {5: CEX7C}\nusage-domains: [4, 0x47]\nhost: {attributes: {apmask: \"-5\"}}"),
                "a machine file");
        assertEquals(List
                .of("05.0004: is not bound to vfio_ap on b (reserve it there: echo -5 > /sys/bus/ap/apmask) (ENODEV)"),
                said(A, "adapters: {5: CEX7C}\nusage-domains: [4, 0x47]\nhost: {attributes: {apmask: \"-5\"}, drivers: {05.0004:"
                        + " none}}"));
    }

    @Test
    void everyReasonIsNamedNotOnlyTheFirst() throws Exception {
        assertEquals(List.of("g: adapter 5: Coprocessor mode installed in source queue 05.0004 (EFAULT)",
                "g: adapter 5: Coprocessor mode not installed in target queue 05.0004 (EFAULT)",
                "g: adapter 5: Accelerator mode not installed in source queue 05.0004 (EFAULT)",
                "g: adapter 5: Accelerator mode installed in target queue 05.0004 (EFAULT)",
                "g: adapter 5: AP type of source (0d) not compatible with target (0c) (EFAULT)",
                "g: domain 0x47 does not exist on b (ENODEV)",
                "05.0004: other has it on b (EADDRINUSE)"),
                said(A, "adapters: {5: CEX6A}\nusage-domains: [4]\nguests: {other: {adapters: [5], domains: [4]}}"));
        assertEquals(
                List.of("g: adapter 5 does not exist on b (ENODEV)",
                        "g: adapter 0x50 is above the highest of b, 63 (ENODEV)",
                        "g: domain 20 is above the highest of b, 15 (ENODEV)"),
                said("adapters: {5: CEX7C, 80: CEX7C}\nusage-domains: [4, 20]\nguests: {g: {adapters: [5, 0x50], domains: [4, 20]}}",
                        "facilities: [qci, apft]\nadapters: {6: CEX7C}\nusage-domains: [4]\nguests: {}"));
    }

    @Test
    void whatDoesNotTravelIsANote() throws Exception {
        assertEquals(List.of("note: g: adapter 5 of b is deconfigured, so its queues are of no use to the guest",
                "note: g: control domains 4, 0x47 will not travel: assign what it needs on b"),
                said(A.replace("domains: [4, 0x47]}", "domains: [4], control-domains: [4, 0x47]}"),
                        "adapters: {5: {type: CEX7C, config: false}}\nusage-domains: [4, 0x47]\nguests: {}"));
    }

    @Test
    void aKernelThatCannotIsNamed() throws Exception {
        assertEquals(List.of(
                "g: the kernel of b does not migrate guests with queues; only level next does (unplug its device, migrate"
                        + " it, plug the device of the other host) (not migratable)"),
                said(plan("a", "level: next\n" + A),
                        plan("b", "level: linux-7.3\nadapters: {5: CEX7C}\nusage-domains: [4, 0x47]\nguests: {}"),
                        "g"));
    }

    @Test
    void theMediatedDeviceOfTheGuestMayHaveItsQueuesOnTheTargetAlready() throws Exception {
        String host = "adapters: {5: CEX7C}\nusage-domains: [4]\nhost: {attributes: {apmask: \"-5\"}, mdevs: {" + UUID
                + ": {adapters: [5], domains: [4]}}";
        assertEquals(List.of(), said(host + ", guests: {g: " + UUID + "}}", host + "}"));
        assertEquals(List.of("05.0004: mdev " + UUID.replace('2', '3') + " has it on b (EADDRINUSE)"),
                said(host + ", guests: {g: " + UUID + "}}", host.replace(UUID, UUID.replace('2', '3')) + "}"));
    }

    @Test
    void aGuestThatIsNotThereIsAnErrorOfTheSource() throws Exception {
        MigrationHost a = plan("a", "level: next\n" + A);
        assertEquals(directory + "/a: has no guest 'x' (it has g)",
                assertThrows(FileFormatException.class, () -> MigrationCheck.run(a, a, "x")).getMessage());
    }

    /** A /sys as a kernel shows it: only what is looked at. */
    private Path sys(String name, String type, String functions, String features, String apmask) throws IOException {
        Path sys = directory.resolve(name);
        write(sys.resolve("bus/ap/ap_usage_domain_mask"), "0x08" + "0".repeat(62));
        write(sys.resolve("bus/ap/ap_control_domain_mask"), "0x08" + "0".repeat(62));
        write(sys.resolve("bus/ap/ap_max_adapter_id"), "255");
        write(sys.resolve("bus/ap/ap_max_domain_id"), "255");
        write(sys.resolve("bus/ap/apmask"), apmask);
        write(sys.resolve("bus/ap/aqmask"), "0x" + "f".repeat(64));
        Path card = sys.resolve("devices/ap/card05");
        write(card.resolve("type"), "CEX7C");
        write(card.resolve("hwtype"), type);
        write(card.resolve("ap_functions"), functions);
        Path queue = Files.createDirectories(card.resolve("05.0004"));
        Files.createSymbolicLink(queue.resolve("driver"),
                Path.of("../../../../bus/ap/drivers/" + (apmask.contains("ffff") ? "cex4queue" : "vfio_ap")));
        write(sys.resolve("devices/vfio_ap/matrix/features"), features);
        return sys;
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text + "\n");
    }

    @Test
    void twoTreesOfRealKernelsAreCompared() throws Exception {
        String none = "0x" + "0".repeat(64);
        Path a = sys("a", "13", "0x92000000", "guest_matrix hotplug ap_config migratable", none);
        write(a.resolve("devices/vfio_ap/matrix/" + UUID + "/matrix"), "05.0004");
        write(a.resolve("devices/vfio_ap/matrix/" + UUID + "/control_domains"), "0004");
        Path b = sys("b", "12", "0x92000000", "guest_matrix hotplug ap_config", "0x" + "f".repeat(64));
        assertEquals(List.of("note: " + UUID + ": control domain 4 will not travel: assign what it needs on a"),
                said(MigrationHost.read(a), MigrationHost.read(a), UUID));
        assertEquals(List.of(
                UUID + ": the kernel of b does not migrate guests with queues; only level next does (unplug its device,"
                        + " migrate it, plug the device of the other host) (not migratable)",
                UUID + ": adapter 5: AP type of source (0d) not compatible with target (0c) (EFAULT)",
                "05.0004: is not bound to vfio_ap on b (reserve it there: echo -5 > /sys/bus/ap/apmask) (ENODEV)",
                "05.0004: is reserved for the host by apmask and aqmask of b (echo -5 > /sys/bus/ap/apmask gives the whole adapter"
                        + " away) (EADDRNOTAVAIL)",
                "note: " + UUID + ": control domain 4 will not travel: assign what it needs on b"),
                said(MigrationHost.read(a), MigrationHost.read(b), UUID));
        assertEquals(b + ": has no mediated device 'x'",
                assertThrows(FileFormatException.class,
                        () -> MigrationCheck.run(MigrationHost.read(b), MigrationHost.read(a), "x")).getMessage());
    }
}
