// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Trees as other programs copy and pack them come to the same machine as the one they were copied from. */
@Timeout(60)
class TreeSourcesTest {
    private static final int BLOCK = 512;
    private static final int PAGE = 4096;

    private SysTree tree;
    private TreeImport.Imported plain;

    @BeforeEach
    void tree() throws FileFormatException {
        MachineFile file = MachineFile.parse("""
                level: linux-6.12
                adapters: {5: {type: CEX6C, serial: 93AAABCD}, 6: {type: CEX5A, depth: 4}}
                usage-domains: [4, 0x47]
                host:
                  attributes: {apmask: "-5", config_time: 77}
                  drivers: {06.0004: none}
                  mdevs: {11111111-2d88-4f54-91ad-13c07fd4ff02: {adapters: [5], domains: [0x47]}}
                  nodes: {mine: {ioctlmask: "0x4000000000000000000000000000000000000000000000000000000000000000"}}
                """, "m");
        SimulatedMachine machine = file.machine().build(new VirtualTime(), true);
        Host host = file.boot(machine);
        tree = SysTree.of(host, machine);
        plain = TreeImport.of(tree, "tree", null);
    }

    /** Writes entries as tar does, each with its content in blocks. */
    private static final class Tar {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        void entry(String name, char type, String target, byte[] content, String magic) {
            byte[] block = new byte[BLOCK];
            put(block, 0, name);
            put(block, 100, "0000644");
            put(block, 124, String.format("%011o", content.length));
            put(block, 156, String.valueOf(type));
            put(block, 157, target);
            put(block, 257, magic);
            Arrays.fill(block, 148, 156, (byte) ' ');
            int sum = 0;
            for (byte each : block) {
                sum += each & 0xff;
            }
            put(block, 148, String.format("%06o", sum));
            block[154] = 0;
            bytes.writeBytes(block);
            bytes.writeBytes(Arrays.copyOf(content, (content.length + BLOCK - 1) / BLOCK * BLOCK));
        }

        private static void put(byte[] block, int offset, String text) {
            byte[] put = text.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(put, 0, block, offset, Math.min(put.length, BLOCK - offset));
        }

        byte[] end() {
            bytes.writeBytes(new byte[2 * BLOCK]);
            return bytes.toByteArray();
        }
    }

    private static SysTree read(byte[] tar) throws IOException {
        return TreeTar.read(new ByteArrayInputStream(tar));
    }

    /** Tar believes the size of a file of /sys, a page, and fills it up with zeros. GNU's long names, both of one entry, come with it. */
    @Test
    void aTarOfALiveSysIsFilledUpWithZeros() throws Exception {
        Tar tar = new Tar();
        String above = "/" + "x".repeat(120) + "/";
        for (Map.Entry<String, SysTree.Entry> entry : tree.entries().entrySet()) {
            String target = entry.getValue() instanceof SysTree.Link link ? link.target() : "";
            tar.entry("././@LongLink", 'K', "", (target + "\0").getBytes(StandardCharsets.ISO_8859_1), "ustar  ");
            tar.entry("././@LongLink", 'L', "", (above + entry.getKey() + "\0").getBytes(StandardCharsets.ISO_8859_1),
                    "ustar  ");
            switch (entry.getValue()) {
                case SysTree.Directory it -> tar.entry("short/", '5', "", new byte[0], "ustar  ");
                case SysTree.Link link -> tar.entry("short", '2', "cut", new byte[0], "ustar  ");
                case SysTree.Attribute file -> tar.entry("short", '0', "",
                        Arrays.copyOf(SysTree.bytes(file.text() == null ? "" : file.text()), PAGE), "ustar  ");
            }
        }
        assertEquals(plain, TreeImport.of(read(tar.end()), "tar", null));
    }

