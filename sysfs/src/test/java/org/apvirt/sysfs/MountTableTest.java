// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/** On the text that Linux 6.18 gives. */
class MountTableTest {
    private static final String TEXT = """
            26 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
            22 26 0:21 / /sys rw,relatime shared:7 - sysfs sysfs rw
            31 22 0:28 / /sys/fs/cgroup ro,nosuid,noexec,relatime shared:8 master:1 - cgroup2 cgroup2 rw
            70 80 0:51 / /mnt/a\\040b rw,nosuid,nodev,relatime - fuse.apvirt apvirt rw,user_id=0
            80 26 0:50 / /mnt/a\\040b rw,relatime - tmpfs tmpfs rw
            """;
    private final MountTable table = MountTable.of(TEXT);

    @Test
    void theUppermostOfSeveralIsMetWhateverTheirOrder() {
        MountTable.Mount top = table.top(Path.of("/mnt/a b"));
        assertEquals(new MountTable.Mount(70, 80, Path.of("/mnt/a b"),
                List.of("rw", "nosuid", "nodev", "relatime"), "fuse.apvirt"), top);
        assertEquals(true, top.isOurs());
    }

    @Test
    void optionalFieldsAreSkipped() {
        assertEquals("cgroup2", table.top(Path.of("/sys/fs/cgroup")).type());
        assertEquals(List.of(22, 31),
                table.in(Set.of(Path.of("/sys"), Path.of("/mnt/a"))).stream().map(MountTable.Mount::id).toList());
    }

    @Test
    void optionsAreThoseOfMount2() {
        assertEquals(1 | 2 | 8 | 1 << 21, table.top(Path.of("/sys/fs/cgroup")).flags());
        assertEquals(1 << 24, MountTable.of("1 0 0:1 / / rw - tmpfs none rw").top(Path.of("/")).flags());
    }

    @Test
    void aPlainDirectoryHasNone() {
        assertNull(table.top(Path.of("/sys/fs")));
        assertNull(table.byId(99));
    }
}
