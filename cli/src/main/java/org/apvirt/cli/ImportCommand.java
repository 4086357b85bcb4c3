// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
    private static final int BEGIN = 1 << 13; // bytes: comments may come before the first device of a record

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR|TAR|RECORD", description = "The tree; -: a tar or record on standard input.")
    private Path source;

    @Option(names = "--level", converter = LevelOption.class, completionCandidates = LevelOption.Names.class, description = "Kernel that the file names: ${COMPLETION-CANDIDATES}; default: the one that has these attributes.")
    private @Nullable Level level;

    @Override
    public Integer call() throws FileFormatException {
        TreeImport.Imported imported = TreeImport.of(tree(), name(), level);
        PrintWriter out = spec.commandLine().getOut();
        out.print(imported.machineFile());
        out.flush();
        imported.notTaken().forEach(line -> Apvirt.say(spec, "not taken over: " + Printable.line(line)));
        return Apvirt.DONE;
    }

    private SysTree tree() throws FileFormatException {
        if (!Input.isStandard(source) && Files.isDirectory(source)) {
            return TreeFiles.read(source);
        }
        try (InputStream in = new BufferedInputStream(
                Input.isStandard(source) ? System.in : Files.newInputStream(source), BEGIN)) {
            in.mark(BEGIN);
            boolean record = UmockdevRecord
                    .begins(new String(in.readNBytes(BEGIN), StandardCharsets.ISO_8859_1)
                            .replaceFirst("^\u00ef\u00bb\u00bf", ""));
            in.reset();
            return record ? UmockdevRecord.read(InputFile.text(in, name())) : TreeTar.read(in);
        } catch (IOException e) {
            throw new FileFormatException(name(), InputFile.reason(e));
        }
    }

    private String name() {
        return Input.isStandard(source) ? "standard input" : source.toString();
    }
}
