// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.util.List;
import java.util.stream.Collectors;

import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The manual page of a command, in the {@code man} macros of troff. Pages of subcommands are named as git names its own:
 * {@code apvirt-ctl-plug(1)}.
 */
final class ManualPage {
    private final CommandModel command;
    private final CommandModel program;
    private final String version;
    private final StringBuilder page = new StringBuilder();

    private ManualPage(CommandModel command, CommandModel program, String version) {
        this.command = command;
        this.program = program;
        this.version = version;
    }

    /**
     * Writes the page of a command.
     *
     * @param version the program's, for example {@code 0.1.0}
     */
    static String of(CommandModel command, CommandModel program, String version) {
        return new ManualPage(command, program, version).write();
    }

    /** Returns the name of the page's file. */
    static String fileName(CommandModel command) {
        return command.joined("-") + ".1";
    }

    private String write() {
        page.append(".TH ").append(quoted(command.joined("-").toUpperCase(java.util.Locale.ROOT))).append(" 1 \"\" ")
                .append(quoted("apvirt " + version)).append(' ').append(quoted("apvirt")).append('\n');
        section("NAME");
        line(command.joined("-") + " - " + command.summary());
        section("SYNOPSIS");
        Help help = command.help();
        page.append(".nh\n");
        line(help.detailedSynopsis(0, help.createDefaultOptionSort(), false).strip().replaceAll("\\s+", " "));
        page.append(".hy\n");
        section("DESCRIPTION");
        paragraphs(command.description());
        if (!command.parameters().isEmpty()) {
            section("ARGUMENTS");
            command.parameters().forEach(this::parameter);
        }
        if (!command.options().isEmpty()) {
            section("OPTIONS");
            command.options().forEach(this::option);
        }
        if (!command.commands().isEmpty()) {
            section("COMMANDS");
            command.commands().forEach(below -> item(below.joined("-") + "(1)", below.summary() + '.'));
        }
        List<String> more = help.footer().lines().map(String::strip).filter(text -> !text.isEmpty()).toList();
        if (!more.isEmpty()) {
            section("NOTES");
            paragraphs(more);
        }
        if (command == program) {
            exitStatus();
        } else {
            section("SEE ALSO");
            line(program.all().filter(other -> other.commands().contains(command)).map(above -> above.joined("-"))
                    .findFirst().orElse(program.name()) + "(1)");
        }
        return page.toString();
    }

    private void exitStatus() {
        section("EXIT STATUS");
        item("0", "Done; of a check, the answer is yes.");
        item("1", "Refused, or the answer is no; one line on standard error says why.");
        item("2", "The command line or a file is wrong.");
        item("141", "Who read the output has closed it.");
        line("apvirt-exec(1) ends as its program does.");
    }

    private void parameter(PositionalParamSpec parameter) {
        item(parameter.paramLabel(), command.description(parameter));
    }

    private void option(OptionSpec option) {
        String names = String.join(", ", option.names());
        String value = option.arity().max() == 0 ? "" : (names.contains("--") ? "=" : " ") + option.paramLabel();
        item(names + value, command.description(option));
    }

    private void section(String name) {
        page.append(".SH ").append(name).append('\n');
    }

    private void item(String term, String text) {
        page.append(".TP\n\\fB").append(escaped(term)).append("\\fR\n");
        line(text.isEmpty() ? "\u00a0" : text);
    }

    private void paragraphs(List<String> paragraphs) {
        page.append(paragraphs.stream().map(ManualPage::escaped).collect(Collectors.joining("\n.PP\n", "", "\n")));
    }

    private void line(String text) {
        page.append(escaped(text)).append('\n');
    }

    private static String quoted(String text) {
        return '"' + escaped(text).replace("\"", "\\(dq") + '"';
    }

    /** Returns text that troff prints as it is: a line that begins with a dot or an apostrophe is no request. */
    static String escaped(String text) {
        String plain = text.replace("\\", "\\e").replace("-", "\\-").replace("\u00a0", "\\ ").replace("…", "...");
        return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
    }
}
