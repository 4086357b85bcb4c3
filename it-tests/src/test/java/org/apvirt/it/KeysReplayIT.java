// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.apvirt.machine.FileFormatException;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Every message that the pkey of two real kernels sent to cards is given to ours, in the recorded state: requests are
 * understood, and answers are alike in all that can be compared. So are the errnos and blocks that z90crypt and a node of its
 * own gave programs.
 */
class KeysReplayIT {
    private static final int MESSAGES = 8768;
    private static final Path RECORDINGS = Path.of("recordings/keys");

    static Stream<Path> recordings() throws IOException {
        return Files.walk(RECORDINGS).filter(file -> file.toString().endsWith(".json")).sorted();
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void everyRecordedAnswerIsOurs(Path file) throws FileFormatException {
        Replay.Result result = Replay.run(Scenario.read(file), null);

        assertEquals(List.of(), result.disagreements().stream()
                .map(it -> file.getFileName() + " " + it.step().number() + " " + it.difference()).toList());
    }

    @Test
    void noMessageIsLeftOut() throws Exception {
        int messages = 0;
        for (Path file : recordings().toList()) {
            messages += Scenario.read(file).steps().stream().mapToInt(step -> step.messages().size()).sum();
        }
        assertEquals(MESSAGES, messages);
    }
}
