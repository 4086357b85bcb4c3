// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apvirt.it.documents.Block;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A guest goes from the machine of one process to that of another, as docs/migration.md prints it. */
class MigrationIT {
    @TempDir
    private Path directory;
    private final List<Process> machines = new ArrayList<>();
    private final List<String> sockets = new ArrayList<>();

    @BeforeEach
    void twoMachinesRun() throws Exception {
        ExecutedProgram.requireFuse();
        assumeTrue("root".equals(System.getProperty("user.name")), "mounting for everybody needs root");
        for (String host : List.of("a", "b")) {
            Path point = Files.createDirectory(directory.resolve(host));
            Process machine = new ProcessBuilder(ExecutedProgram.apvirt("mount", "../examples/host-" + host + ".yaml",
                    point.toString())).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            machines.add(machine);
            String line = machine.inputReader().readLine();
            assertTrue(line != null && line.contains(" --socket "), line);
            sockets.add(line.replaceAll(".* --socket (.*) help$", "$1"));
        }
        Path program = directory.resolve("apvirt");
        StringBuilder words = new StringBuilder("#!/bin/sh\nexec");
        ExecutedProgram.apvirt().forEach(word -> words.append(" '").append(word).append('\''));
        Files.writeString(program, words.append(" \"$@\"\n"));
        assertTrue(program.toFile().setExecutable(true));
    }

    @AfterEach
    void theyEnd() throws Exception {
        for (Process machine : machines) {
            machine.destroy();
            assertTrue(machine.waitFor(20, TimeUnit.SECONDS));
        }
    }

    private String run(String command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", command).directory(Programs.ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().put("PATH", directory + ":" + System.getenv("PATH"));
        builder.environment().put("A", sockets.get(0));
        builder.environment().put("B", sockets.get(1));
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "no end: " + command);
        return Files.readString(directory.resolve("out"));
    }

    @Test
    @Timeout(120)
    void aGuestGoesFromOneProcessToAnotherAsThePagePrintsIt() throws Exception {
        for (Block.Command command : Block.find("docs/migration.md", "migrate guest1 --to").commands()) {
            assertEquals(String.join("\n", command.printed()),
                    run(command.words()).replace(sockets.get(1), "$B").strip(),
                    command.words());
        }
    }
}
