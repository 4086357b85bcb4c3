// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apvirt.cli.qmp.MonitoredGuest;
import org.apvirt.cli.qmp.QmpProxy;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.plugin.PluginFile;
import org.apvirt.plugin.PluginTransport;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuExit;
import org.apvirt.qemu.TcgCommandLine;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * What {@code libexec/apvirt/qemu-system-s390x} becomes: starts the real QEMU and stays beside it. QEMU gets the descriptors that
 * were handed on to us and ends with us, we with it; its monitors are ours ({@link QmpProxy}), its mediated device is that of
 * a guest of the machine ({@link EmulatedGuest}).
 */
@Command(name = EmulatorCommand.NAME, hidden = true, description = "Stands for a QEMU on KVM.")
final class EmulatorCommand implements Callable<Integer> {
    static final String NAME = "emulator";
    /** Below {@code /run}; libexec/apvirt/qemu-system-s390x reads it. */
    private static final String REGISTERED = "apvirt-emulator";
    /** What the caller of one that goes into the background is told. */
    private static final String READY = "ready";
    private static final int SECONDS_TO_END = 8; // libvirt waits for 10 before it kills

    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private CommandSpec spec;

    @Option(names = "--qemu", paramLabel = "PROGRAM", required = true)
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private Path program;

    @Option(names = "--socket", paramLabel = "PATH")
    private @Nullable String socket;

    @Parameters(arity = "0..*", paramLabel = "QEMU-ARGS")
    private List<String> arguments = new ArrayList<>();

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable SpawnedProgram qemu;
    private volatile int exitStatus = -1; // of QEMU, negative: it runs

    /**
     * Leaves word in a namespace, whose {@code /run} is private, of how the launcher gets here: programs like libvirt hand on no
     * environment.
     *
     * @param control socket of the machine
     */
    static void register(CommandSpec command, Path control) throws IOException {
        Path run = Path.of("/run");
        if (!Files.isDirectory(run)) {
            return;
        }
        StringBuilder own = new StringBuilder();
        for (String word : OwnCommandLine.program(command)) {
            own.append(own.isEmpty() ? "" : " ").append(ExecCommand.quote(word));
        }
        String wanted = System.getenv("APVIRT_QEMU");
        String text = "apvirt=" + ExecCommand.quote(own.toString()) + "\nsocket="
                + ExecCommand.quote(OwnCommandLine.bytes(control.toString())) + "\n"
                + (wanted == null ? "" : "qemu=" + ExecCommand.quote(OwnCommandLine.bytes(wanted)) + "\n");
        Files.writeString(run.resolve(REGISTERED), text, StandardCharsets.ISO_8859_1);
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            Set<Integer> handedOn = LinuxCalls.inherited();
            QemuDirectory made = QemuDirectory.make(RuntimeDirectory.ofUser().open());
            try {
                return run(made, handedOn);
            } finally {
                made.close();
                ended.countDown();
            }
        } catch (QemuExit e) {
            print(e.messages().lines());
            return e.status();
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
    }

    private void print(List<String> lines) {
        PrintWriter err = spec.commandLine().getErr();
        lines.forEach(err::println);
        err.flush();
    }

    private void say(String line) {
        Apvirt.say(spec, line);
    }

