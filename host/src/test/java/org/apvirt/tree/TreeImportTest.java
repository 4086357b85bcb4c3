// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class TreeImportTest {
    private static final String MACHINE = """
            adapters:
              5: {type: CEX6C, serial: 93AAABCD, master-keys: {4: {aes: {current: {pattern: "0011223344556677"}, old: {pattern: "8899aabbccddeeff"}}}}}
              6: {type: CEX5A, config: false}
              7: {type: CEX7P, depth: 4, wrapping-keys: {4: {current: {pattern: "PATTERN"}}}}
              8: {type: CEX8A, checkstop: true}
            usage-domains: [4, 0x47, 0xff]
            control-domains: [4, 5, 0x47, 0xff]
            host:
              attributes: {aqmask: "-0x47,-0xff", apmask: "-7", config_time: 77, poll_timeout: 90000, ap_domain: 4}
              drivers: {05.0004: none, card07: none}
              offline: [card05]
              mdevs:
                11111111-2d88-4f54-91ad-13c07fd4ff02: {adapters: [5], domains: [0x47], control-domains: [4]}
                22222222-2d88-4f54-91ad-13c07fd4ff02: {adapters: [7], domains: [], control-domains: []}
                33333333-2d88-4f54-91ad-13c07fd4ff02: {adapters: [], domains: [3], control-domains: []}
            """
            .replace("PATTERN", "ab".repeat(32));

    private static SysTree tree(String text) throws FileFormatException {
        MachineFile file = MachineFile.parse(text, "m");
        SimulatedMachine machine = file.machine().build(new VirtualTime(), true);
        Host host = file.boot(machine);
        return SysTree.of(host, machine);
    }

    @ParameterizedTest
    @ValueSource(strings = {"linux-6.1", "linux-6.12", "linux-7.2"})
    void whatIsImportedShowsTheSameTree(String level) throws Exception {
        SysTree tree = tree("level: " + level + "\n" + MACHINE);
        TreeImport.Imported imported = TreeImport.of(tree, "tree", null);
        assertEquals(List.of(), imported.notTaken());
        assertTrue(imported.machineFile().startsWith("level: " + level + "\n"), imported.machineFile());
        assertEquals(withoutPassing(tree), withoutPassing(tree(imported.machineFile())));
    }

    /** The tree without what counts how often somebody looked. */
    private static SysTree withoutPassing(SysTree tree) {
        tree.entries().keySet().removeIf(path -> path.matches(".*/(scans|bindings_complete_count|request_count)"));
        return tree;
    }

    @Test
    void aTarADirectoryAndARecordHaveTheSameDevices(@TempDir Path directory) throws Exception {
        SysTree tree = tree("level: linux-6.12\n" + MACHINE);
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        TreeTar.write(tree, tar);
        SysTree untarred = TreeTar.read(new ByteArrayInputStream(tar.toByteArray()));
        assertEquals(tree.entries().keySet(), untarred.entries().keySet());
        assertEquals(TreeImport.of(tree, "tree", null), TreeImport.of(untarred, "tar", null));
        TreeFiles.write(tree, directory.resolve("copy"));
        SysTree copy = TreeFiles.read(directory.resolve("copy"));
        assertEquals(TreeImport.of(tree, "tar", null).machineFile(), TreeImport.of(copy, "copy", null).machineFile());
        assertEquals("CEX6C\n", Files.readString(directory.resolve("copy/sys/bus/ap/devices/card05/type")));
        String record = UmockdevRecord.text(tree);
        assertEquals(record, UmockdevRecord.text(UmockdevRecord.read(record)));
        assertTrue(record.contains("P: /devices/ap/card05\nE: DEVTYPE=ap_card\n"), record);
        assertThrows(IOException.class, () -> TreeFiles.write(tree, directory.resolve("copy")));
    }

    @Test
    void whatAMachineCannotShowIsSaid() throws Exception {
        SysTree tree = tree("level: linux-6.12\nadapters: {5: CEX6C}\nusage-domains: [4]\n");
        tree.text("sys/devices/ap/card05/news", "of another kernel\n");
        tree.text("sys/devices/ap/card05/raw_hwtype", "77\n");
        assertEquals(List.of("/sys/devices/ap/card05/news: the machine does not have it",
                "/sys/devices/ap/card05/raw_hwtype: '77', the machine shows '12'"),
                TreeImport.of(tree, "tree", null).notTaken());
    }

    @Test
    void aSecureGuestHasItsFirmwareFiles() throws Exception {
        assertEquals("1", tree("secure-guest: true\n").read("sys/firmware/uv/prot_virt_guest"));
        assertTrue(tree("adapters: {1: CEX8C}").read("proc/sysinfo").contains("Type:                 3931"));
    }

    @Test
    void whatIsNoTreeIsRefused() {
        assertThrows(FileFormatException.class, () -> TreeImport.of(SysTree.empty(), "x", null));
        assertThrows(IOException.class,
                () -> TreeTar.read(new ByteArrayInputStream("x".repeat(600).getBytes())));
        assertThrows(IOException.class, () -> UmockdevRecord.read("P: /devices/x\nnonsense\n"));
    }
}
