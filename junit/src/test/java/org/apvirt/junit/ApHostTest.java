// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.Kernel;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@ApHost("two-cards.yaml")
class ApHostTest {
    @Test
    void aTestGetsTheSysOfItsHost(@Sys Path sys) throws IOException {
        assertEquals("CEX5C\n", Files.readString(sys.resolve("devices/ap/card05/type")));
        assertTrue(Files.isSymbolicLink(sys.resolve("bus/ap/devices/06.0047")));
    }

    @Test
    void aWriteReachesTheKernel(@Sys Path sys, Host host) throws Exception {
        Files.writeString(sys.resolve("bus/ap/config_time"), "77\n");
        assertEquals("77\n", host.read("/sys/bus/ap/config_time"));
    }

    @Test
    void eachTestHasItsOwnHost(@Sys Path sys) throws IOException {
        assertEquals("30\n", Files.readString(sys.resolve("bus/ap/config_time")));
    }

    @Test
    void aRefusalTellsTheErrno(@Sys Path sys) {
        SysfsException e = assertThrows(SysfsException.class,
                () -> Files.writeString(sys.resolve("bus/ap/config_time"), "x"));
        assertEquals(Errno.EINVAL, e.errno());
    }

    @Test
    void theHardwareCanChangeUnderIt(SimulatedMachine machine, Host host, @Sys Path sys) throws Exception {
        machine.removeAdapter(6);
        host.write("/sys/bus/ap/scans", "1");
        assertFalse(Files.exists(sys.resolve("devices/ap/card06")));
    }

    @Test
    void timeStandsStillInTheKernelOfTheFilesLevel(VirtualTime time, Kernel kernel, Host host) {
        assertEquals(time.nanos(), kernel.time().nanos());
        assertEquals(Level.LINUX_6_12, host.level());
    }

    @Test
    void aDirectoryOfTheTestIsNotTakenForSys(@TempDir Path directory) {
        assertTrue(Files.isDirectory(directory));
    }

    @Test
    @ApHost(machine = "{adapters: {9: CEX8P}, usage-domains: [0]}")
    void aMethodMayHaveAnotherMachine(@Sys Path sys) throws IOException {
        assertEquals("CEX8P\n", Files.readString(sys.resolve("devices/ap/card09/type")));
    }

    @Test
    @WithFault("{attribute: 05.0004/online, access: write, errno: EIO}")
    void aFaultIsInjectedBeforeTheTestLooks(@Sys Path sys) throws IOException {
        Path online = sys.resolve("bus/ap/devices/05.0004/online");
        SysfsException e = assertThrows(SysfsException.class, () -> Files.writeString(online, "0"));
        assertEquals(Errno.EIO, e.errno());
        Files.writeString(online, "0"); // once, unless it says otherwise
    }

    @Nested
    class Inside {
        @Test
        void aNestedClassHasTheMachineOfTheOuter(@Sys Path sys) {
            assertTrue(Files.exists(sys.resolve("devices/ap/card05")));
        }
    }

    @Test
    void aWrongMachineIsNamedWithItsPlace() {
        ExtensionConfigurationException e = assertThrows(ExtensionConfigurationException.class,
                () -> ApHostExtension.of("adapters: {5: CEX9Z}"));
        assertTrue(e.getMessage().startsWith("machine:1:"), e::getMessage);
    }
}
