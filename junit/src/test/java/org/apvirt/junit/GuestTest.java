// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Uevent;
import org.apvirt.host.Host;
import org.apvirt.running.MachineControl;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

// The methods of README.md stand here as they stand there.
@ApHost(machine = """
        level: linux-6.12
        adapters: {5: CEX5C, 6: CEX5A}
        usage-domains: [4, 0x47]
        guests:
          database: {adapters: [5], domains: [4]}
          web: {adapters: [6], domains: [0x47]}
        """)
class GuestTest {
    @Test
    void theGuestSeesItsOwnQueues(@Guest("database") @Sys Path sys) throws IOException {
        assertTrue(Files.exists(sys.resolve("devices/ap/card05/05.0004")));
        assertFalse(Files.exists(sys.resolve("devices/ap/card06")));
    }

    @Test
    void aCardFailsUnderTheHost(MachineControl control, VirtualTime time, Host host,
            @Uevents List<Uevent> uevents, @KernelLog List<String> log) throws Exception {
        control.checkstop(5, true);
        host.write("/sys/bus/ap/scans", "1");
        assertEquals("1\n", host.read("/sys/devices/ap/card05/chkstop"));
        control.unplug(6);
        host.write("/sys/bus/ap/scans", "1");
        assertTrue(uevents.stream().map(Uevent::toString)
                .anyMatch(event -> event.startsWith("remove@/devices/ap/card06")));
        assertTrue(log.stream().anyMatch(line -> line.contains("vfio_ap")), log::toString);
    }

    @Test
    void twoGuestsRunBesideEachOther(@Guest("database") Host database, @Guest("web") Host web,
            @Guest("web") Host again) {
        assertThrows(ErrnoException.class, () -> web.read("/sys/devices/ap/card05/type"));
        assertThrows(ErrnoException.class, () -> database.read("/sys/devices/ap/card06/type"));
        assertEquals(web, again);
    }

    @Test
    void eachTestStartsWithoutGuests(@Sys Path sys) throws IOException {
        try (var mdevs = Files.list(sys.resolve("bus/mdev/devices"))) {
            assertEquals(List.of(), mdevs.toList());
        }
    }
}
