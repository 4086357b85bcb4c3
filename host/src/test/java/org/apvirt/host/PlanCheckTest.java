package org.apvirt.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

class PlanCheckTest {
    private static final String MACHINE = """
            adapters: {1: CEX5C, 2: CEX5C, 3: CEX3A}
            usage-domains: [5, 6, 7]
            guests:
            """;

    private static List<String> findings(String guests) throws FileFormatException {
        Plan plan = Plan.parse(MACHINE + guests, "plan.yaml");
        return PlanCheck.run(plan, Inventory.of(plan.machine())).stream().map(Object::toString).toList();
    }

    @Nested
    class AgainstAMachineFile {
        @Test
        void disjointProductsAreAccepted() throws FileFormatException {
            assertEquals(List.of(), findings("""
                      guest1: {adapters: [1, 2], domains: [5, 6]}
                      guest2: {adapters: [1, 2], domains: [7]}
                    """));
        }

        @Test
        void aSharedQueueIsNamedWithBothGuests() throws FileFormatException {
            assertEquals(List.of("01.0006: guest1 and guest2 both want it (EADDRINUSE)"), findings("""
                      guest1: {adapters: [1, 2], domains: [5, 6]}
                      guest2: {adapters: [1], domains: [6, 7]}
                    """));
        }

        @Test
        void everySharedQueueOfEveryPairIsNamed() throws FileFormatException {
            assertEquals(
                    List.of("01.0005: a and b both want it (EADDRINUSE)", "02.0005: a and b both want it (EADDRINUSE)",
                            "01.0005: a and c both want it (EADDRINUSE)", "01.0005: b and c both want it (EADDRINUSE)"),
                    findings("""
                              a: {adapters: [1, 2], domains: [5]}
                              b: {adapters: [1, 2], domains: [5]}
                              c: {adapters: [1], domains: [5]}
                            """));
        }

        @Test
        void whatTheMachineLacksIsNamedWithWhatItHas() throws FileFormatException {
            assertEquals(List.of("g: adapter 09 does not exist; the machine has 01 02 03 (not on this machine)",
                    "g: domain 0008 does not exist; the machine has 0005 0006 0007 (not on this machine)"),
                    findings("  g: {adapters: [9], domains: [8]}\n"));
        }

        @Test
        void cardsBeforeCex4CannotBeGivenAway() throws FileFormatException {
            assertEquals(List.of("g: adapter 03 is a CEX3A; only CEX4 and newer can be given to a guest (ENODEV)"),
                    findings("  g: {adapters: [3], domains: [5]}\n"));
        }

        @Test
        void adaptersWithoutDomainsAreWorthANote() throws FileFormatException {
            assertEquals(List.of("note: g: has adapters but no domains, so no queue"),
                    findings("  g: {adapters: [1]}\n"));
        }

        @Test
        void aControlDomainThatTheMachineLacksIsWorthANote() throws FileFormatException {
            assertEquals(List.of("note: g: control domain 0009 is not on this machine and has no effect"),
                    findings("  g: {adapters: [1], domains: [5], control-domains: [9]}\n"));
        }

        @Test
        void idsAboveTheLimitsOfAMachineWithoutApxaAreEnodev() throws FileFormatException {
            Plan plan = Plan.parse("facilities: [qci, apft]\nguests: {g: {adapters: [64], domains: [16]}}\n", "p");
            List<String> findings = PlanCheck.run(plan, Inventory.of(plan.machine())).stream().map(Object::toString)
                    .limit(2).toList();

            assertEquals(List.of("g: adapter 64 is above the machine's highest, 63 (ENODEV)",
                    "g: domain 16 is above the machine's highest, 15 (ENODEV)"), findings);
        }
    }

    @Nested
    class AgainstSysfs {
        @TempDir
        Path sys;

        private void file(String path, String text) throws IOException {
            Path file = sys.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }

        private List<String> check() throws IOException, FileFormatException {
            String none = "0x" + "0".repeat(64) + "\n";
            file("bus/ap/ap_usage_domain_mask", "0x06" + "0".repeat(62) + "\n");
            file("bus/ap/ap_control_domain_mask", none);
            file("bus/ap/ap_max_adapter_id", "255\n");
            file("bus/ap/ap_max_domain_id", "84\n");
            file("bus/ap/apmask", "0x40" + "0".repeat(62) + "\n");
            file("bus/ap/aqmask", "0x02" + "0".repeat(62) + "\n");
            file("devices/ap/card01/type", "CEX8P\n");
            file("devices/ap/card02/type", "CEX8A\n");
            file("devices/vfio_ap/matrix/62177880-f1bb-47f0-914d-32a22e3a8804/matrix", "02.0005\n02.0006\n");
            Plan plan = Plan.parse("guests: {g: {adapters: [1, 2], domains: [5, 6]}}\n", "p");
            return PlanCheck.run(plan, Inventory.read(sys)).stream().map(Object::toString).toList();
        }

        @Test
        void mediatedDevicesAreOwnersAndMasksReserve() throws IOException, FileFormatException {
            assertEquals(List.of(
                    "02.0005: mdev 62177880-f1bb-47f0-914d-32a22e3a8804 and g both want it (EADDRINUSE)",
                    "02.0006: mdev 62177880-f1bb-47f0-914d-32a22e3a8804 and g both want it (EADDRINUSE)",
                    "01.0006: g wants it, but apmask and aqmask reserve it for the host (echo -1 > /sys/bus/ap/apmask"
                            + " gives the whole adapter away) (EADDRNOTAVAIL)"),
                    check());
        }
    }
}
