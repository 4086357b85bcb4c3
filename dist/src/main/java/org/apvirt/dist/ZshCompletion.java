// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.util.ArrayList;
import java.util.List;

import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The completion of zsh: a function per command, which calls those of the commands below it. */
final class ZshCompletion {
    private final StringBuilder script = new StringBuilder("#compdef apvirt\n");

    private ZshCompletion() {}

    /** Writes the script, to be installed as {@code _apvirt}. */
    static String of(CommandModel program) {
        ZshCompletion completion = new ZshCompletion();
        program.all().forEach(completion::function);
        completion.script.append("_apvirt \"$@\"\n");
        return completion.script.toString();
    }

    private void function(CommandModel command) {
        List<String> words = new ArrayList<>();
        command.options().forEach(option -> words.add(option(command, option)));
        boolean branches = !command.commands().isEmpty();
        if (branches) {
            words.add("'1: :->command'");
            words.add("'*:: :->words'");
        } else {
            command.parameters().forEach(parameter -> words.add(parameter(parameter)));
        }
        script.append('_').append(command.joined("_").replace('-', '_')).append("() {\n");
        if (branches) {
            script.append("  local context state state_descr line\n  typeset -A opt_args\n");
        }
        script.append("  _arguments -s -S").append(branches ? " -C" : "");
        words.forEach(word -> script.append(" \\\n    ").append(word));
        script.append('\n');
        if (branches) {
            branches(command);
        }
        script.append("}\n");
    }

    private void branches(CommandModel command) {
        script.append("  case $state in\n  command)\n    local -a commands=(");
        command.commands().forEach(below -> script.append("\n      ")
                .append(quoted(below.name() + ':' + below.summary())));
        script.append(")\n    _describe command commands ;;\n  words)\n    case $words[1] in\n");
        command.commands().forEach(below -> script.append("    ").append(below.name()).append(") _")
                .append(below.joined("_").replace('-', '_')).append(" ;;\n"));
        script.append("    esac ;;\n  esac\n");
    }

    private static String option(CommandModel command, OptionSpec option) {
        String value = option.arity().max() == 0 ? "" : ':' + colons(option.paramLabel()) + ':' + action(option);
        String text = '[' + command.description(option).replace("]", "\\]").replace("[", "\\[") + ']' + value;
        if (option.names().length == 1) {
            return quoted(repeated(option) + option.longestName() + sign(option.longestName(), option) + text);
        }
        StringBuilder names = new StringBuilder(option.isMultiValue()
                ? "'*'"
                : "'(" + String.join(" ", option.names()) + ")'");
        List<String> each = new ArrayList<>();
        for (String name : option.names()) {
            each.add(name + sign(name, option));
        }
        return names.append('{').append(String.join(",", each)).append('}').append(quoted(text)).toString();
    }

    private static String repeated(OptionSpec option) {
        return option.isMultiValue() ? "*" : "";
    }

    private static String sign(String name, OptionSpec option) {
        return option.arity().max() == 0 ? "" : name.startsWith("--") ? "=" : "+";
    }

    private static String parameter(PositionalParamSpec parameter) {
        boolean rest = parameter.index().max() == Integer.MAX_VALUE;
        if (rest && parameter.paramLabel().equals("COMMAND")) {
            return "'*::: :_normal'"; // the words of a program, completed as that program's
        }
        return quoted((rest ? "*" : String.valueOf(parameter.index().min() + 1)) + ':'
                + colons(parameter.paramLabel()) + ':' + action(parameter));
    }

    private static String action(ArgSpec argument) {
        List<String> words = CommandModel.candidates(argument);
        return words.isEmpty() ? CommandModel.isFile(argument) ? "_files" : " " : '(' + String.join(" ", words) + ')';
    }

    private static String colons(String text) {
        return text.replace(":", "\\:");
    }

    private static String quoted(String text) {
        return '\'' + text.replace("'", "'\\''") + '\'';
    }
}
