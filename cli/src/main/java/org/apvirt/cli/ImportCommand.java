// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

import org.apvirt.arch.Printable;
import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.apvirt.tree.SysTree;
import org.apvirt.tree.TreeFiles;
import org.apvirt.tree.TreeImport;
import org.apvirt.tree.TreeTar;
import org.apvirt.tree.UmockdevRecord;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt import}: a machine file out of a /sys. */
@Command(name = "import", mixinStandardHelpOptions = true, description = {
        "Prints a machine file of what a /sys shows: cards, domains, masks, drivers, mediated devices, the patterns of keys.",
        "Takes /sys itself, a copy of it, a tar of one (also compressed by gzip), or a record of umockdev. What the machine of the file"
                + " does not show as it was read is said on standard error."}, footer = {"",
                        "Example: apvirt import /sys > machine.yaml"})
final class ImportCommand implements Callable<Integer> {
    private static final int BEGIN = 3;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR|TAR|RECORD")
    private Path source;

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel that the file names: ${COMPLETION-CANDIDATES}; default: the one that has these attributes.")
    private @Nullable Level level;

    @Override
    public Integer call() throws FileFormatException {
        TreeImport.Imported imported = TreeImport.of(tree(), source.toString(), level);
        PrintWriter out = spec.commandLine().getOut();
        out.print(imported.machineFile());
        out.flush();
        imported.notTaken().forEach(line -> Apvirt.say(spec, "not taken over: " + Printable.line(line)));
        return Apvirt.DONE;
    }

    private SysTree tree() throws FileFormatException {
        if (Files.isDirectory(source)) {
            return TreeFiles.read(source);
        }
        try (InputStream in = Files.newInputStream(source)) {
            byte[] begin = in.readNBytes(BEGIN);
            if (begin.length == BEGIN && begin[0] == 'P' && begin[1] == ':') {
                return UmockdevRecord.read(InputFile.text(source));
            }
        } catch (IOException e) {
            throw new FileFormatException(source.toString(), InputFile.reason(e));
        }
        try (InputStream in = Files.newInputStream(source)) {
            return TreeTar.read(in);
        } catch (IOException e) {
            throw new FileFormatException(source.toString(), InputFile.reason(e));
        }
    }
}
