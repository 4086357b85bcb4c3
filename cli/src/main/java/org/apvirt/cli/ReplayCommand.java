// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.apvirt.machine.Json;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Replay.Disagreement;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt replay}: plays scenarios and compares the answers. */
@Command(name = "replay", mixinStandardHelpOptions = true, description = {
        "Plays recorded or written scenarios against this implementation.",
        "Prints the agreement of each file and the first difference in full. Exit status 0: all answers that ran"
                + " agree."})
final class ReplayCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Scenario, or a directory of scenarios.")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel to play: ${COMPLETION-CANDIDATES}; default: the one each file names.")
    private @Nullable Level level;

    @Option(names = "--strict", description = "Answers that could not run count as failure too.")
    private boolean strict;

    @Option(names = "--all-differences", description = "Prints each disagreement, not only the first of all.")
    private boolean allDifferences;

    @Option(names = "--quiet", description = "Prints files that agree only in the total.")
    private boolean quiet;

    @Option(names = "--json", description = "Prints one JSON object per file, and one for the total.")
    private boolean json;

    @Option(names = "--programs", paramLabel = "DIR", description = "Runs lszcrypt and chzcrypt of DIR/usr/sbin on a mount of the played host; / takes those of this system.")
    private @Nullable Path programs;

    @Option(names = "--known", paramLabel = "FILE", description = {
            "Leaves out the disagreements that FILE lists: RECORDING STEP, one a line. Default: "
                    + KnownDisagreements.NAME
                    + " beside the recording or in the directory above; /dev/null: none."})
    private @Nullable Path known;

    private boolean shown;

    @Override
    public Integer call() throws FileFormatException {
        try {
            KnownDisagreements leftOut = known == null ? KnownDisagreements.beside() : KnownDisagreements.of(known);
            if (programs == null) {
                return replay(Replay.Programs.NONE, leftOut);
            }
            try (CryptoTools tools = CryptoTools.below(programs)) {
                return replay(tools, leftOut);
            }
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        } catch (UncheckedIOException e) { // out of a program's run
            return Apvirt.refused(spec, e.getCause());
        }
    }

    private int replay(Replay.Programs tools, KnownDisagreements leftOut) throws FileFormatException {
        try (Progress progress = Progress.of(spec.qualifiedName())) {
            return replay(tools, leftOut, progress);
        }
    }

    private int replay(Replay.Programs tools, KnownDisagreements leftOut, Progress progress)
            throws FileFormatException {
        PrintWriter out = spec.commandLine().getOut();
        int agree = 0;
        int total = 0;
        int notRun = 0;
        int left = 0;
        List<Path> scenarios = scenarios();
        for (Path file : scenarios) {
            progress.at((scenarios.indexOf(file) + 1) + " of " + scenarios.size() + " files, " + file);
            Replay.Result whole = Replay.run(Input.scenario(file), level, tools);
            progress.hide();
            if (whole.total() + whole.notRun() == 0) {
                Apvirt.say(spec, file + ": no answer is recorded in it, so nothing was compared (apvirt record --kernel"
                        + " KERNEL " + file + " asks a real kernel)");
            }
            Replay.Result result = leftOut.without(whole);
            int leftHere = whole.total() - result.total();
            left += leftHere;
            agree += result.agree();
            total += result.total();
            notRun += result.notRun();
            if (json) {
                out.println(Json.text(plain(result, leftHere)));
            } else {
                print(out, result, leftHere);
            }
            out.flush();
        }
        if (json) {
            out.println(Json.text(counts(agree, total, notRun, left)));
        } else {
            out.println(agree + " of " + total + " answers agree, " + notRun + " not run" + knownText(left));
        }
        return agree == total && (!strict || notRun == 0) ? Apvirt.DONE : Apvirt.REFUSED;
    }

    private List<Path> scenarios() throws FileFormatException {
        List<Path> scenarios = new ArrayList<>();
        for (Path file : files) {
            if (!Files.isDirectory(file)) {
                scenarios.add(file);
                continue;
            }
            try (Stream<Path> tree = Files.walk(file)) {
                tree.filter(path -> path.toString().matches(".*\\.(?:json|ya?ml)") && Files.isRegularFile(path))
                        .sorted().forEach(scenarios::add);
            } catch (IOException | UncheckedIOException e) {
                throw new FileFormatException(file.toString(), "cannot be listed: "
                        + InputFile.reason(
                                e instanceof UncheckedIOException unchecked ? unchecked.getCause() : (IOException) e));
            }
        }
        return scenarios;
    }

    private void print(PrintWriter out, Replay.Result result, int left) {
        if (quiet && result.disagreements().isEmpty()) {
            return;
        }
        out.println(result.file() + ": " + result.agree() + " of " + result.total() + " agree"
                + (result.notRun() == 0 ? "" : ", " + result.notRun() + " not run") + knownText(left));
        for (Disagreement disagreement : result.disagreements()) {
            if (allDifferences || !shown) {
                shown = true;
                out.println("  step " + disagreement.step().number() + " (line " + disagreement.step().line() + ") "
                        + disagreement.step().action().toString().replace("\n", "\\n"));
                out.println(disagreement.difference().toString().indent(4).stripTrailing());
            }
        }
    }

    /** What is left out is said: it is neither agreement nor silence. */
    private static String knownText(int left) {
        return left == 0 ? "" : ", " + left + " known to disagree";
    }

    private static Map<String, Object> counts(int agree, int total, int notRun, int left) {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("agree", agree);
        plain.put("total", total);
        plain.put("notRun", notRun);
        plain.put("known", left);
        return plain;
    }

    private static Map<String, Object> plain(Replay.Result result, int left) {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("file", result.file());
        plain.putAll(counts(result.agree(), result.total(), result.notRun(), left));
        plain.put("disagreements", result.disagreements().stream().map(it -> {
            Map<String, @Nullable Object> fields = new LinkedHashMap<>();
            fields.put("step", it.step().number());
            fields.put("line", it.step().line());
            fields.put("action", it.step().action().toString());
            fields.put("where", it.difference().where());
            fields.put("recorded", it.difference().recorded());
            fields.put("answered", it.difference().answered());
            return fields;
        }).toList());
        return plain;
    }
}
