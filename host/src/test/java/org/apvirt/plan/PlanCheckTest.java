// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Inventory;
import org.apvirt.machine.MachineFile;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

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
        void aQueueThatSeveralWantIsNamedOnceWithAllOfThem() throws FileFormatException {
            assertEquals(List.of("01.0005: a, b and c all want it (EADDRINUSE)",
                    "02.0005: a and b both want it (EADDRINUSE)"), findings("""
                              a: {adapters: [1, 2], domains: [5]}
                              b: {adapters: [1, 2], domains: [5]}
                              c: {adapters: [1], domains: [5]}
                            """));
        }

        @Test
        void whatTheMachineLacksIsNamedWithWhatItHas() throws FileFormatException {
            assertEquals(List.of("g: adapter 9 does not exist; the machine has 1, 2, 3 (not on this machine)",
                    "g: domain 8 does not exist; the machine has 5, 6, 7 (not on this machine)"),
                    findings("  g: {adapters: [9], domains: [8]}\n"));
        }

        @Test
        void numbersAreInTheBaseThatThePlanUsesForThem() throws FileFormatException {
            assertEquals(List.of(
                    "g: adapter 0x10 does not exist; the machine has 0x01, 0x02, 0x03 (not on this machine)",
                    "g: domain 11 does not exist; the machine has 5, 6, 7 (not on this machine)",
                    "g: domain 0x1f does not exist; the machine has 0x05, 0x06, 0x07 (not on this machine)",
                    "note: g: control domain 0x20 is not on this machine and has no effect"),
                    findings("  g: {adapters: [0x10], domains: [11, 0x1f], control-domains: [0X20]}\n"));
        }

        @Test
        void manyGuestsOnAllQueuesAreOneFindingEach() throws FileFormatException {
            StringBuilder all = new StringBuilder("0");
            for (int id = 1; id < 256; id++) {
                all.append(", ").append(id);
            }
            StringBuilder text = new StringBuilder("guests:\n");
            for (int guest = 0; guest < 300; guest++) {
                text.append("  g").append(guest).append(": {adapters: [").append(all).append("], domains: [")
                        .append(guest < 12 ? all : "7").append("]}\n");
            }
            Plan plan = Plan.parse(text.toString(), "p");

            List<Finding> conflicts = PlanCheck.run(plan, Inventory.of(plan.machine())).stream()
                    .filter(it -> "EADDRINUSE".equals(it.errno())).toList();

            assertEquals(65_536, conflicts.size());
            assertEquals(12, conflicts.get(0).guests().size());
            assertEquals(300, conflicts.get(7).guests().size());
            assertSame(conflicts.get(0).guests(), conflicts.get(1).guests()); // 65,536 lists would take too much
        }

        @Test
        void cardsBeforeCex4CannotBeGivenAway() throws FileFormatException {
            assertEquals(List.of("g: adapter 3 is a CEX3A; only CEX4 and newer can be given to a guest (ENODEV)"),
                    findings("  g: {adapters: [3], domains: [5]}\n"));
        }

        @Test
        void adaptersWithoutDomainsAreWorthANote() throws FileFormatException {
            assertEquals(List.of("note: g: has adapters but no domains, so no queue"),
                    findings("  g: {adapters: [1]}\n"));
        }

        @Test
        void aControlDomainThatTheMachineLacksIsWorthANote() throws FileFormatException {
            assertEquals(List.of("note: g: control domain 9 is not on this machine and has no effect"),
                    findings("  g: {adapters: [1], domains: [5], control-domains: [9]}\n"));
        }

        @Test
        void cardsThatAnswerNothingAreWorthANoteForEachGuestThatWantsThem() throws FileFormatException {
            Plan plan = Plan.parse("""
                    adapters: {1: {type: CEX8C, config: false}, 0x1f: {type: CEX8C, checkstop: true}}
                    usage-domains: [5, 6]
                    guests:
                      g: {adapters: [1, 0x1f], domains: [5]}
                      h: {adapters: [1], domains: [6]}
                    """, "p");

            assertEquals(List.of(
                    "note: g: adapter 1 is deconfigured, so its queues are of no use to the guest"
                            + " (echo 1 > /sys/devices/ap/card01/config)",
                    "note: g: adapter 0x1f is checkstopped, so its queues are of no use to the guest",
                    "note: h: adapter 1 is deconfigured, so its queues are of no use to the guest"
                            + " (echo 1 > /sys/devices/ap/card01/config)"),
                    PlanCheck.run(plan, Inventory.of(plan.machine())).stream().map(Object::toString).toList());
        }

        @Test
        void withoutQciAGuestGetsNothingAndHighIdsAreRefused() throws FileFormatException {
            Plan plan = Plan.parse("""
                    facilities: [apft, apxa]
                    adapters: {1: CEX8C}
                    usage-domains: [5]
                    guests:
                      g: {adapters: [1], domains: [5]}
                      none: {}
                      high: {domains: [16]}
                    """, "p");

            assertEquals(List.of("high: domain 16 is above the machine's highest, 15 (ENODEV)",
                    "high: domain 16 does not exist; the machine has 5 (not on this machine)",
                    "note: high: has domains but no adapters, so no queue",
                    "g: the machine cannot be asked for its AP configuration, so vfio_ap gives the guest nothing,"
                            + " whatever is assigned (no QCI)",
                    "high: the machine cannot be asked for its AP configuration, so vfio_ap gives the guest nothing,"
                            + " whatever is assigned (no QCI)"),
                    PlanCheck.run(plan, Inventory.of(plan.machine())).stream().map(Object::toString).toList());
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

        /** The tree that the kernel makes is copied, as an administrator would. */
        private Path treeOf(String machine) throws IOException, FileFormatException {
            Host host = MachineFile.parse(machine, "m").boot(new VirtualTime());
            for (String path : List.of("bus/ap/ap_usage_domain_mask", "bus/ap/ap_control_domain_mask",
                    "bus/ap/ap_max_adapter_id", "bus/ap/ap_max_domain_id", "devices/ap/card01/type",
                    "devices/ap/card01/config", "devices/ap/card01/chkstop", "devices/ap/card01/01.0006/config")) {
                try {
                    file(path, host.read("/sys/" + path));
                } catch (ErrnoException e) {
                    throw new IOException(path, e);
                }
            }
            return sys;
        }

        @Test
        void aTreeWithoutQciShowsTheQueuesThatAreThereAndGuestsGetNothing() throws IOException, FileFormatException {
            Inventory inventory = Inventory.read(treeOf("""
                    level: linux-6.12
                    facilities: [apft]
                    adapters: {1: CEX8P}
                    usage-domains: [6]
                    """));
            Plan plan = Plan.parse("guests: {g: {adapters: [1], domains: [6, 7]}}", "p");

            assertEquals(List.of("g: domain 7 does not exist; the machine has 6 (not on this machine)",
                    "g: the machine cannot be asked for its AP configuration, so vfio_ap gives the guest nothing,"
                            + " whatever is assigned (no QCI)"),
                    PlanCheck.run(plan, inventory).stream().map(Object::toString).toList());
        }

        @Test
        void aTreeTellsWhichCardsAreDeconfiguredAndCheckstopped() throws IOException, FileFormatException {
            Inventory inventory = Inventory.read(treeOf("""
                    level: linux-6.12
                    adapters: {1: {type: CEX8P, config: false}}
                    usage-domains: [6]
                    """));
            assertEquals(new Inventory.Card("CEX8P", false, false), inventory.adapters().get(1));

            file("devices/ap/card01/config", "1\n");
            file("devices/ap/card01/chkstop", "1\n");
            assertEquals(new Inventory.Card("CEX8P", true, true), Inventory.read(sys).adapters().get(1));
        }
    }
}
