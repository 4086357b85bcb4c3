// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What docs/control.md prints is what curl and Python print. */
class ControlDocumentIT {
    @TempDir
    private Path directory;
    private ControlServer server;

    @BeforeEach
    void open() throws Exception {
        RunningMachine running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4]
                """, "test"), "test.yaml");
        server = ControlServer.open(directory.resolve("control.sock"), running, "test");
    }

    @AfterEach
    void close() throws Exception {
        server.close();
    }

    private String run(String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().putAll(Map.of("APVIRT_CTL", server.path().toString()));
        Process process = builder.start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "no end");
        return Files.readString(directory.resolve("out"));
    }

    private static String block(String heading, String language) throws Exception {
        String page = Files.readString(Programs.ROOT.resolve("docs/control.md"));
        Matcher block = Pattern
                .compile("## " + heading + "\n\n<!--[^\n]*-->\n```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(page);
        assertTrue(block.find(), heading);
        return block.group(1);
    }

    @Test
    void curlPrintsWhatThePagePrints() throws Exception {
        Programs.require("clients.required", Programs.isInstalled("curl"), "curl is missing: apt-get install curl");
        List<String> lines = block("curl", "").lines().toList();
        for (int i = 0; i < lines.size(); i += 2) {
            assertTrue(lines.get(i).startsWith("$ "), lines.get(i));
            assertEquals(lines.get(i + 1) + "\n", run("sh", "-c", lines.get(i).substring(2)), lines.get(i));
        }
    }

    @Test
    void tenLinesOfPythonPrintTheOwners() throws Exception {
        Programs.require("clients.required", Programs.isInstalled("python3"),
                "python3 is missing: apt-get install python3");
        assertEquals("05.0004 host\n06.0004 host\n", run("python3", "-c", block("Python", "python")));
    }
}
