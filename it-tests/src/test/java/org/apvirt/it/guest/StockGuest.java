// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import org.apvirt.arch.ApPlatform;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.it.Programs;
import org.apvirt.plugin.GuestAddress;
import org.apvirt.plugin.PluginFile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A stock Debian s390x kernel in QEMU TCG with one script as its user space, and us attached to it. The kernel and the
 * initramfs come from {@code .ci/s390x-guest}.
 */
public final class StockGuest implements AutoCloseable {
    private final Path directory;
    private final boolean isPlugged;
    private final boolean showsSie;
    private final Path console;
    private final Process qemu;
    private final List<String> log = new ArrayList<>();
    private volatile AttachedGuest attached; // null: nobody is, or somebody else
    private CountDownLatch ended;

    private StockGuest(Path directory, boolean isPlugged, boolean showsSie, Process qemu) {
        this.directory = directory;
        this.showsSie = showsSie;
        this.isPlugged = isPlugged;
        this.console = directory.resolve("console");
        this.qemu = qemu;
    }

    /** Attaches to the guest, at its start or while it runs. */
    void attach(ApPlatform platform) throws IOException {
        AttachedGuest guest = AttachedGuest.over(GuestAddress.open(address(), platform, showsSie, this::note), platform,
                this::note);
        CountDownLatch end = new CountDownLatch(1);
        attached = guest;
        ended = end;
        Thread.ofPlatform().daemon().name("attached").start(() -> {
            try {
                guest.run();
            } catch (IOException e) {
                if (attached == guest) {
                    throw new UncheckedIOException(e);
                }
            } finally {
                end.countDown();
            }
        });
    }

    /** Returns the directory with the kernel, {@code vmlinuz}, and the initramfs, {@code initrd.gz}, of a release of Debian's. */
    static Path image(String suite) throws IOException, InterruptedException {
        Programs.Output image = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-guest").toString(), suite));
        Programs.require("qemu.required", image.status() == 0, image.text());
        return Path.of(image.lastLine());
    }

    /** Returns how the guest is reached. */
    String address() {
        return isPlugged ? "plugin:" + directory.resolve("plugin") : gdb();
    }

    /** Returns where QEMU's gdb stub listens. */
    String gdb() {
        return directory.resolve("gdb").toString();
    }

    /** Compiles a C program of {@code src/test/c} for a guest, and puts it into a directory. */
    static Path program(String name, Path directory) throws IOException, InterruptedException {
        return compile(name, directory.resolve(name), "-static");
    }

    /** Compiles one that is preloaded into programs of an s390x. */
    public static Path preload(String name, Path directory) throws IOException, InterruptedException {
        return compile(name, directory.resolve(name + ".so"), "-shared", "-fPIC");
    }

