// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.stream.IntStream;

import org.apvirt.cpu.QemuVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** What a machine file must not say, each in one line with its place. */
class MachineFileRefusalTest {
    private static String errorOf(String text) {
        return String.valueOf(
                assertThrows(FileFormatException.class, () -> MachineFile.parse(text, "m.yaml")).getMessage());
    }

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
