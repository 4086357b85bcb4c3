// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * One command of the program as its documents see it.
 *
 * @param words the words that call it, for example {@code apvirt ctl plug}
 * @param spec what picocli knows of it
 * @param commands the commands below it that people may see
 */
record CommandModel(String words, CommandSpec spec, List<CommandModel> commands) {
    /** Reads the model of a program. */
    static CommandModel of(CommandLine program) {
        return of(program, program.getCommandName());
    }

    private static CommandModel of(CommandLine command, String words) {
        List<CommandModel> below = new ArrayList<>();
        command.getSubcommands().forEach((name, subcommand) -> {
            CommandSpec spec = subcommand.getCommandSpec();
            if (!spec.usageMessage().hidden() && name.equals(spec.name())) { // the other names are aliases
                below.add(of(subcommand, words + ' ' + name));
            }
        });
        return new CommandModel(words, command.getCommandSpec(), List.copyOf(below));
    }

    /** Returns this command and all below it. */
    Stream<CommandModel> all() {
        return Stream.concat(Stream.of(this), commands.stream().flatMap(CommandModel::all));
    }

    /** Returns the last of its words. */
    String name() {
        return words.substring(words.lastIndexOf(' ') + 1);
    }

    /** Returns its words with something between them. */
    String joined(String between) {
        return words.replace(" ", between);
    }

    /** Returns what it does, in paragraphs. */
    List<String> description() {
        return List.of(help().description().strip().split("\n")).stream().filter(line -> !line.isBlank()).toList();
    }

    /** Returns what it does in one sentence without its full stop. */
    String summary() {
        String first = String.join(" ", description()).replaceAll("\\s+", " ");
        int end = first.indexOf(". ");
        return (end < 0 ? first : first.substring(0, end)).replaceAll("\\.$", "");
    }

    /** Returns the options by their names, as help sorts them: picocli has those of a group in an order that changes. */
    List<OptionSpec> options() {
        return spec.options().stream().filter(option -> !option.hidden())
                .sorted(Comparator.comparing((OptionSpec option) -> option.shortestName().replaceFirst("^-+", ""),
                        String.CASE_INSENSITIVE_ORDER).thenComparing(OptionSpec::shortestName))
                .toList();
    }

    List<PositionalParamSpec> parameters() {
        return spec.positionalParameters().stream().filter(parameter -> !parameter.hidden()).toList();
    }

    /** Returns help whose lines are as long as they like. */
    Help help() {
        spec.usageMessage().width(10_000);
        return new Help(spec, Help.defaultColorScheme(Ansi.OFF));
    }

    /** Returns what an option or a parameter is about, with its variables filled in. */
    String description(ArgSpec argument) {
        Help help = help();
        Text[][] rows = argument instanceof OptionSpec option
                ? help.createDefaultOptionRenderer().render(option, help.createDefaultParamLabelRenderer(),
                        help.colorScheme())
                : help.createDefaultParameterRenderer().render((PositionalParamSpec) argument,
                        help.createDefaultParamLabelRenderer(), help.colorScheme());
        List<String> lines = new ArrayList<>();
        for (Text[] row : rows) {
            lines.add(row[row.length - 1].toString().strip());
        }
        return String.join(" ", lines).strip();
    }

    /** Returns the words that an argument may be, none if that is open. */
    static List<String> candidates(ArgSpec argument) {
        List<String> words = new ArrayList<>();
        Iterable<String> named = argument.completionCandidates();
        if (named != null) {
            named.forEach(words::add);
        }
        return words;
    }

    /** Tells whether an argument is a file or a directory. */
    static boolean isFile(ArgSpec argument) {
        Class<?> type = argument.isMultiValue() ? argument.auxiliaryTypes()[0] : argument.type();
        return type == Path.class || type == File.class;
    }
}
