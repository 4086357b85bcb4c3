// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.cli.Apvirt;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Writes manual pages and completions below a directory, each where an installed program has it. */
public final class ProgramDocuments {
    private ProgramDocuments() {}

    /**
     * Writes them all.
     *
     * @param arguments the directory, for example {@code usr}, and the program's version
     */
    public static void main(String... arguments) throws IOException {
        write(Path.of(arguments[0]), arguments[1]);
    }

    static void write(Path directory, String version) throws IOException {
        CommandLine line = Apvirt.commandLine();
        put(directory, "share/bash-completion/completions/apvirt", bash(line));
        CommandModel program = CommandModel.of(line);
        for (CommandModel command : program.all().toList()) {
            put(directory, "share/man/man1/" + ManualPage.fileName(command),
                    ManualPage.of(command, program, version));
        }
        put(directory, "share/zsh/site-functions/_apvirt", ZshCompletion.of(program));
        put(directory, "share/fish/vendor_completions.d/apvirt.fish", FishCompletion.of(program));
    }

    /** Returns picocli's script without the moment at which it was made. */
    private static String bash(CommandLine line) {
        return AutoComplete.bash("apvirt", line).replaceAll("(?m)^# (?:Generated|Date).*\n", "");
    }

    private static void put(Path directory, String name, String text) throws IOException {
        Files.createDirectories(directory.resolve(name.substring(0, name.lastIndexOf('/'))));
        Files.writeString(directory.resolve(name), text);
    }
}
