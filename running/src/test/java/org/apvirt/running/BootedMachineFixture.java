// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Level;
import org.apvirt.machine.AdapterNames;
import org.apvirt.running.ControlException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A machine that runs, with two cards and two domains. */
abstract class BootedMachineFixture {
    static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    static final String MATRIX = "/sys/devices/vfio_ap/matrix/";
    @TempDir
    Path directory;
    RunningMachine running;
    MachineControl control;

    @BeforeEach
    void boot() throws Exception {
        boot("level: linux-6.12\nadapters: {5: CEX5C, 6: CEX5A}\nusage-domains: [4, 0x47]\n", null);
    }

    void boot(String text, Level level) throws Exception {
        Path file = Files.writeString(directory.resolve("machine.yaml"), text);
        running = RunningMachine.boot(file, level);
        control = running.control();
    }

    static ControlException refused(Reason reason, String argument, Executable request) {
        ControlException e = assertThrows(ControlException.class, request);
        assertEquals(reason, e.reason(), e.getMessage());
        assertEquals(argument, e.argument(), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        return e;
    }

    void plug(int apid, String type) throws ControlException {
        control.plug(AdapterNames.adapter(apid, type));
    }

    Errno errno(Executable request) {
        return assertThrows(ErrnoException.class, request).errno();
    }

    void createDevice() throws Exception {
        control.write("/sys/bus/ap/apmask", "-5");
        control.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
        control.write(MATRIX + UUID + "/assign_adapter", "5");
        control.write(MATRIX + UUID + "/assign_domain", "4");
    }
}
