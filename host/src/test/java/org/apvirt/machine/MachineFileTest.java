// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

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
import org.junit.jupiter.params.provider.ValueSource;

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

    @Nested
    class Refusing {
        @Test
        void anUnknownKeyNamesPlaceAndKeys() {
            assertEquals(
                    "m.yaml:2:1: unknown key 'adaptors' in a machine file (use one of: adapters, apvirt-administration, control-domains,"
                            + " facilities, faults, host, kernel-options, level, modules, qemu, secrets, secure-guest,"
                            + " usage-domains)",
                    errorOf("level: seed\nadaptors: {5: CEX5C}\n"));
        }

        @Test
        void secretsAreOfSecureGuestsAndEachIsThereOnce() {
            assertEquals("m.yaml:1:1: only a secure guest has secrets (add secure-guest: true)",
                    errorOf("secrets: [backup]"));
            assertEquals("m.yaml:2:19: duplicate secret 'backup'",
                    errorOf("secure-guest: true\nsecrets: [backup, backup]"));
            assertEquals("m.yaml:2:2461: more than 512 secrets",
                    errorOf("secure-guest: true\nsecrets: " + IntStream.range(0, 513).boxed().toList()));
        }

        @ParameterizedTest
        @ValueSource(strings = {"9", "7.20", "11.1", "''", "\"7.2\\n\""})
        void anUnknownQemuOrLevelIsOneLineWithThoseThereAre(String name) {
            String given = name.replaceAll("['\"]", "");

            assertEquals("m.yaml:1:7: unknown QEMU version '" + given + "' (use seed, 7.2, 10.0, 10.2, 11 or next)",
                    errorOf("qemu: " + name));
            assertEquals("m.yaml:1:8: unknown level '" + given
                    + "' (use seed, linux-6.1, linux-6.12, linux-7.2, linux-7.3 or next)", errorOf("level: " + name));
        }

        @Test
        void tenWithoutMinorNumberIsTheOneThatDebianShips() throws FileFormatException {
            assertSame(QemuVersion.V10_0, MachineFile.parse("qemu: 10", "m").qemu());
        }

        @Test
        void aDuplicateAdapterIsFoundInAnyNotation() {
            assertEquals("m.yaml:1:22: duplicate adapter 0x5", errorOf("adapters: {5: CEX5C, 0x5: CEX5A}"));
        }

        @Test
        void aDuplicateKeyIsNoSilentReplacement() {
            assertEquals("m.yaml:2:1: duplicate key 'level'", errorOf("level: seed\nlevel: linux-6.12\n"));
        }

        @Test
        void domain256IsOutOfRange() {
            assertEquals("m.yaml:1:20: domain 256 is out of range (use 0..255)", errorOf("usage-domains: [4, 256]"));
        }

        @Test
        void aDomainNamedTwiceIsAnError() {
            assertEquals("m.yaml:1:20: duplicate domain 0x04", errorOf("usage-domains: [4, 0x04]"));
        }

        @Test
        void aTypeThatDoesNotExistNamesThoseThatDo() {
            String message = errorOf("adapters: {5: CEX9C}");

            assertEquals("m.yaml:1:15: unknown adapter type 'CEX9C' (use one of: CEX2A, CEX2C, CEX3A, CEX3C, CEX4A,"
                    + " CEX4C, CEX4P, CEX5A, CEX5C, CEX5P, CEX6A, CEX6C, CEX6P, CEX7A, CEX7C, CEX7P, CEX8A, CEX8C, CEX8P,"
                    + " z13-cex5c, z15-cex7c-restricted, z16-cex8c, z16-cex8p)",
                    message);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                level: linux-5.0        | m.yaml:1:8: unknown level 'linux-5.0' (use seed, linux-6.1, linux-6.12, linux-7.2, linux-7.3 or next)
                usage-domains: 4        | m.yaml:1:16: domains must be a list, for example [1, 2]
                usage-domains: [x]      | m.yaml:1:17: domain 'x' is not a number (use 0..255)
                usage-domains: [-1]     | m.yaml:1:17: domain -1 is out of range (use 0..255)
                usage-domains: [010]    | m.yaml:1:17: domain '010' is not a number (use 0..255)
                adapters: [5]           | m.yaml:1:11: adapters must be a map of 'key: value'
                adapters: {5: {depth: 8}}               | m.yaml:1:15: the adapter has no 'type'
                adapters: {5: {type: CEX5C, depth: 33}} | m.yaml:1:36: depth 33 is out of range (use 1..32)
                adapters: {5: {type: CEX5C, config: 1}} | m.yaml:1:37: config '1' is neither true nor false
                adapters: {5: {type: CEX8C, functions: 0x98000000}} | m.yaml:1:40: functions 0x98000000 is not a CEX8C (its mode is bit 0x10000000)
                adapters: {5: {type: CEX8C, functions: 0x92808000}} | m.yaml:1:40: functions 0x92808000 has bits that are not a card's (use those of 0xffff0000)
                adapters: {5: {type: CEX8C, class: 256}} | m.yaml:1:36: class 256 is out of range (use 0..255)
                adapters: {5: {type: CEX8C, profile: z16-cex8c}} | m.yaml:1:29: profile says the type too; remove one of them
                adapters: {5: {profile: z99}} | m.yaml:1:25: unknown profile 'z99' (use one of: z13-cex5c, z15-cex7c-restricted, z16-cex8c, z16-cex8p)
                adapters: {5: {type: CEX8C, serial: 123456789}} | m.yaml:1:37: serial '123456789' is not 1 to 8 printable characters
                adapters: {5: {type: CEX8P, serial: 12345678901234567}} | m.yaml:1:37: serial '12345678901234567' is not 1 to 16 printable characters
                facilities: [qci, qci]  | m.yaml:1:19: duplicate facility 'qci'
                [1, 2]                  | m.yaml:1:1: a machine file must be a map of 'key: value'
                faults: [{apqn: 5.4, instruction: nqap}] | m.yaml:1:17: '5.4' is no queue (write it like sysfs, for example 05.00ab)
                faults: [{apqn: 05.0004, instruction: tapq, delay: 1s}] | m.yaml:1:10: TAPQ starts nothing that could take longer
                level: &a seed          | m.yaml:1:8: anchors and aliases are not taken; write the value out
                """)
        void eachWrongFormGetsOneLineWithThePlace(String text, String expected) {
            assertEquals(expected, errorOf(text));
        }

        @Test
        void nestingWithoutEndIsAnErrorAndNotACrash() {
            assertEquals("m.yaml: is nested too deeply", errorOf("[".repeat(200_000)));
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
