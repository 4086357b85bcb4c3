// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.plan.PlannedMdev;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What {@code apvirt attach} says without a guest; with one it is tried in the integration tests. */
class AttachCommandTest {
    @TempDir
    private Path directory;

    private CommandLineRun attach(String... more) throws Exception {
        Path plan = Files.writeString(directory.resolve("plan.yaml"), """
                adapters: {5: CEX5C}
                usage-domains: [4]
                guests:
                  one: {adapters: [5], domains: [4]}
                """);
        String[] arguments = new String[2 + more.length];
        arguments[0] = "attach";
        arguments[1] = plan.toString();
        System.arraycopy(more, 0, arguments, 2, more.length);
        return CommandLineRun.of(arguments);
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1:1234, 'is not on this computer (use a Unix socket or localhost:PORT)'",
            "/nowhere/gdb, 'no gdb stub at /nowhere/gdb: No such file or directory'"})
    void anAddressWithoutAStubIsRefusedInALine(String address, String why) throws Exception {
        CommandLineRun run = attach("--gdb", address);
        assertEquals(1, run.status());
        assertTrue(run.err().endsWith(why + "\n") && run.err().startsWith("apvirt attach: "), run.err());
    }

    @Test
    void aGuestMayBeNamedByTheUuidOfItsDevice() throws Exception {
        String uuid = PlannedMdev.uuidOf("one");
        CommandLineRun run = attach("--gdb", "/nowhere/gdb", "--guest", uuid);
        assertTrue(run.err().contains("apvirt: guest one: /sys/devices/vfio_ap/matrix/" + uuid + "\n"), run.err());
    }

    @Test
    void aGuestThatThePlanHasNotIsRefusedWithThoseItHas() throws Exception {
        CommandLineRun run = attach("--gdb", "/nowhere/gdb", "--guest", "two");
        assertEquals(1, run.status());
        assertTrue(run.err().contains(": no guest 'two' (guests: one; "), run.err());
    }

    @Test
    void aSecureGuestNeedsThePluginAndAMachineOfOneAndTheWholeOfIt() throws Exception {
        assertEquals(
                "apvirt attach: --secure: only the plugin answers the ultravisor's calls (--plugin SOCKET instead of --gdb)\n",
                attach("--gdb", "/nowhere/gdb", "--secure").err());
        String socket = directory.resolve("plugin").toString();
        CommandLineRun run = attach("--plugin", socket, "--secure");
        assertEquals(1, run.status());
        assertTrue(
                run.err()
                        .contains("plan.yaml is no machine of a Secure Execution guest (add secure-guest: true to it)"),
                run.err());
        assertTrue(attach("--plugin", socket, "--secure", "--guest", "one").err().contains("(leave --guest out)"));
    }
}
