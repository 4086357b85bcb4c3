// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** docs/sysfs.md names every attribute of a booted host, with its mode. */
class SysfsDocumentTest {
    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| (0\\d{3}) \\|.*");
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";

    @ParameterizedTest
    @ValueSource(strings = {"seed", "linux-6.12", "linux-7.2"})
    void everyAttributeIsInTheDocumentWithItsMode(String level) throws Exception {
        Host host = MachineFile.parse("level: " + level + """

                adapters: {5: CEX5C, 6: CEX5A, 7: CEX7P}
                usage-domains: [4, 5]
                secure-guest: true
                """, "machine").boot(new VirtualTime());
        FileSystem files = SysfsFileSystem.of(host.root());
        Files.writeString(files.getPath("/sys/bus/ap/drivers/cex4queue/unbind"), "05.0004");
        Files.writeString(files.getPath("/sys/bus/ap/apmask"), "-6");
        Files.writeString(files.getPath(
                "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create"), UUID);
        Map<String, String> documented = documented();
        Set<String> missing = new TreeSet<>();
        Set<String> seen = new HashSet<>();
        for (String part : new String[]{"bus", "devices/ap", "devices/vfio_ap", "firmware", "kernel/tracing"}) {
            Files.walkFileTree(files.getPath("/sys").resolve(part), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (attributes.isRegularFile()) {
                        String name = pattern(file.toString());
                        seen.add(name);
                        if (!octal(Files.getPosixFilePermissions(file)).equals(documented.get(name))) {
                            missing.add(octal(Files.getPosixFilePermissions(file)) + " " + name);
                        }
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        assertEquals(Set.of(), missing);
        assertTrue(seen.size() > 60, () -> "only " + seen.size() + " attributes were seen");
    }

    private static String octal(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (PosixFilePermission permission : permissions) {
            mode |= 0400 >> permission.ordinal();
        }
        return String.format("%04o", mode);
    }

    /** Returns a path as the document's headings have it. */
    private static String pattern(String path) {
        return path.replaceAll("/card[0-9a-f]{2}", "/cardXX").replaceAll("/[0-9a-f]{2}\\.[0-9a-f]{4}", "/XX.YYYY")
                .replace(UUID, "UUID").replaceAll("/vfio\\d+/", "/vfioN/")
                .replaceAll("/drivers/[^/]+/", "/drivers/DRIVER/").replaceAll("/s390/s390_[^/]+/", "/s390/EVENT/");
    }

    private static Map<String, String> documented() throws IOException {
        Map<String, String> modes = new HashMap<>();
        String[] directories = {};
        for (String line : Files.readAllLines(Programs.ROOT.resolve("docs/sysfs.md"))) {
            if (line.startsWith("## ")) {
                directories = line.startsWith("## /") ? line.substring(3).split(", ") : new String[]{};
            }
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                for (String directory : directories) {
                    modes.put(directory + "/" + row.group(1), row.group(2));
                }
            }
        }
        return modes;
    }
}
