// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code apvirt ctl}: looks at and changes a running machine from outside. */
@Command(name = "ctl", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "REQUEST", subcommands = {
        HelpCommand.class, CtlHardware.Plug.class, CtlHardware.Unplug.class, CtlHardware.Config.class,
        CtlHardware.Checkstop.class, CtlHardware.Domain.class, CtlHardware.Report.class,
        CtlFaults.Inject.class, CtlFaults.Lift.class, CtlFaults.Show.class,
        CtlKeys.Show.class, CtlKeys.Change.class,
        CtlKernel.Scan.class, CtlKernel.Read.class, CtlKernel.Write.class, CtlKernel.Insmod.class,
        CtlKernel.Rmmod.class, CtlKernel.Start.class, CtlKernel.Stop.class, CtlMigration.Migrate.class,
        CtlMigration.Incoming.class, CtlKernel.Jobs.class, CtlKernel.Job.class,
        CtlKernel.Cancel.class, CtlLook.Dump.class, CtlLook.Snapshot.class, CtlLook.Status.class, CtlLook.Matrix.class,
        CtlLook.Log.class, CtlLook.Events.class,
        CtlLook.Changes.class, CtlLook.Machines.class}, description = {
                "Looks at and changes the machine of a running 'apvirt mount', 'exec', 'attach' or 'qemu' of yours.",
                "A card is a number, decimal or 0x; a queue is like 05.0004."}, footer = {"",
                        "Example: apvirt ctl plug 7 CEX8C", "", "The same over HTTP: docs/control.md"})
final class CtlCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--socket", scope = ScopeType.INHERIT, paramLabel = "PATH", description = "Which machine; default: $APVIRT_CTL, else the only one that runs.")
    private @Nullable Path socket;

    @Option(names = "--timeout", scope = ScopeType.INHERIT, paramLabel = "SECONDS", defaultValue = "30", description = "Waits no longer than this; default: ${DEFAULT-VALUE}.")
    private double timeout;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Prints the answer as JSON.")
    private boolean json;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no request given");
    }

    Duration timeout(CommandSpec speaking) {
        if (!(timeout >= 0.01 && timeout <= 1_000_000)) {
            throw new ParameterException(speaking.commandLine(),
                    "--timeout '" + timeout + "' is no time from 0.01 to 1000000 seconds");
        }
        return Duration.ofMillis((long) (timeout * 1000));
    }

    boolean json() {
        return json;
    }

    /**
     * Returns a session with the machine that is meant.
     *
     * @param speaking the command that asks
     * @throws IOException no machine runs, or several
     */
    CtlSession session(CommandSpec speaking) throws IOException {
        return new CtlSession(speaking, socket(), timeout(speaking), json);
    }

    private Path socket() throws IOException {
        return socket != null ? socket : CtlSession.usualSocket();
    }

    /** One request. */
    abstract static class Request implements java.util.concurrent.Callable<Integer> {
        @Spec
        CommandSpec spec;

        @picocli.CommandLine.ParentCommand
        CtlCommand ctl;

        @Override
        public final Integer call() {
            try {
                return ask(ctl.session(spec));
            } catch (IOException e) {
                return Apvirt.refused(spec, e);
            }
        }

        /** Makes it. */
        abstract int ask(CtlSession session);

        /** Returns a number as people write it, decimal or 0x, for the path of a request. */
        static String number(String text) {
            return CtlSession.encode(text);
        }

        /** Returns a number for the content of a request. */
        final int id(String label, String text) {
            try {
                int number = Integer.decode(text.matches("0[0-9]+") ? text.replaceFirst("^0+(?=.)", "") : text);
                if (number >= 0 && number <= 255) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw wrong(label, text, "is no number from 0 to 255");
            }
            throw wrong(label, text, "is no number from 0 to 255");
        }

        final boolean onOff(String label, String text) {
            return switch (text.toLowerCase(java.util.Locale.ROOT)) {
                case "on", "1" -> true;
                case "off", "0" -> false;
                default -> throw wrong(label, text, "is neither on nor off");
            };
        }

        private ParameterException wrong(String label, String text, String problem) {
            return new ParameterException(spec.commandLine(), label + " '" + text + "' " + problem);
        }
    }
}
