// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** {@code .ci/same-replays} in a checkout whose apvirt is played. */
class SameReplaysScriptTest {
    private static final String ALL_AGREE = "echo \"a.json: 2 of 2 agree\"; echo \"2 of 2 answers agree, 0 not run\"\n";

    @TempDir
    private Path checkout;

    private Programs.Output runs(String apvirt, String... arguments) throws IOException, InterruptedException {
        Files.createDirectories(checkout.resolve(".ci"));
        Path script = checkout.resolve(".ci/same-replays");
        Files.deleteIfExists(script);
        Files.copy(Programs.ROOT.resolve(".ci/same-replays"), script);
        Path program = Files.writeString(checkout.resolve("apvirt"), "#!/bin/sh\necho \"$@\" >>asked\n" + apvirt);
        program.toFile().setExecutable(true);
        List<String> command = new ArrayList<>(List.of("bash", script.toString()));
        command.addAll(List.of(arguments));
        return Programs.run(command);
    }

    @Test
    void runsThatAllAnswerTheSameAreOneLine() throws Exception {
        Programs.Output output = runs(ALL_AGREE, "3", "a.json", "b.json");
        assertEquals("3 status 0 # 2 of 2 answers agree, 0 not run\n", output.text().replaceAll("[0-9a-f]{16}", "#"));
        assertEquals(0, output.status());
        assertEquals("replay --all-differences a.json b.json\n".repeat(3), Files.readString(checkout.resolve("asked")));
    }

    @Test
    void aRunThatDiffersInOneWordFailsThoughItsTotalIsTheSame() throws Exception {
        Programs.Output output = runs("[ \"$(wc -l <asked)\" -ne 2 ] || echo step 7 >&2\n" + ALL_AGREE, "4", "a.json");
        assertEquals(1, output.status());
        assertEquals(List.of("1", "3"), output.text().lines().map(line -> line.substring(0, 1)).sorted().toList());
    }

    @Test
    void aRunThatFailsIsTold() throws Exception {
        assertEquals("2 status 2", runs("echo apvirt: no file; exit 2", "2", "a.json").text().substring(0, 10));
        assertEquals(2, runs(ALL_AGREE, "0").status());
    }
}