    private int run(QemuDirectory made, Set<Integer> handedOn) throws IOException, QemuExit, InterruptedException {
        List<String> given = new ArrayList<>(List.of(QemuCommand.PROGRAM));
        given.addAll(OwnCommandLine.last(arguments));
        TcgCommandLine line = TcgCommandLine.of(given, made.path());
        if (line.isNone()) {
            return run(line, new ArrayList<>(line.words()), EmulatedGuest.none(line.wantsKvm()), made, handedOn);
        }
        Path machine = socket == null || socket.isEmpty() ? CtlSession.usualSocket() : Path.of(socket);
        EmulatorQemu real = EmulatorQemu.of(program, made.path());
        List<String> asked = line.checked().stream().map(EmulatorCommand::decoded).toList();
        QemuCheck check = new RunningHost(machine).check(asked, real.version());
        print(check.messages());
        if (!check.passes()) {
            return check.exitStatus();
        }
        line.warnings().forEach(this::say);
        EmulatedGuest guest = EmulatedGuest.start(machine, line.name(), asked, real.version(), line.wantsKvm(),
                this::say);
        try {
            List<String> words = new ArrayList<>(line.words());
            Path plugin = real.plugin();
            if (plugin != null) {
                guest.serve(PluginTransport.SCHEME + made.plugin());
                words.addAll(List.of("-plugin", PluginFile.option(plugin, made.plugin())));
            } else {
                guest.serveFirst(made.gdb().toString(), line.startsStopped());
                words.addAll(List.of("-S", "-chardev",
                        "socket,id=apvirt-gdb,server=on,wait=off,path=" + made.gdb(), "-gdb", "chardev:apvirt-gdb"));
            }
            return run(line, words, guest, made, handedOn);
        } finally {
            guest.stop();
        }
    }

    private static String decoded(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private int run(TcgCommandLine line, List<String> words, MonitoredGuest guest, QemuDirectory made,
            Set<Integer> inherited) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        Path own = made.path().resolve("own");
        if (line.daemonizes()) {
            words.addAll(List.of("-qmp", "unix:" + own + ",server=on,wait=off"));
        } else {
            command.addAll(QemuCommand.endedWithUs("KILL"));
        }
        words.set(0, program.toString());
        command.addAll(words);
        Set<Integer> handedOn = new HashSet<>(inherited);
        line.monitors().forEach(monitor -> handedOn.remove(monitor.descriptor()));
        Thread hook = new Thread(this::end, "end");
        try (QmpProxy proxy = new QmpProxy(guest, () -> ended.getCount() > 0)) {
            listen(proxy, line); // QEMU may wait for a client, also before it goes into the background
            SpawnedProgram started = SpawnedProgram.start(command, handedOn);
            qemu = started;
            Runtime.getRuntime().addShutdownHook(hook);
            if (guest instanceof EmulatedGuest emulated) {
                emulated.onDeleted(proxy::deviceDeleted);
            }
            int status = started.await();
            exitStatus = status;
            if (line.daemonizes() && status == 0) {
                goIntoBackground();
                QmpProxy.awaitEnd(own);
            }
            return status;
        }
    }

    private static void listen(QmpProxy proxy, TcgCommandLine line) throws IOException {
        for (TcgCommandLine.Monitor monitor : line.monitors()) {
            boolean isThere = monitor.descriptor() >= 0;
            if (monitor.listens() && isThere) {
                proxy.serve(monitor.descriptor(), monitor.behind());
            } else if (monitor.listens()) {
                proxy.serve(monitor.path(), monitor.behind());
            } else if (isThere) {
                proxy.serveConnected(monitor.descriptor(), monitor.behind());
            } else {
                proxy.serveConnected(monitor.path(), monitor.behind());
            }
        }
    }

    private static void goIntoBackground() {
        System.out.println(READY);
        System.out.flush();
        int nowhere = LinuxCalls.open("/dev/null", LinuxCalls.O_WRONLY);
        LinuxCalls.dup2(nowhere, 1);
        LinuxCalls.dup2(nowhere, 2);
    }

    /** A signal ends this process: QEMU first, and all that is to be done behind it. */
    private void end() {
        SpawnedProgram running = qemu;
        if (running == null) {
            return;
        }
        ProcessHandle process = ProcessHandle.of(running.pid()).orElse(null);
        try {
            if (process != null && process.destroy() && !ended.await(SECONDS_TO_END, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                ended.await(1, TimeUnit.SECONDS);
            }
            if (ended.getCount() == 0 && exitStatus >= 0) {
                Runtime.getRuntime().halt(exitStatus); // QEMU, ended by a signal, exits as it does otherwise
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
