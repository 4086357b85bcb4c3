// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.util.List;
import java.util.stream.Collectors;

import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The completion of fish: one {@code complete} per command, option and fixed word, each with the command that it belongs to. */
final class FishCompletion {
    private final StringBuilder script = new StringBuilder();
    private final CommandModel program;

    private FishCompletion(CommandModel program) {
        this.program = program;
    }

    /** Writes the script. */
    static String of(CommandModel program) {
        return new FishCompletion(program).write();
    }

    private String write() {
        String known = program.all().map(CommandModel::words).filter(words -> words.contains(" "))
                .map(FishCompletion::quoted).collect(Collectors.joining(" "));
        script.append("""
                # Tells whether the words so far are those of a command, and no command below it.
                function __apvirt_at
                    set -l words (commandline -opc)
                    set -l at apvirt
                    for word in $words[2..]
                        test "$word" = --; and break
                        contains -- "$at $word" %s; and set at "$at $word"
                    end
                    test "$at" = "$argv"
                end
                # Completes the program behind apvirt exec MACHINE --.
                function __apvirt_program
                    set -l words (commandline -opc) (commandline -ct)
                    set -l at (contains -i -- -- $words); or return 1
                    complete -C (string join -- ' ' $words[(math $at + 1)..])
                end
                complete -c apvirt -f
                """.formatted(known));
        program.all().forEach(this::command);
        script.append(
                "complete -c apvirt -n 'contains -- -- (commandline -opc); and __apvirt_at apvirt exec' -a '(__apvirt_program)'\n");
        return script.toString();
    }

    private void command(CommandModel command) {
        for (CommandModel below : command.commands()) {
            complete(command).append(" -a ").append(below.name()).append(" -d ").append(quoted(below.summary()))
                    .append('\n');
        }
        command.options().forEach(option -> option(command, option));
        for (ArgSpec parameter : command.parameters()) {
            List<String> words = CommandModel.candidates(parameter);
            if (!words.isEmpty()) {
                complete(command).append(" -a ").append(quoted(String.join(" ", words))).append('\n');
            } else if (CommandModel.isFile(parameter)) {
                complete(command).append(" -F\n");
            }
        }
    }

    private void option(CommandModel command, OptionSpec option) {
        StringBuilder line = complete(command);
        for (String name : option.names()) {
            line.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
        }
        List<String> words = CommandModel.candidates(option);
        if (option.arity().max() > 0) {
            line.append(words.isEmpty()
                    ? CommandModel.isFile(option) ? " -r -F" : " -x"
                    : " -x -a " + quoted(String.join(" ", words)));
        }
        line.append(" -d ").append(quoted(command.description(option))).append('\n');
    }

    private StringBuilder complete(CommandModel command) {
        return script.append("complete -c apvirt -n '__apvirt_at ").append(command.words()).append('\'');
    }

    private static String quoted(String text) {
        return '\'' + text.replace("\\", "\\\\").replace("'", "\\'") + '\'';
    }
}