    @Test
    void aTarWithinATarIsLookedIntoAndWhatIsLargeBesideItIsNot() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            TreeTar.write(tree, gzip);
        }
        Tar tar = new Tar();
        tar.entry("DBGINFO-1/var/log/messages", '0', "", new byte[20 << 20], "ustar");
        tar.entry("DBGINFO-1/sysfs.tgz", '0', "", packed.toByteArray(), "ustar");
        assertEquals(plain, TreeImport.of(read(tar.end()), "tar", null));
    }

    /** As a service program copies it where it has no better one: no links, no files that only root can write. */
    @Test
    void aCopyWithoutLinksTellsDriversByUevents(@TempDir Path directory) throws Exception {
        SysTree copy = SysTree.empty();
        tree.entries().forEach((path, entry) -> {
            if (entry instanceof SysTree.Directory || entry instanceof SysTree.Attribute file && file.text() != null) {
                copy.entries().put(path, entry);
            }
        });
        TreeFiles.write(copy, directory.resolve("DBGINFO-1"));
        assertEquals(plain.machineFile(), TreeImport.of(TreeFiles.read(directory), "copy", null).machineFile());
        TreeFiles.write(copy, directory.resolve("DBGINFO-2"));
        assertThrows(FileFormatException.class, () -> TreeFiles.read(directory));
    }

    @Test
    void aTreeThatBeginsBelowSysIsOne() throws Exception {
        SysTree below = SysTree.empty();
        tree.entries().forEach((path, entry) -> {
            String name = TreePath.of("./" + path.replaceFirst("^sys/", ""));
            if (path.matches("sys/(bus|devices)/(ap|vfio_ap|mdev|matrix)/.*")) {
                assertEquals(path, name);
                below.entries().put(path, entry);
            }
        });
        assertEquals(null, TreePath.of("sys/../etc/passwd"));
        assertEquals("sys/bus/ap/apmask", TreePath.of("backup/sys/2026/sys/bus/ap/apmask"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "\u0080"})
    void whatIsCutOffOrBrokenIsNoTar(String with) throws Exception {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        TreeTar.write(tree, tar);
        byte[] bytes = tar.toByteArray();
        IOException cut = assertThrows(IOException.class,
                () -> read(Arrays.copyOf(bytes, bytes.length / 2 / BLOCK * BLOCK)));
        assertEquals("is cut off: the tar ends before its end", cut.getMessage());
        bytes[124] = (byte) with.charAt(0) == bytes[124] ? (byte) '1' : (byte) with.charAt(0);
        assertThrows(IOException.class, () -> read(bytes));
        assertTrue(
                assertThrows(IOException.class, () -> read(new byte[]{(byte) 0xfd, '7', 'z', 'X', 'Z', 0})).getMessage()
                        .startsWith("is compressed by xz; "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"oldgnu", "gnu", "ustar", "pax"})
    void aTarOfEveryKindWithSparseFilesIsRead(String kind, @TempDir Path directory) throws Exception {
        Path copy = directory.resolve("copy");
        TreeFiles.write(tree, copy);
        Files.write(copy.resolve("sys/bus/ap/apmask"), new byte[4 * PAGE], StandardOpenOption.APPEND);
        List<String> command = new ArrayList<>(List.of("tar", "--format=" + kind, "--ignore-failed-read", "-C",
                copy.toString(), "-cf", directory + "/tar",
                "sys", "proc"));
        if (!kind.equals("ustar")) {
            command.add(1, "--sparse");
        }
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
        assertEquals(plain, TreeImport.of(read(Files.readAllBytes(directory.resolve("tar"))), "tar", null));
    }

    @Test
    void noBytesMakeItFailOtherwiseThanWithALine() throws IOException {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        TreeTar.write(tree, tar);
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = Arrays.copyOf(tar.toByteArray(), 1 + random.nextInt(20 * BLOCK));
            for (int i = random.nextInt(8); i > 0; i--) {
                bytes[random.nextInt(Math.min(bytes.length, 1 + random.nextInt(4 * BLOCK)))] = (byte) random.nextInt();
            }
            try {
                read(bytes);
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith("is "), e::toString);
            }
        }
    }

    /** As newer udevs say it, edited on another system, with what umockdev escapes. */
    @Test
    void aRecordOfANewerUdevIsOne() throws Exception {
        String record = UmockdevRecord.text(tree);
        SysTree same = UmockdevRecord.read(record);
        String newer = "# recorded on a lab machine\r\n\r\n" + record
                .replaceAll("(?m)^P: (.*/([^/\n]*))$", "P: $1\nM: $2\nR: 1\nU: ap\nT: ap_card\nJ: +ap:$2\nV: x")
                .replaceAll("(?m)^A: depth=8\\\\n", "H: depth=380A")
                .replace("A: type=CEX6C\\n", "A: type=CEX6C\\012").replace("\n", "\r\n");
        assertTrue(UmockdevRecord.begins(newer));
        assertEquals(same.entries(), UmockdevRecord.read(newer).entries());
        TreeImport.Imported imported = TreeImport.of(same, "record", null);
        assertEquals(List.of(), imported.notTaken());
        assertTrue(
                imported.machineFile()
                        .contains("\"11111111-2d88-4f54-91ad-13c07fd4ff02\": {adapters: [0x05], domains: [0x47]"),
                imported.machineFile());
    }

    /** The depth of each card on its own, what is offline although it is checkstopped, and what looking costs. */
    @ParameterizedTest
    @ValueSource(strings = {"linux-6.1", "linux-6.12", "linux-7.2"})
    void theHardwareOfATreeIsThatOfTheTree(String level) throws Exception {
        MachineFile file = MachineFile.parse("level: " + level + """

                adapters:
                  5: {type: CEX6C, depth: 17, master-keys: {4: {aes: {current: {pattern: "0011223344556677"}}}}}
                  6: {type: CEX4P, checkstop: true}
                  7: {type: CEX7A, depth: 9}
                usage-domains: [4, 7]
                host: {offline: [card06], counters: {card05: 40, 05.0004: 30}}
                """, "m");
        SimulatedMachine machine = file.machine().build(new VirtualTime(), true);
        SysTree original = SysTree.of(file.boot(machine), machine);
        TreeImport.Imported imported = TreeImport.of(original, "tree", null);
        assertEquals(List.of(), imported.notTaken());
        MachineFile again = MachineFile.parse(imported.machineFile(), "again");
        SimulatedMachine built = again.machine().build(new VirtualTime(), true);
        SysTree shown = SysTree.of(again.boot(built), built);
        for (String name : List.of("card05/depth", "card07/depth", "card06/online", "card05/request_count",
                "card05/05.0004/request_count")) {
            assertEquals(original.read("sys/devices/ap/" + name), shown.read("sys/devices/ap/" + name), name);
        }
        assertEquals(List.of(),
                TreeImport.of(UmockdevRecord.read(UmockdevRecord.text(original)), "record", null).notTaken());
    }

    @Test
    void whatIsEscapedInARecordComesBack() throws Exception {
        tree.text("sys/devices/ap/card05/odd", "a\\n\\\\\"\t\u00e4\u0001 b\n");
        SysTree same = UmockdevRecord.read(UmockdevRecord.text(tree));
        assertEquals(tree.read("sys/devices/ap/card05/odd"), same.read("sys/devices/ap/card05/odd"));
    }

    /** A tree that contradicts itself, or shows what no machine of ours has, loses that alone, and each loss is said. */
    @Test
    void whatCannotBeSoIsLeftOutAndSaid() throws Exception {
        tree.text("sys/devices/ap/card05/serialnr", "far too long for a card\n");
        tree.text("sys/devices/ap/card05/05.0004/mkvps",
                "AES CUR: valid 0xab\nAPKA NEW: full 0x" + "cd".repeat(99) + "\n");
        tree.text("sys/bus/ap/apmask", "neither\n");
        tree.text("sys/bus/ap/poll_timeout", "-1e9\n");
        tree.entries().put("sys/devices/ap/card06/06.0047/driver",
                new SysTree.Link("../../../../bus/ap/drivers/of another kernel"));
        tree.text("sys/devices/vfio_ap/matrix/11111111-2d88-4f54-91ad-13c07fd4ff02/matrix",
                "05.0047\nfe.00fe\nnonsense\n");
        TreeImport.Imported imported = TreeImport.of(tree, "tree", null);
        MachineFile.parse(imported.machineFile(), "again").boot(new VirtualTime());
        String said = String.join("\n", imported.notTaken());
        for (String name : List.of("serialnr", "05.0004/mkvps", "apmask", "06.0047/driver")) {
            assertTrue(said.contains(name), name + " in " + said);
        }
    }
}
