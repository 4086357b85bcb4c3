// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.InvalidPathException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Printable;
import org.apvirt.cli.TerminalWriter.OutputFailed;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Json;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** The program {@code apvirt}. Exit status: 0 done, 1 refused or output lost, 2 wrong usage. */
@Command(name = "apvirt", mixinStandardHelpOptions = true, versionProvider = Version.class, description = "IBM Z AP crypto virtualization without a mainframe.", synopsisSubcommandLabel = "COMMAND")
public final class Apvirt {
    private static final List<Class<?>> COMMANDS = List.of(DemoCommand.class, CheckCommand.class, CrycbCommand.class,
            QemuCheckCommand.class, LszcryptCommand.class, ExportCommand.class, ImportCommand.class,
            ReplayCommand.class, RecordCommand.class,
            AttachCommand.class, QemuCommand.class, MountCommand.class, ExecCommand.class, ServeCommand.class,
            EmulatorCommand.class, CtlCommand.class, HelpCommand.class, GenerateCompletion.class);

    /** Done. */
    static final int DONE = 0;
    /** The answer is no. */
    static final int REFUSED = 1;
    /** The command line or a file is wrong. */
    static final int USAGE = 2;
    /** Who read our output has closed it: what a shell says of a program that SIGPIPE has ended. */
    static final int PIPE_CLOSED = 141;

    private Apvirt() {}

    /** Runs the program. */
    public static void main(String... arguments) {
        // No option is a time: to learn how those are read takes longer than to read the command line.
        System.setProperty("picocli.converters.excludes", "java[.](time|sql)[.].*");
        TerminalWriter out = TerminalWriter.output(new FileOutputStream(FileDescriptor.out), charset("stdout"));
        TerminalWriter err = TerminalWriter.errors(new FileOutputStream(FileDescriptor.err), charset("stderr"));
        System.setOut(out.stream()); // whatever prints without asking us, a logger for example
        System.setErr(err.stream());
        int status = run(out, err, arguments);
        if (status != DONE || hasOtherThreads()) {
            System.exit(status); // which makes a logger first, to tell it
        }
    }

    /** Tells whether a thread would keep the virtual machine after the main one's end. */
    private static boolean hasOtherThreads() {
        Thread[] threads = new Thread[Thread.activeCount() + 8];
        int count = Thread.enumerate(threads);
        for (int i = 0; i < count; i++) {
            if (threads[i] != Thread.currentThread() && !threads[i].isDaemon()) {
                return true;
            }
        }
        return count == threads.length;
    }

    private static Charset charset(String stream) {
        String name = System.getProperty(stream + ".encoding");
        return name == null || !Charset.isSupported(name) ? Charset.defaultCharset() : Charset.forName(name);
    }

    /**
     * Runs a command line as the program does, and returns its exit status.
     *
     * @param out takes standard output, in the default character set
     * @param err takes standard error
     */
    public static int run(OutputStream out, OutputStream err, String... arguments) {
        return run(TerminalWriter.output(out, Charset.defaultCharset()),
                TerminalWriter.errors(err, Charset.defaultCharset()), arguments);
    }

    private static int run(TerminalWriter out, TerminalWriter err, String... arguments) {
        PrintWriter errors = new PrintWriter(err, true);
        int status;
        try {
            status = isVersion(arguments)
                    ? version(new PrintWriter(out, true))
                    : execute(new PrintWriter(out, true), errors, arguments);
            out.flush();
        } catch (OutputFailed e) {
            status = REFUSED;
        } catch (OutOfMemoryError e) {
            errors.println("apvirt: not enough memory (APVIRT_JAVA_OPTIONS=-Xmx4g gives it more)");
            return REFUSED;
        }
        OutputFailed failure = out.failure();
        return failure == null ? status : outputFailed(errors, failure);
    }

