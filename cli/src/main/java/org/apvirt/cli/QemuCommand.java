package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apvirt.host.FileFormatException;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code apvirt qemu}: starts QEMU and attaches to it. */
@Command(name = "qemu", mixinStandardHelpOptions = true, description = {
        "Starts qemu-system-s390x with these arguments and gives its guest virtual crypto cards.",
        "Exit status: that of QEMU."})
final class QemuCommand extends GuestCommand {
    @Parameters(index = "1..*", arity = "0..*", paramLabel = "QEMU-ARGS", description = "Arguments for qemu-system-s390x, after --.")
    private List<String> arguments = new ArrayList<>();

    private @Nullable Process qemu;

    @Override
    public Integer call() throws FileFormatException, InterruptedException {
        try {
            Path directory = Files.createTempDirectory("apvirt-qemu"); // only its owner can enter
            Path gdb = directory.resolve("gdb");
            try {
                attach(() -> start(gdb));
                Process running = qemu;
                return running == null ? Apvirt.REFUSED : running.waitFor();
            } finally {
                Process running = qemu;
                if (running != null) {
                    running.destroy();
                }
                Files.deleteIfExists(gdb);
                Files.delete(directory);
            }
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
    }

    private String start(Path gdb) throws IOException {
        List<String> command = new ArrayList<>(List.of("qemu-system-s390x", "-S", "-chardev",
                "socket,id=apvirt-gdb,server=on,wait=off,path=" + gdb, "-gdb", "chardev:apvirt-gdb"));
        command.addAll(arguments);
        Process started = new ProcessBuilder(command).inheritIO().start();
        qemu = started;
        try {
            while (!Files.exists(gdb)) {
                if (started.waitFor(10, TimeUnit.MILLISECONDS)) {
                    throw new IOException("qemu-system-s390x ended with status " + started.exitValue());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while QEMU started", e);
        }
        return gdb.toString();
    }
}
