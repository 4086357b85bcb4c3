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
 * understood, and answers are alike in all that can be compared.
 */
class KeysReplayIT {
    private static final int MESSAGES = 8768;
    private static final Path RECORDINGS = Path.of("recordings/keys");
    /** A usage request for a control domain: the recorder's card let it use the keys of that domain, ours says 8/90. */
    private static final List<String> CONTROL_DOMAIN_HAS_NO_USAGE = List.of("ka_cca.json 23", "ka_cca.json 62");

    static Stream<Path> recordings() throws IOException {
        return Files.walk(RECORDINGS).filter(file -> file.toString().endsWith(".json")).sorted();
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void everyRecordedMessageIsAnsweredAlike(Path file) throws FileFormatException {
        Replay.Result result = Replay.run(Scenario.read(file), null);

        List<String> differing = result.disagreements().stream()
                .filter(it -> it.difference().where().startsWith("messages"))
                .map(it -> file.getFileName() + " " + it.step().number() + " " + it.difference())
                .filter(text -> CONTROL_DOMAIN_HAS_NO_USAGE.stream().noneMatch(text::startsWith)).toList();
        assertEquals(List.of(), differing);
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