    private static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = commandLine(named(arguments));
        line.setOut(out);
        line.setErr(err);
        return line.execute(arguments);
    }

    /** Without the model of the commands: to make it takes longer than all the rest. */
    private static int version(PrintWriter out) {
        for (String line : new Version().getVersion()) {
            out.println(line);
        }
        return DONE;
    }

    private static int outputFailed(PrintWriter err, OutputFailed failure) {
        if (LinuxCalls.isBrokenPipe(failure.getMessage())) {
            return PIPE_CLOSED;
        }
        err.println("apvirt: standard output: " + failure.getMessage());
        return REFUSED;
    }

    /**
     * Returns the commands that a command line can mean: the one that it begins with, else all, as for one that tells of all.
     * To look at all of them, and their options, takes longer than most commands do.
     */
    private static List<Class<?>> named(String... arguments) {
        String name = arguments.length == 0 ? "" : arguments[0];
        // By the class's name: to read its annotation takes ten times as long.
        for (Class<?> type : COMMANDS) {
            if (type.getSimpleName().endsWith("Command") && commandName(type).equals(name)
                    && type != HelpCommand.class) {
                return List.of(type);
            }
        }
        return COMMANDS;
    }

    private static boolean isVersion(String... arguments) {
        return arguments.length == 1 && (arguments[0].equals("--version") || arguments[0].equals("-V"));
    }

    /** Returns what the command of a class is called: {@code qemu-check} for {@code QemuCheckCommand}. */
    static String commandName(Class<?> type) {
        if (type == ServeCommand.class) {
            return ServeCommand.NAME;
        }
        StringBuilder name = new StringBuilder();
        String words = type.getSimpleName().replaceFirst("Command$", "");
        for (int i = 0; i < words.length(); i++) {
            char letter = words.charAt(i);
            name.append(i > 0 && Character.isUpperCase(letter) ? "-" : "").append(Character.toLowerCase(letter));
        }
        return name.toString();
    }

    /** Returns the command line with all commands, ready to be executed. */
    public static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    private static CommandLine commandLine(List<Class<?>> commands) {
        CommandLine line = new CommandLine(new Apvirt());
        commands.forEach(line::addSubcommand);
        line.setExpandAtFiles(false); // an argument is what it says; @ begins names of programs' own
        line.setExecutionStrategy(parsed -> {
            try {
                return new RunLast().execute(parsed);
            } catch (OutputFailed e) {
                return REFUSED; // of a help text; run() says why
            }
        });
        line.setParameterExceptionHandler((e, arguments) -> wrongUsage(e));
        line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, at));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        // What is written to an attribute often begins with a minus.
        CommandLine ctl = line.getSubcommands().get("ctl");
        CommandLine write = ctl == null ? null : ctl.getSubcommands().get("write");
        if (write != null) {
            write.setUnmatchedOptionsArePositionalParams(true);
        }
        return line;
    }

    /** Says why something could not be done, and returns the exit status for it. */
    static int refused(CommandSpec command, IOException e) {
        if (wantsJson(command)) {
            printError(command, Map.of("problem", Failure.text(e)));
        } else {
            say(command, Failure.text(e));
        }
        return REFUSED;
    }

    private static boolean wantsJson(CommandSpec command) {
        ParseResult parsed = command.commandLine().getParseResult();
        return parsed != null && parsed.hasMatchedOption("--json");
    }

    /** Who asked for JSON gets errors so too. */
    private static void printError(CommandSpec command, Map<String, ?> error) {
        PrintWriter out = command.commandLine().getOut();
        out.println(Json.text(Map.of("error", error)));
        out.flush();
    }

    /** Says something about a command's work, in one line on standard error. */
    static void say(CommandSpec command, @Nullable String message) {
        PrintWriter err = command.commandLine().getErr();
        err.println(Printable.message(nameOf(command) + ": " + message));
        err.flush();
    }

    /** What runs behind another program speaks as that: nobody has typed its own name. */
    private static String nameOf(CommandSpec command) {
        return switch (command.name()) {
            case ServeCommand.NAME -> "apvirt exec";
            case EmulatorCommand.NAME -> QemuCommand.PROGRAM;
            default -> command.qualifiedName();
        };
    }

    private static int wrongUsage(ParameterException e) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        say(command, UsageProblem.text(e) + " (see " + command.qualifiedName() + " --help)");
        return USAGE;
    }

    private static int failed(Exception e, CommandLine at) throws Exception {
        if (e instanceof OutputFailed) {
            return REFUSED; // run() says why
        }
        if (e instanceof FileFormatException wrong) {
            if (wantsJson(at.getCommandSpec())) {
                Map<String, Object> error = new LinkedHashMap<>();
                error.put("place", wrong.place());
                error.put("problem", wrong.problem());
                printError(at.getCommandSpec(), error);
            } else {
                say(at.getCommandSpec(), wrong.getMessage());
            }
            return USAGE;
        }
        if (e instanceof InvalidPathException wrong) { // of a word that only the command knows to be a file
            say(at.getCommandSpec(), UsageProblem.noFile(wrong.getInput()));
            return USAGE;
        }
        throw e; // a fault of this program: the stack trace is what its authors need
    }
}
