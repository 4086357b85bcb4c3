// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.AssociationSecret;
import org.apvirt.sim.Fault;
import org.apvirt.sim.MachineSpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MachineFileTest {
    private static final String FULL = """
            level: linux-6.12
            qemu: 7.2
            facilities: [qci, apft]
            adapters:
              5: CEX5C
              0x6: {type: CEX5A, depth: 12, serial: 00LY5AB, config: false, checkstop: true}
            usage-domains: [4, 0x47, 0xab, 0xff]
            control-domains: [4]
            secure-guest: true
            modules: [zcrypt]
            """;

    private static String errorOf(String text) {
        return String.valueOf(
                assertThrows(FileFormatException.class, () -> MachineFile.parse(text, "m.yaml")).getMessage());
    }

    @Nested
    class Reading {
        @Test
        void everyKeyArrivesInTheDescription() throws FileFormatException {
            MachineFile file = MachineFile.parse(FULL, "m.yaml");
            MachineSpec machine = file.machine();
            AdapterSpec six = machine.adapters().get(6);

            assertEquals(Level.LINUX_6_12, file.level());
            assertSame(QemuVersion.V7_2, file.qemu());
            assertEquals(List.of("zcrypt"), file.modules());
            assertEquals(Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.MSA3), machine.facilities());
            assertEquals(ApMask.of(4, 71, 171, 255), machine.usageDomains());
            assertEquals(ApMask.of(4), machine.effectiveControlDomains());
            assertNotNull(six);
            assertEquals(List.of(11, 12), List.of(six.type(), six.depth()));
            assertEquals(List.of(false, true), List.of(six.configured(), six.checkstopped()));
            assertEquals("CEX5A", AdapterNames.name(six));
            assertEquals(true, machine.secureGuest());
        }

        @Test
        void withoutKeysTheMachineIsAnEmptySeed() throws FileFormatException {
            MachineFile file = MachineFile.parse("{}", "m.yaml");

            assertEquals(Level.SEED, file.level());
            assertSame(QemuVersion.SEED, file.qemu());
            assertEquals(0, file.machine().adapters().size());
            assertEquals(List.of("rng_core", "zcrypt", "zcrypt_cex4", "mdev", "vfio_ap", "zcrypt_cex2a",
                    "zcrypt_pcixcc"), file.modules());
        }

        @ParameterizedTest
        @CsvSource({"seed,seed", "linux-6.12,10.0", "linux-7.2,11"})
        void theQemuIsTheOneThatIsShippedWithSuchAKernel(String level, String qemu) throws FileFormatException {
            assertEquals(qemu, MachineFile.parse("level: " + level, "m").qemu().toString());
        }

        @Test
        void controlDomainsAreTheUsageDomainsUnlessNamed() throws FileFormatException {
            assertEquals(ApMask.of(7),
                    MachineFile.parse("usage-domains: [7]", "m").machine().effectiveControlDomains());
        }

        @Test
        void secretsAreNamesOrIds() throws FileFormatException {
            String id = "ab".repeat(32);
            MachineSpec machine = MachineFile.parse("secure-guest: true\nsecrets: [backup, " + id + "]", "m")
                    .machine();
            assertEquals(
                    List.of(new AssociationSecret("54d00d867758cef816bc4685f58e327b949712b07ebd17c3485f3ffc9e9f5133"),
                            new AssociationSecret(id)),
                    machine.secrets());
        }

        @Test
        void kernelOptionsBuildTheKernelSo() throws Exception {
            MachineFile file = MachineFile.parse("""
                    level: linux-7.2
                    kernel-options: [AP_DEBUG, VFIO_DEVICE_CDEV]
                    adapters: {5: CEX5C}
                    usage-domains: [4]
                    """, "m.yaml");

            Host host = file.boot(new VirtualTime());

            assertTrue(host.read("/sys/bus/ap/devices/05.0004/states").startsWith("OPERATING ["));
            assertNotNull(host.files().node("/dev/iommu"));
            assertTrue(file.describe(file.machine().build(new VirtualTime(), true), List.of())
                    .contains("kernel-options: [AP_DEBUG, VFIO_DEVICE_CDEV]"));
            assertThrows(FileFormatException.class, () -> MachineFile.parse("kernel-options: [DEBUG]", "m"));
        }

        @Test
        void jsonIsTheSameFormat() throws FileFormatException {
            MachineFile file = MachineFile.parse("{\"level\": \"seed\", \"adapters\": {\"5\": \"CEX8P\"}}", "m.json");

            assertEquals("CEX8P", AdapterNames.name(file.machine().adapters().get(5)));
        }

        @Test
        void aFaultIsAResponseOrADelay() throws FileFormatException {
            MachineFile file = MachineFile.parse("""
                    faults:
                      - {apqn: 05.0004, instruction: dqap, nth: 3, response: 0x04, delay: 20ms}
                      - {apqn: 05.0004, instruction: nqap, delay: 2s}
                    """, "m.yaml");

            assertEquals(List.of(
                    Fault.response(new Apqn(5, 4), Fault.Instruction.DQAP, 3, 4).delay(Duration.ofMillis(20)),
                    Fault.slow(new Apqn(5, 4), Fault.Instruction.NQAP, 1, Duration.ofSeconds(2))),
                    file.machine().faults());
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
                "{apqn: 05.0004, instruction: dqap, nth: 3, response: 0x04, delay: 20ms}",
                "{card: 5, instruction: nqap, nth: 1, every: 10, response: 0x05}",
                "{card: 5, instruction: nqap, nth: 1, every: 10, count: 3, delay: 1000s}",
                "{instruction: tapq, nth: 1, probability: 0.01, seed: -7, until: 60000ms, response: [0x05, 0x02]}",
                "{instruction: tapq, nth: 2, count: 1, until: 500ms, response: 0x05}",
                "{apqn: 05.0004, message: KG, nth: 1, count: 3, reply: 0x8a}",
                "{message: ep11-38, nth: 1, response: 0x42, delay: 5ms}", "{apqn: 05.0004, response: 0x00}",
                "{attribute: \"05.*/online\", nth: 1, every: 1, errno: EIO}",
                "{attribute: \"/sys/bus/ap/scans\", access: write, nth: 1, probability: 0.5, seed: 0, delay: 5ms}"})
        void aFaultIsWrittenAsItWasRead(String fault) throws FileFormatException {
            assertEquals(fault, PlannedFault.parse(fault, "m").toString());
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
                "{apqn: 05.0004} | m:1:1: the fault has no 'response'",
                "{card: 5, response: 2} | m:1:1: the fault has no 'instruction' (use one of: pqap, tapq, reset, aqic, nqap, dqap) and no 'message'",
                "{card: 5, apqn: 05.0004, instruction: nqap} | m:1:1: the fault has apqn and card; where it is, is one of them",
                "{card: 5, instruction: nqap, errno: EIO} | \"m:1:30: 'errno' is not for a fault without 'attribute'\"",
                "{attribute: x, response: 2} | \"m:1:16: 'response' is not for a fault of an attribute\"",
                "{attribute: x} | m:1:1: nothing goes wrong: name an errno or a delay",
                "{attribute: x, delay: 2s} | m:1:1: only a write may be delayed; name access: write",
                "{card: 5, instruction: tapq} | m:1:1: TAPQ starts nothing that could take longer",
                "{card: 5, instruction: dqap, message: KG} | m:1:30: 'message' goes with instruction nqap, which may be left out",
                "{card: 5, message: KG, response: 2, reply: 3} | m:1:1: a request that is refused has no reply; name a response or a reply",
                "{card: 5, message: KG, probability: 0} | m:1:37: probability '0' is not above 0 and at most 1 (write for example 0.01)",
                "{card: 5, message: KG, seed: 7} | \"m:1:24: 'seed' decides nothing without a probability or a list of responses\"",
                "{attribute: /etc/passwd, errno: EIO} | \"m:1:1: '/etc/passwd' is the path of no attribute (write for example 05.0004/online or /sys/bus/ap/scans)\"",
                "{card: 5, message: KG, until: soon} | m:1:31: until 'soon' is no time (write for example 20ms or 2s)"})
        void aFaultThatIsWrongIsNamedWithItsPlace(String fault, String message) {
            assertEquals(message,
                    assertThrows(FileFormatException.class, () -> PlannedFault.parse(fault, "m")).getMessage());
        }

        @ParameterizedTest
        @CsvSource({"CEX2A,6", "CEX2C,7", "CEX3A,8", "CEX3C,9", "CEX4A,10", "CEX5C,11", "CEX6P,12", "CEX7A,13",
                "CEX8C,14"})
        void aTypeNameIsGenerationAndMode(String name, int type) throws FileFormatException {
            AdapterSpec adapter = MachineFile.parse("adapters: {1: " + name + "}", "m").machine().adapters()
                    .get(1);

            assertEquals(type, adapter.type());
            assertEquals(name, AdapterNames.name(adapter));
        }
    }

    @ParameterizedTest
    @CsvSource({"seed,pcixcccard", "linux-6.1,cex2card"})
    void oldCoprocessorsHaveADriverAtEachLevelThatKnowsThem(String level, String driver) throws Exception {
        Host host = MachineFile.parse("{level: " + level + ", adapters: {7: CEX2C, 8: CEX3A}, usage-domains: [4]}", "m")
                .boot(new VirtualTime());

        assertEquals("../../../bus/ap/drivers/" + driver, host.readLink("/sys/devices/ap/card07/driver"));
        assertEquals("CEX2C\n", host.read("/sys/devices/ap/card07/type"));
        assertEquals("CEX3A\n", host.read("/sys/devices/ap/card08/type"));
    }

    @Nested
    class FactsOfRealCards {
        private static AdapterSpec card(String text) throws FileFormatException {
            return Objects.requireNonNull(MachineFile.parse("adapters: {5: " + text + "}", "m").machine().adapters()
                    .get(5));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                CEX8C                                        | CEX8C | f2000000
                z16-cex8c                                    | CEX8C | 92800000
                {profile: z16-cex8c, depth: 4}               | CEX8C | 92800000
                {profile: z16-cex8p}                         | CEX8P | 06800000
                {profile: z16-cex8c, class: 0x40}            | CEX8C | 92400000
                {profile: z16-cex8c, functions: 0x12000000}  | CEX8C | 12000000
                {type: CEX8C, class: 0x80}                   | CEX8C | f2800000
                {type: CEX8A, functions: 0x6a800000}         | CEX8A | 6a800000
                {type: CEX8P, functions: 0}                  | CEX8P | 00000000
                {type: CEX8P, functions: 0x82000000}         | CEX8P | 82000000
                """)
        void functionBitsAreThoseOfTheProfileTheTypeOrTheirOwn(String text, String name, String functions)
                throws FileFormatException {
            AdapterSpec card = card(text);

            assertEquals(name, AdapterNames.name(card));
            assertEquals(functions, String.format("%08x", card.functions()));
        }

        @Test
        void anEp11CardTellsSixteenCharactersAndTheKernelShowsThem() throws Exception {
            MachineFile file = MachineFile.parse("""
                    level: linux-6.12
                    adapters: {5: {type: CEX8P, serial: "93AADHZU42082261"}, 6: {type: CEX8C, serial: 93AABEET}}
                    usage-domains: [4]
                    """, "m");
            Host host = file.boot(new VirtualTime());

            assertEquals("93AADHZU42082261\n", host.read("/sys/devices/ap/card05/serialnr"));
            assertEquals("93AABEET\n", host.read("/sys/devices/ap/card06/serialnr"));
        }

        @Test
        void theKernelShowsTheFunctionBitsOfTheProfile() throws Exception {
            Host host = MachineFile.parse("""
                    level: linux-6.12
                    adapters: {5: z16-cex8c, 6: {type: CEX8C, functions: 0}}
                    usage-domains: [4]
                    """, "m").boot(new VirtualTime());

            assertEquals("0x92800000\n", host.read("/sys/devices/ap/card05/ap_functions"));
            assertEquals("CEX8C\n", host.read("/sys/devices/ap/card05/type"));
            assertEquals("0x00000000\n", host.read("/sys/devices/ap/card06/ap_functions"));
            assertThrows(ErrnoException.class, () -> host.read("/sys/devices/ap/card06/type")); // no driver takes it
        }
    }

    /** Whatever the bytes: a machine, or one line that begins with the name of the file. */
    @Test
    void brokenTextNeverEndsInAnotherException() {
        Random random = new Random(7);
        for (int round = 0; round < 3000; round++) {
            StringBuilder text = new StringBuilder(FULL);
            for (int change = 0; change < 1 + random.nextInt(4); change++) {
                int at = random.nextInt(text.length());
                char c = (char) random.nextInt(random.nextInt(20) == 0 ? 0x3000 : 0x80);
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, c);
                    case 1 -> text.insert(at, c);
                    default -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(9)));
                }
            }
            String mutated = text.toString();
            try {
                assertNotNull(MachineFile.parse(mutated, "fuzz").machine());
            } catch (FileFormatException e) {
                String message = String.valueOf(e.getMessage());
                assertEquals(1, message.lines().count(), mutated);
                assertEquals("fuzz:", message.substring(0, 5), mutated);
            }
        }
    }
}
