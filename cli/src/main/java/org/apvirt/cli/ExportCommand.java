// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.tree.SysTree;
import org.apvirt.tree.TreeFiles;
import org.apvirt.tree.TreeTar;
import org.apvirt.tree.UmockdevRecord;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt export}: a machine's /sys as files. */
@Command(name = "export", mixinStandardHelpOptions = true, description = {
        "Boots a machine and writes what its /sys shows as plain files, with proc/sysinfo and, of a secure guest, sys/firmware/uv:"
                + " for tests of programs that take a directory instead of /sys.",
        "With - a tar comes on standard output."}, footer = {"",
                "Example: apvirt export machine.yaml - | tar -C testdata -x"})
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MACHINE", description = "Machine file.")
    private Path machine;

    @Parameters(index = "1", paramLabel = "DIR|-", description = "Directory that is empty or is to be made; -: standard output.")
    private Path target;

    @Option(names = "--umockdev", description = "Writes a record for umockdev-run on standard output instead; give -.")
    private boolean umockdev;

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel to play: ${COMPLETION-CANDIDATES}; default: the one the file names.")
    private @Nullable Level level;

    @Override
    public Integer call() throws FileFormatException {
        boolean out = target.toString().equals("-");
        if (umockdev && !out) {
            throw new ParameterException(spec.commandLine(), "--umockdev goes to standard output; give - for DIR");
        }
        if (out && !umockdev && Terminal.OUTPUT.isThere()) {
            throw new ParameterException(spec.commandLine(),
                    "a tar is nothing for a terminal; send it elsewhere (> copy.tar), or name a directory");
        }
        MachineFile file = MachineFile.read(machine, level);
        SimulatedMachine built = file.machine().build(new VirtualTime(), true);
        Host host = file.boot(built);
        SysTree tree = SysTree.of(host, built);
        try {
            if (umockdev) {
                PrintWriter text = spec.commandLine().getOut();
                text.print(UmockdevRecord.text(tree));
                text.flush();
            } else if (out) {
                OutputStream bytes = Terminal.OUTPUT.bytes();
                TreeTar.write(tree, bytes);
            } else {
                TreeFiles.write(tree, target);
            }
        } catch (IOException e) {
            if (LinuxCalls.isBrokenPipe(e.getMessage())) {
                return Apvirt.PIPE_CLOSED;
            }
            return Apvirt.refused(spec, e);
        }
        return Apvirt.DONE;
    }
}
