// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.KeyRegister;
import org.apvirt.sim.MasterKey;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KeysReaderTest {
    private static final String KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private static final String MACHINE = """
            adapters:
              5:
                type: CEX7C
                master-keys:
                  4: {aes: {current: %1$s, new: {part: %1$s}}, apka: {new: %1$s}, forbidden: [KG]}
                  0x47: {aes: {old: %1$s}}
              9: {type: CEX7P, wrapping-keys: {4: {current: %1$s, next: %1$s, committed: true}}}
            usage-domains: [4, 0x47]
            apvirt-administration: true
            """.formatted(KEY);

    private static SimulatedMachine machine(String text) throws FileFormatException {
        return MachineFile.parse(text, "machine.yaml").machine().build(new VirtualTime(), true);
    }

    private static DomainKeys keys(SimulatedMachine machine, int apid, int domain) {
        return machine.adapter(apid).cryptoDomain(domain).keys();
    }

    @Test
    void keysOfAMachineFileLieInTheirRegisters() throws FileFormatException {
        SimulatedMachine machine = machine(MACHINE);
        MasterKey aes = keys(machine, 5, 4).key(MasterKeySet.AES);
        assertEquals("491176b0f443c65a", java.util.HexFormat.of().formatHex(aes.current().pattern()));
        assertEquals(KeyRegister.State.PARTIAL, aes.next().state());
        assertTrue(keys(machine, 5, 4).key(MasterKeySet.APKA).next().isFull());
        assertEquals(java.util.Set.of(0x4b47), keys(machine, 5, 4).forbidden());
        assertTrue(keys(machine, 5, 0x47).key(MasterKeySet.AES).old().isFull());
        assertFalse(keys(machine, 5, 0x47).key(MasterKeySet.AES).current().isFull());
        assertTrue(keys(machine, 9, 4).ep11().committed());
        assertArrayEquals(java.util.HexFormat.of().parseHex(KEY), keys(machine, 9, 4).ep11().current().key());
    }

    @Test
    void aMachineThatIsWrittenAndReadHasTheSameKeys() throws FileFormatException {
        SimulatedMachine machine = machine(MACHINE);
        String text = MachineWriter.text(MachineFile.parse(MACHINE, "machine.yaml"), List.of(), machine, List.of(),
                List.of());
        SimulatedMachine again = machine(text);
        for (int[] domain : new int[][]{{5, 4}, {5, 0x47}, {9, 4}, {9, 0x47}}) {
            assertEquals(keys(machine, domain[0], domain[1]), keys(again, domain[0], domain[1]));
        }
        assertTrue(text.contains("apvirt-administration: true"), text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "master-keys: {4: {aes: {current: 1234}}} | 'current' is not a key of 32 bytes (write 64 hexadecimal digits)",
            "master-keys: {4: {des: {}}} | unknown key 'des' in the master keys of a domain",
            "master-keys: {256: {}} | domain 256 is out of range (use 0..255)",
            "master-keys: {4: {forbidden: [kg]}} | 'kg' is no verb (write its two letters, for example KG)",
            "wrapping-keys: {4: {committed: true}} | committed without a next key"})
    void whatIsWrongIsOneLineThatShowsNoKey(String keys, String problem) {
        FileFormatException e = assertThrows(FileFormatException.class,
                () -> machine("adapters: {5: {type: CEX7C, " + keys + "}}\n"));
        assertTrue(String.valueOf(e.getMessage()).contains(problem), e.getMessage());
    }

    @Test
    void aWrongKeyIsNotShown() {
        FileFormatException e = assertThrows(FileFormatException.class, () -> machine(
                "adapters: {5: {type: CEX7C, master-keys: {4: {aes: {current: " + KEY.substring(2) + "}}}}}\n"));
        assertFalse(String.valueOf(e.getMessage()).contains("0102"), e.getMessage());
    }
}