    private static Path compile(String name, Path program, String... options) throws IOException, InterruptedException {
        Programs.require("qemu.required", Programs.isInstalled("s390x-linux-gnu-gcc"),
                "s390x-linux-gnu-gcc is missing: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        List<String> command = new ArrayList<>(List.of("s390x-linux-gnu-gcc", "-O2", "-Wall", "-Werror"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", program.toString(), "src/test/c/" + name + ".c"));
        Programs.Output built = Programs.run(command);
        assertEquals(0, built.status(), built.text());
        return program;
    }

    private synchronized void note(String line) {
        log.add(line);
    }

    /** What a guest is made of: a release of Debian, CPUs, the script it runs and files beside it. */
    static final class Recipe {
        private final String suite;
        private final List<Cpio.Entry> files = new ArrayList<>();
        private final List<Path> archives = new ArrayList<>();
        private final List<String> options = new ArrayList<>();
        private String parameters = "console=ttysclp0 quiet";
        private String program = "qemu-system-s390x";
        private boolean isPlugged;
        private boolean showsSie;
        private int cpus = 1;
        private boolean restarts;

        Recipe(String suite) {
            this.suite = suite;
        }

        Recipe cpus(int number) {
            cpus = number;
            return this;
        }

        /** Takes the QEMU of this version, or {@code newest}, of those that {@code .ci/qemus} fetches; {@code installed}: none of them. */
        Recipe version(String version) throws IOException, InterruptedException {
            program = switch (version) {
                case "installed" -> "qemu-system-s390x";
                case "newest" -> Programs.newestQemu().toString();
                default -> Programs.qemu(version).toString();
            };
            return this;
        }

        /** Takes the newest QEMU, and the plugin inside it instead of the gdb stub. */
        Recipe plugin() throws IOException, InterruptedException {
            isPlugged = true;
            program = Programs.newestQemu().toString();
            return this;
        }

        /** Its CPUs look as if they had SIE. */
        Recipe showingSie() {
            showsSie = true;
            return this;
        }

        /** Adds options of QEMU's. */
        Recipe qemu(String... more) {
            options.addAll(List.of(more));
            return this;
        }

        /** Adds parameters of the kernel's. */
        Recipe parameters(String more) {
            parameters += " " + more;
            return this;
        }

        /** Lets the guest reboot; else QEMU ends then. */
        Recipe restarts() {
            restarts = true;
            return this;
        }

        Recipe script(String text) {
            files.add(new Cpio.Entry("run.sh", text.getBytes(StandardCharsets.UTF_8), 0644));
            return this;
        }

        Recipe program(String name, Path file) throws IOException {
            files.add(new Cpio.Entry(name, Files.readAllBytes(file), 0755));
            return this;
        }

        Recipe file(String name, byte[] content) {
            files.add(new Cpio.Entry(name, content, 0644));
            return this;
        }

        /** Adds a whole archive, not compressed. */
        Recipe archive(Path file) {
            archives.add(file);
            return this;
        }

        /** Writes the initramfs, for a guest that somebody else starts. */
        Path initrd(Path file) throws IOException, InterruptedException {
            writeInitrd(file, image(suite).resolve("initrd.gz"));
            return file;
        }

        private void writeInitrd(Path file, Path base) throws IOException {
            try (OutputStream out = Files.newOutputStream(file)) {
                long length = Files.copy(base, out);
                for (Path archive : archives) {
                    out.write(new byte[(int) (-length & 3)]); // an archive starts on a word
                    length = Files.copy(archive, out);
                }
                out.write(Cpio.compressed(files));
            }
        }

        /** Starts QEMU, stopped, and attaches. */
        StockGuest start(ApPlatform platform) throws IOException, InterruptedException {
            StockGuest guest = startAlone();
            guest.attach(platform);
            return guest;
        }

        /** Starts QEMU, stopped. */
        StockGuest startAlone() throws IOException, InterruptedException {
            Programs.require("qemu.required", Programs.isInstalled("qemu-system-s390x"),
                    "qemu-system-s390x is missing: apt-get install qemu-system-misc");
            Path kernel = image(suite);
            Path directory = Files.createTempDirectory("apvirt-guest");
            Path initrd = directory.resolve("initrd");
            writeInitrd(initrd, kernel.resolve("initrd.gz"));
            List<String> command = new ArrayList<>(List.of(program, "-M", "s390-ccw-virtio", "-cpu", "max",
                    "-m", "1G", "-smp", Integer.toString(cpus), "-nographic", "-monitor", "none", "-serial", "stdio",
                    "-kernel", kernel.resolve("vmlinuz").toString(), "-initrd", initrd.toString(), "-append",
                    parameters));
            if (isPlugged) {
                command.addAll(List.of("-plugin",
                        PluginFile.option(PluginFile.writeTo(directory), directory.resolve("plugin"))));
            } else {
                command.addAll(List.of("-chardev",
                        "socket,id=gdb,path=" + directory.resolve("gdb") + ",server=on,wait=off", "-gdb", "chardev:gdb",
                        "-S"));
            }
            if (!restarts) {
                command.add("-no-reboot");
            }
            command.addAll(options);
            Process qemu = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(directory.resolve("console").toFile()).start();
            for (int i = 0; i < 200 && !isPlugged && !Files.exists(directory.resolve("gdb")); i++) {
                Thread.sleep(20);
            }
            return new StockGuest(directory, isPlugged, showsSie, qemu);
        }
    }

    /** Returns what the guest printed so far, with plain line ends. */
    String console() throws IOException {
        return Files.readString(console, StandardCharsets.ISO_8859_1).replace("\r", "");
    }

    /** Waits until the guest printed this text. */
    void await(String text) throws IOException, InterruptedException {
        await(text, 1);
    }

    /** Waits until the guest printed this text so many times. */
    void await(String text, int times) throws IOException, InterruptedException {
        for (int i = 0; i < 3000; i++) {
            if (console().split(Pattern.quote(text), -1).length > times) {
                return;
            }
            if (!qemu.isAlive()) {
                break;
            }
            Thread.sleep(20);
        }
        assertTrue(console().split(Pattern.quote(text), -1).length > times,
                () -> "the guest never said '" + text + "':\n" + quietly() + log());
    }

    /** Waits until the attachment has told this so many times. */
    void awaitLog(String text, int times) throws InterruptedException {
        for (int i = 0; i < 6000 && log().split(Pattern.quote(text), -1).length <= times; i++) {
            Thread.sleep(5);
        }
        assertTrue(log().split(Pattern.quote(text), -1).length > times,
                () -> "never told '" + text + "' " + times + " times:\n" + log() + quietly());
    }

    private String quietly() {
        try {
            return console();
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Waits until the guest has powered off, and returns what it printed. */
    String awaitEnd() throws IOException, InterruptedException {
        assertTrue(qemu.waitFor(90, TimeUnit.SECONDS), () -> "the guest does not end:\n" + quietly() + log());
        if (ended != null) {
            assertTrue(ended.await(10, TimeUnit.SECONDS), () -> "run() does not return:\n" + quietly() + log());
        }
        return console();
    }

    /** Tells whether QEMU runs. */
    boolean isAlive() {
        return qemu.isAlive();
    }

    /** Lets go of the guest, which runs on. */
    void detach() throws InterruptedException {
        attached.detach();
        assertTrue(ended.await(10, TimeUnit.SECONDS), "run() does not return");
    }

    /** Breaks the connection to the guest off, as the end of our process by a signal does. */
    void abandon() throws IOException, InterruptedException {
        AttachedGuest abandoned = attached;
        attached = null;
        abandoned.close();
        assertTrue(ended.await(10, TimeUnit.SECONDS), "run() does not return");
    }

    /** Types a line on the guest's console. */
    void type(String line) throws IOException {
        qemu.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        qemu.getOutputStream().flush();
    }

    /** Returns how many AP instructions were answered. */
    long answered() {
        return attached.answered();
    }

    /** Returns what the attachment told. */
    synchronized String log() {
        return String.join("\n", log);
    }

    @Override
    public void close() throws IOException {
        qemu.destroyForcibly();
        if (attached != null) {
            attached.close();
        }
        for (String file : List.of("gdb", "plugin", "apvirt-plugin.so", "console", "initrd")) {
            Files.deleteIfExists(directory.resolve(file));
        }
        Files.delete(directory);
    }
}
