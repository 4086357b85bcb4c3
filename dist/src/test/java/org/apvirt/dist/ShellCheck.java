// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a shell says to a script. */
final class ShellCheck {
    private ShellCheck() {}

    static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** Skips the test where the shell is not installed, unless it is promised: {@code -Dclients.required=true}. */
    static void reads(String shell, Path script) throws Exception {
        if (!Boolean.getBoolean("clients.required")) {
            Assumptions.assumeTrue(isInstalled(shell), shell + " is not installed");
        }
        assertTrue(isInstalled(shell), shell + " is not installed");
        Process process = new ProcessBuilder(shell, "-n", script.toString()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), said);
        assertEquals("", said);
    }
}
