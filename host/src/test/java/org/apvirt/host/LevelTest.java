// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.apvirt.ap.ApQuirk;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Quirk;
import org.apvirt.vfio.VfioQuirk;
import org.apvirt.vfioap.VfioApQuirk;
import org.apvirt.zcrypt.ZcryptQuirk;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class LevelTest {
    private static Stream<Quirk> quirks() {
        return Stream
                .<Quirk[]>of(DeviceQuirk.values(), ApQuirk.values(), ZcryptQuirk.values(), VfioQuirk.values(),
                        VfioApQuirk.values())
                .flatMap(Arrays::stream);
    }

    @Test
    void theTablesOfTheDocumentSayWhatEachKernelDoes() throws IOException {
        TreeSet<String> expected = new TreeSet<>();
        quirks().forEach(quirk -> {
            List<String> row = new ArrayList<>(List.of('`' + quirk.toString() + '`'));
            for (Level level : Level.values()) {
                row.add(level.has(quirk) ? "yes" : "–");
            }
            expected.add(String.join(" ", row));
        });
        TreeSet<String> printed = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("../docs/levels.md"))) {
            String[] cells = line.split("(?<!\\\\)\\|");
            if (cells.length == 3 + Level.values().length && cells[1].matches(" `[A-Z_0-9]+` ")) {
                List<String> row = new ArrayList<>(List.of(cells[1].trim()));
                for (int i = 3; i < cells.length; i++) {
                    row.add(cells[i].trim());
                }
                printed.add(String.join(" ", row));
            }
        }

        assertEquals(String.join("\n", expected), String.join("\n", printed));
    }

    @Test
    void eachLevelIsFoundByItsName() {
        for (Level level : Level.values()) {
            assertEquals(level, Level.parse(level.toString()));
        }
        assertEquals("unknown level 'linux-5.0' (use seed, linux-6.1, linux-6.12, linux-7.2, linux-7.3 or next)",
                assertThrows(IllegalArgumentException.class, () -> Level.parse("linux-5.0")).getMessage());
    }
}
