package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt ctl}: changes a running machine from outside. */
@Command(name = "ctl", mixinStandardHelpOptions = true, description = {
        "Changes the machine of a running 'apvirt mount', 'exec', 'attach' or 'qemu' of yours; 'apvirt ctl help' lists the requests."})
final class CtlCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private CommandSpec spec;

    @Option(names = "--socket", paramLabel = "PATH", description = "Which machine; default: $APVIRT_CTL, else the only one that runs.")
    private @Nullable Path socket;

    @Parameters(arity = "1..*", paramLabel = "REQUEST", description = "The request, for example: plug 7 CEX8C")
    private List<String> words = new ArrayList<>();

    @Override
    public Integer call() {
        List<String> answer;
        try {
            answer = ControlSocket.request(socket(), words);
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
        String verdict = answer.isEmpty() ? "refused" : answer.get(0);
        boolean done = verdict.equals("ok");
        PrintWriter writer = done ? spec.commandLine().getOut() : spec.commandLine().getErr();
        for (String line : answer.subList(Math.min(1, answer.size()), answer.size())) {
            writer.println(done ? line : spec.qualifiedName() + ": " + line);
        }
        writer.flush();
        return done ? Apvirt.DONE : verdict.equals("usage") ? Apvirt.USAGE : Apvirt.REFUSED;
    }

    private Path socket() throws IOException {
        String given = System.getenv("APVIRT_CTL");
        if (socket != null) {
            return socket;
        }
        if (given != null && !given.isEmpty()) {
            return Path.of(given);
        }
        List<Path> running = new ArrayList<>();
        for (Path candidate : RuntimeDirectory.ofUser().sockets()) {
            if (answers(candidate)) {
                running.add(candidate);
            }
        }
        if (running.size() != 1) {
            throw new IOException(running.isEmpty()
                    ? "no machine of yours is running; start apvirt mount or apvirt exec"
                    : "several machines are running, name one with --socket: " + running);
        }
        return running.get(0);
    }

    private static boolean answers(Path candidate) throws IOException {
        try {
            ControlSocket.request(candidate, List.of("help"));
            return true;
        } catch (ConnectException e) {
            Files.deleteIfExists(candidate); // left by a process that was killed
            return false;
        }
    }
}
