// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.arch.VirtualTime;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.it.Programs;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real gdb stubs that are not of an s390x machine. */
class WrongStubIT {
    @TempDir
    private Path temporary;

    private void isRefused(String... command) throws Exception {
        Programs.require("qemu.required", Programs.isInstalled(command[0]),
                command[0] + " is missing: apt-get install qemu-system-misc qemu-user-static");
        Path socket = temporary.resolve("gdb");
        Process qemu = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(temporary.resolve("said").toFile()).start();
        try {
            for (int i = 0; i < 1000 && !Files.exists(socket) && qemu.isAlive(); i++) {
                Thread.sleep(10);
            }
            assertTrue(Files.exists(socket), () -> command[0] + " does not listen");
            SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).build();
            IOException refusal = assertThrows(IOException.class,
                    () -> AttachedGuest.attach(socket.toString(), machine.platform(), line -> {}));
            assertEquals("the gdb stub at " + socket + " is not that of an s390x guest", refusal.getMessage());
        } finally {
            qemu.destroyForcibly().waitFor();
        }
    }

    @Test
    void aMachineOfAnotherArchitectureIsRefused() throws Exception {
        isRefused("qemu-system-m68k", "-M", "none", "-cpu", "m68040", "-display", "none", "-S", "-chardev",
                "socket,id=gdb,server=on,wait=off,path=" + temporary.resolve("gdb"), "-gdb", "chardev:gdb");
    }

    @Test
    void aProgramOfTheRightArchitectureIsNoGuestEither() throws Exception {
        isRefused("qemu-s390x-static", "-g", temporary.resolve("gdb").toString(),
                StockGuest.program("rsa", temporary).toString());
    }
}
