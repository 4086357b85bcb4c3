// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.apvirt.replay.Replay;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Lists of answers whose disagreement has a known cause in the recording. A line names a recording by the last two names of
 * its path and a step, for example {@code linux-6.12/h01_lszcrypt.json 49}; {@code #} begins a comment. Unless one list is
 * named for all, a recording has the list in its directory, or in the directory above.
 */
final class KnownDisagreements {
    /** The name of a list beside recordings. */
    static final String NAME = "known-disagreements.txt";
    private static final Pattern LINE = Pattern.compile("\\S+ \\d+");

    private final @Nullable Set<String> all;
    private final Map<Path, Set<String>> byDirectory = new HashMap<>();

    private KnownDisagreements(@Nullable Set<String> all) {
        this.all = all;
    }

    /** The lists beside the recordings. */
    static KnownDisagreements beside() {
        return new KnownDisagreements(null);
    }

    /**
     * One list for all recordings.
     *
     * @throws FileFormatException the file cannot be read, or a line names no recording and step
     */
    static KnownDisagreements of(Path file) throws FileFormatException {
        return new KnownDisagreements(read(file));
    }

    private static Set<String> read(Path file) throws FileFormatException {
        Set<String> lines = new HashSet<>();
        int number = 0;
        for (String line : InputFile.text(file).lines().toList()) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (!LINE.matcher(line).matches()) {
                throw new FileFormatException(file + ":" + number, "'" + line + "' is no recording and step (write for"
                        + " example: linux-6.12/h01_lszcrypt.json 49)");
            }
            lines.add(line);
        }
        return lines;
    }

    private Set<String> linesFor(Path recording) throws FileFormatException {
        Path directory = recording.getParent();
        for (int up = 0; all == null && directory != null && up < 2; up++) {
            Path list = directory.resolve(NAME);
            if (Files.isRegularFile(list)) {
                Set<String> lines = byDirectory.get(directory);
                if (lines == null) {
                    lines = read(list);
                    byDirectory.put(directory, lines);
                }
                return lines;
            }
            directory = directory.getParent();
        }
        return all == null ? Set.of() : all;
    }

    /**
     * Returns a result without the answers that disagree and are on the list.
     *
     * @throws FileFormatException the list cannot be read
     */
    Replay.Result without(Replay.Result result) throws FileFormatException {
        Path file = Path.of(result.file()).toAbsolutePath().normalize();
        String name = file.subpath(Math.max(0, file.getNameCount() - 2), file.getNameCount()).toString();
        Set<String> lines = linesFor(file);
        List<Replay.Disagreement> unknown = result.disagreements().stream()
                .filter(it -> !lines.contains(name + ' ' + it.step().number())).toList();
        int leftOut = result.disagreements().size() - unknown.size();
        return new Replay.Result(result.file(), result.agree(), result.total() - leftOut, result.notRun(), unknown);
    }
}
