// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.MutuallyExclusiveArgsException;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line: which word, and what to write instead. */
final class UsageProblem {
    private static final Pattern UNKNOWN_SUBCOMMAND = Pattern.compile("(?s)Unknown subcommand '(.*)'\\.?"); // of help

    private UsageProblem() {}

    /** Returns the problem, without the command's name and without an end. */
    static String text(ParameterException e) {
        return switch (e) {
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            case MissingParameterException missing -> missing(missing);
            case OverwrittenOptionException twice -> nameOf(twice.getOverwritten()) + " is given twice";
            case MutuallyExclusiveArgsException both ->
                String.valueOf(both.getMessage()).replaceAll("^Error: |=[A-Z]+", "");
            default -> invalid(e);
        };
    }

    private static String missing(MissingParameterException e) {
        if (e.getMissing().stream().anyMatch(option -> option.group() != null && option.group().exclusive())) {
            return e.getMissing().stream().map(UsageProblem::nameOf).collect(Collectors.joining(" or "))
                    + " is missing";
        }
        String names = e.getMissing().stream().map(UsageProblem::nameOf).collect(Collectors.joining(", "));
        boolean value = String.valueOf(e.getMessage()).startsWith("Missing required parameter for option");
        return names.isEmpty()
                ? "a command is missing"
                : names + (value ? " needs a value" : e.getMissing().size() > 1 ? " are missing" : " is missing");
    }

    private static String unmatched(UnmatchedArgumentException e) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        String word = e.getUnmatched().isEmpty() ? "" : e.getUnmatched().get(0);
        if (e.isUnknownOption()) {
            return "unknown option '" + word + "'"
                    + didYouMean(word, command.options().stream().filter(option -> !option.hidden())
                            .flatMap(option -> Stream.of(option.names())));
        }
        return command.positionalParameters().isEmpty() && !command.subcommands().isEmpty()
                ? unknownCommand(command, word)
                : "'" + word + "' is one argument too many";
    }

    private static String unknownCommand(CommandSpec command, String word) {
        return "unknown command '" + word + "'" + didYouMean(word, command.subcommands().entrySet().stream()
                .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden()).map(Map.Entry::getKey));
    }

    private static String didYouMean(String word, Stream<String> known) {
        List<String> near = Similar.to(word, known.toList());
        return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    }

    private static String invalid(ParameterException e) {
        ArgSpec argument = e.getArgSpec();
        String value = e.getValue();
        String message = String.valueOf(e.getMessage());
        Matcher subcommand = UNKNOWN_SUBCOMMAND.matcher(message);
        if (subcommand.matches()) {
            return unknownCommand(e.getCommandLine().getCommandSpec(), String.valueOf(subcommand.group(1)));
        }
        if (argument == null || value == null) {
            return message.equals("Missing required subcommand") ? "a command is missing" : message;
        }
        Class<?> type = argument.typeInfo().getType();
        Object[] words = type.getEnumConstants();
        String reason;
        if (argument.converters().length > 0) {
            reason = lastOf(e.getCause(), message);
        } else if (words != null) {
            reason = "'" + value + "' is none of " + Stream.of(words)
                    .map(word -> word.toString().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "));
        } else if (type == int.class || type == long.class) {
            reason = "'" + value + "' is not a number";
        } else if (type == Path.class || argument.auxiliaryTypes()[0] == Path.class) {
            reason = noFile(value);
        } else {
            reason = "'" + value + "' cannot be taken: " + lastOf(e.getCause(), message);
        }
        return nameOf(argument) + ": " + reason;
    }

    /** Returns why a word is no path: without a locale, all that is not ASCII has become one character. */
    static String noFile(String word) {
        return "'" + word + "' cannot be the name of a file"
                + (word.indexOf('\ufffd') < 0 ? "" : " in this locale; set LC_ALL=C.UTF-8");
    }

    private static String lastOf(@Nullable Throwable cause, String otherwise) {
        return cause == null || cause.getMessage() == null ? otherwise : cause.getMessage();
    }

    private static String nameOf(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }
}
