// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import org.apvirt.arch.Printable;
import org.apvirt.machine.FileFormatException;
import org.apvirt.record.KernelImage;
import org.apvirt.record.Recorder;
import org.apvirt.replay.Recording;
import org.apvirt.replay.RecordingComparison;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt record}: what a real kernel answers. */
@Command(name = "record", mixinStandardHelpOptions = true, description = {
        "Plays a scenario inside a real s390x kernel in QEMU and writes what it answers as a scenario.",
        "Answers that the scenario has already are replaced; how many are the same is said at the end."})
final class RecordCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SCENARIO", description = "A machine and steps, in JSON or YAML.")
    private Path scenario;

    @Option(names = "--kernel", required = true, paramLabel = "FILE", description = "The kernel's image.")
    private Path kernel;

    @Option(names = "--initrd", paramLabel = "FILE", description = "An initramfs with what sh steps run, and perhaps the modules. Its own init is not started. Default: none.")
    private @Nullable Path initrd;

    @Option(names = "--modules", paramLabel = "DIR", description = "Where the kernel's modules are, packed or not, at any depth. Default: in the initramfs.")
    private @Nullable Path modules;

    @Option(names = "--load", split = ",", paramLabel = "MODULE", description = "Modules to load before the first step, in this order. Default: what modules.dep says that the scenario's modules need.")
    private List<String> load = new ArrayList<>();

    @Option(names = "--leave-out-missing", description = "Leaves out the steps about modules that the kernel does not have. Default: such a scenario is refused.")
    private boolean leaveOutMissing;

    @Option(names = "--append", paramLabel = "TEXT", description = "More for the kernel's command line.")
    private String parameters = "";

    @Option(names = "--qemu", paramLabel = "PROGRAM", description = "Default: ${DEFAULT-VALUE}.")
    private String qemu = "qemu-system-s390x";

    @Option(names = {"-o", "--output"}, paramLabel = "FILE", description = "Default: standard output.")
    private @Nullable Path output;

    @Option(names = "--boot-timeout", paramLabel = "SECONDS", description = "How long the guest may take to boot. Default: ${DEFAULT-VALUE}.")
    private int bootSeconds = 120;

    @Option(names = "--all-differences", description = "Prints each answer that the scenario had otherwise, not only how many.")
    private boolean allDifferences;

    private volatile @Nullable Progress progress; // while the guest runs

    @Override
    public Integer call() throws FileFormatException {
        KernelImage image = new KernelImage(kernel, initrd, modules, load, qemu, parameters, bootSeconds);
        Recorder recorder = new Recorder(image, this::say);
        if (leaveOutMissing) {
            recorder.leavingOutMissingModules();
        }
        try {
            Path directory = output == null ? null : output.toAbsolutePath().getParent();
            if (directory != null && !Files.isWritable(directory)) {
                throw new IOException(output + ": its directory does not exist or cannot be written");
            }
            Recording recording;
            try (Progress waiting = Progress.of("apvirt")) {
                progress = waiting;
                waiting.at("the guest boots and plays " + scenario);
                recording = recorder.record(scenario);
            } finally {
                progress = null;
            }
            String text = recording.text();
            if (output == null) {
                spec.commandLine().getOut().print(text);
                spec.commandLine().getOut().flush();
            } else {
                Files.writeString(output, text);
            }
            compare(recording.scenario(), Scenario.parse(text, "the recording"));
            return Apvirt.DONE;
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
    }

    private void say(String line) {
        Progress waiting = progress;
        if (waiting != null) {
            waiting.hide();
        }
        spec.commandLine().getErr().println("apvirt: " + Printable.message(line));
        spec.commandLine().getErr().flush();
    }

    private void compare(Scenario before, Scenario after) {
        Replay.Result result = RecordingComparison.compare(before, after);
        if (result.total() + result.notRun() > 0) {
            say(result.agree() + " of " + result.total() + " answers are those of " + before.file() + ", "
                    + result.notRun() + " left out");
        }
        for (Replay.Disagreement it : allDifferences ? result.disagreements() : List.<Replay.Disagreement>of()) {
            say("line " + it.step().line() + ' ' + it.step().action().toString().replace("\n", "\\n"));
            spec.commandLine().getErr().println(it.difference().toString().indent(2).stripTrailing());
        }
    }
}
