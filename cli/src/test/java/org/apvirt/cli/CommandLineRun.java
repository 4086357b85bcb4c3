package org.apvirt.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

import picocli.CommandLine;

/**
 * One run of the program inside the test.
 *
 * @param status exit status
 * @param out standard output
 * @param err standard error
 */
public record CommandLineRun(int status, String out, String err) {
    /** Runs the program. */
    public static CommandLineRun of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Apvirt.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        int status = line.execute(arguments);
        return new CommandLineRun(status, out.toString(), err.toString());
    }
}
