package org.apvirt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apvirt.host.Replay;

/**
 * A list of answers whose disagreement has a known cause in the recording. A line names a recording by the last two names
 * of its path and a step, for example {@code linux-6.12/h01_lszcrypt.json 49}; {@code #} begins a comment.
 */
final class KnownDisagreements {
    /** The list with nothing on it. */
    static final KnownDisagreements NONE = new KnownDisagreements(Set.of());

    private final Set<String> lines;

    private KnownDisagreements(Set<String> lines) {
        this.lines = lines;
    }

    /**
     * Reads a list.
     *
     * @throws IOException the file cannot be read, or a line names no recording and step
     */
    static KnownDisagreements read(Path file) throws IOException {
        Set<String> lines = new HashSet<>();
        int number = 0;
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                number++;
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (!line.matches("\\S+ \\d+")) {
                    throw new IOException(file + ":" + number + ": '" + line + "' is no recording and step (write for"
                            + " example: linux-6.12/h01_lszcrypt.json 49)");
                }
                lines.add(line);
            }
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file", e);
        }
        return new KnownDisagreements(lines);
    }

    /** Returns a result without the answers that disagree and are on the list. */
    Replay.Result without(Replay.Result result) {
        Path file = Path.of(result.file()).toAbsolutePath();
        String name = file.subpath(Math.max(0, file.getNameCount() - 2), file.getNameCount()).toString();
        List<Replay.Disagreement> unknown = result.disagreements().stream()
                .filter(it -> !lines.contains(name + ' ' + it.step().number())).toList();
        int leftOut = result.disagreements().size() - unknown.size();
        return new Replay.Result(result.file(), result.agree(), result.total() - leftOut, result.notRun(), unknown);
    }
}
