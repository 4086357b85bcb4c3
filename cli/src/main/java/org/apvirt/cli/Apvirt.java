package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;

import org.apvirt.host.FileFormatException;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The program {@code apvirt}. Exit status: 0 done, 1 refused, 2 wrong usage. */
@Command(name = "apvirt", mixinStandardHelpOptions = true, versionProvider = Version.class, description = "IBM Z AP crypto virtualization without a mainframe.", synopsisSubcommandLabel = "COMMAND", subcommands = {
        DemoCommand.class, CheckCommand.class, CrycbCommand.class, QemuCheckCommand.class, LszcryptCommand.class,
        ReplayCommand.class, RecordCommand.class,
        AttachCommand.class,
        QemuCommand.class, MountCommand.class,
        ExecCommand.class,
        ServeCommand.class, CtlCommand.class, HelpCommand.class, GenerateCompletion.class})
public final class Apvirt {
    /** Done. */
    static final int DONE = 0;
    /** The answer is no. */
    static final int REFUSED = 1;
    /** The command line or a file is wrong. */
    static final int USAGE = 2;

    private Apvirt() {}

    /** Runs the program. */
    public static void main(String... arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Returns the command line, ready to be executed; tests replace its writers. */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Apvirt());
        line.setParameterExceptionHandler(Apvirt::wrongUsage);
        line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, at));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    /** Says why something could not be done, and returns the exit status for it. */
    static int refused(CommandSpec command, IOException e) {
        PrintWriter err = command.commandLine().getErr();
        err.println(nameOf(command) + ": " + oneLine(e.getMessage()));
        err.flush();
        return REFUSED;
    }

    /** What runs behind exec speaks as exec: nobody has typed its own name. */
    private static String nameOf(CommandSpec command) {
        return command.usageMessage().hidden() ? "apvirt exec" : command.qualifiedName();
    }

    private static int wrongUsage(ParameterException e, String... arguments) {
        PrintWriter err = e.getCommandLine().getErr();
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        err.println(command + ": " + oneLine(e.getMessage()) + " (see " + command + " --help)");
        err.flush();
        return USAGE;
    }

    private static int failed(Exception e, CommandLine at) throws Exception {
        if (e instanceof FileFormatException) {
            at.getErr().println(nameOf(at.getCommandSpec()) + ": " + oneLine(e.getMessage()));
            at.getErr().flush();
            return USAGE;
        }
        throw e; // a fault of this program: the stack trace is what its authors need
    }

    private static String oneLine(@Nullable String message) {
        return message == null ? "" : message.replaceAll("\\s*\\R\\s*", " ");
    }
}
