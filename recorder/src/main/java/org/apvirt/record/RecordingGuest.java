// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.apvirt.arch.ApPlatform;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.gdb.StubTransport;
import org.apvirt.plugin.PluginFile;
import org.apvirt.plugin.PluginTransport;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A real kernel in QEMU with a machine of ours attached and our process in it. Its log goes to a console of its own, so
 * that the line to the process is undisturbed.
 */
final class RecordingGuest implements AutoCloseable {
    private static final String PLUGIN_SOCKET = "plugin";
    private static final String AGENT = "agent-linux-s390x";
    /** Every request but those that say how long they take is a matter of milliseconds. */
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int FAREWELL_MILLIS = 5_000;
    private static final int LAST_LINES = 3;
    private static final int TAIL_BYTES = 1 << 12;

    private final Path directory;
    private final Process qemu;
    private final AgentSocket socket;
    private final AttachedGuest attached;
    private final Agent agent;

    private RecordingGuest(Path directory, Process qemu, AgentSocket socket, AttachedGuest attached,
            Agent agent) {
        this.directory = directory;
        this.qemu = qemu;
        this.socket = socket;
        this.attached = attached;
        this.agent = agent;
    }

    /**
     * Boots.
     *
     * @param parameters the scenario's part of the kernel's command line
     * @param modules files to bring along, by the name of the module
     * @param log takes one line for each thing worth telling
     * @throws IOException the guest does not start; the message says why, and the last of what its kernel printed
     */
    static RecordingGuest boot(KernelImage image, String parameters, Map<String, Path> modules, ApPlatform platform,
            Consumer<String> log) throws IOException {
        Path directory = Files.createTempDirectory("apvirt-record"); // only its owner can enter
        Process qemu = null;
        AgentSocket socket = null;
        AttachedGuest attached = null;
        try {
            writeInitrd(directory.resolve("initrd"), image, modules);
            if (platform.isSecureGuest()) { // whose calls of the ultravisor only the plugin answers
                attached = AttachedGuest.over(
                        PluginTransport.listen(directory.resolve(PLUGIN_SOCKET), platform, false, log), platform, log);
                answer(attached, log); // the plugin asks before QEMU does anything else
                qemu = start(directory, image, parameters, List.of("-plugin", PluginFile.option(
                        PluginFile.writeTo(directory), directory.resolve(PLUGIN_SOCKET))));
                socket = AgentSocket.connect(directory.resolve("agent"));
            } else {
                qemu = start(directory, image, parameters, List.of("-S", //
                        "-chardev", "socket,id=gdb,server=on,wait=off,path=" + directory.resolve("gdb"), //
                        "-gdb", "chardev:gdb"));
                socket = AgentSocket.connect(directory.resolve("agent"));
                attached = AttachedGuest.over(StubTransport.connectShowingSie(directory.resolve("gdb").toString(),
                        platform.facilities(), log), platform, log);
                answer(attached, log);
            }
            return new RecordingGuest(directory, qemu, socket, attached,
                    Agent.greet(socket, image.bootSeconds() * 1000L, PATIENCE_MILLIS));
        } catch (IOException e) {
            String last = lastLines(directory);
            if (socket != null) {
                socket.close();
            }
            end(directory, qemu, attached);
            throw new IOException(e.getMessage() + last, e);
        }
    }

    private static void answer(AttachedGuest attached, Consumer<String> log) {
        Thread.ofPlatform().daemon().name("attached").start(() -> {
            try {
                attached.run();
            } catch (IOException e) {
                log.accept("the connection to QEMU broke: " + e.getMessage());
            }
        });
    }

    private static void writeInitrd(Path file, KernelImage image, Map<String, Path> modules) throws IOException {
        byte[] agent;
        try (InputStream in = RecordingGuest.class.getResourceAsStream(AGENT)) {
            if (in == null) {
                throw new IOException("this apvirt was built without the process that runs inside the guest"
                        + " (apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross, then build anew)");
            }
            agent = in.readAllBytes();
        }
        Cpio archive = new Cpio().directory("apvirt").file("apvirt/agent", agent, 0755);
        for (Path module : modules.values()) {
            archive.file("apvirt/" + module.getFileName(), Files.readAllBytes(module), 0644);
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            Path initrd = image.initrd();
            long length = initrd == null ? 0 : Files.copy(readable(initrd, "--initrd"), out);
            out.write(new byte[(int) (-length & 3)]);
            out.write(archive.end());
        }
    }

    private static Path readable(Path file, String option) throws IOException {
        if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
            throw new IOException(file + ": cannot be read (" + option + " names an existing file)");
        }
        return file;
    }

    private static Process start(Path directory, KernelImage image, String parameters, List<String> attaching)
            throws IOException {
        // Kernel messages below an emergency stay off the consoles: the terminal of ours is one of them.
        String commandLine = "rdinit=/apvirt/agent console=ttyS0 loglevel=1 panic=-1 " + parameters + ' '
                + image.parameters();
        List<String> command = new ArrayList<>(
                List.of(image.qemu(), "-M", "s390-ccw-virtio", "-cpu", "max", "-m", "1G", "-nodefaults",
                        "-display", "none", "-no-reboot", //
                        "-kernel", readable(image.kernel(), "--kernel").toString(), //
                        "-initrd", directory.resolve("initrd").toString(), "-append", commandLine.trim(), //
                        "-chardev", "socket,id=agent,server=on,wait=off,path=" + directory.resolve("agent"), //
                        "-device", "sclpconsole,chardev=agent", //
                        "-chardev", "file,id=console,path=" + directory.resolve("console"), //
                        "-device", "sclplmconsole,chardev=console"));
        command.addAll(attaching);
        Process qemu;
        try {
            qemu = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(directory.resolve("qemu").toFile())
                    .redirectInput(Path.of("/dev/null").toFile()).start();
        } catch (IOException e) {
            throw new IOException(image.qemu() + ": cannot be started (apt-get install qemu-system-misc, or name it"
                    + " with --qemu)", e);
        }
        try {
            Path last = directory.resolve(attaching.contains("-gdb") ? "gdb" : "agent");
            while (!Files.exists(last)) {
                if (qemu.waitFor(10, TimeUnit.MILLISECONDS)) {
                    throw new IOException(image.qemu() + " ended with status " + qemu.exitValue());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while QEMU started", e);
        }
        return qemu;
    }

    /** What QEMU and the kernel printed last: after a failure that says most. */
    private static String lastLines(Path directory) throws IOException {
        StringBuilder last = new StringBuilder();
        for (String name : List.of("qemu", "console")) {
            Path file = directory.resolve(name);
            if (Files.exists(file)) {
                List<String> lines = tail(file).lines().filter(line -> !line.isBlank()).toList();
                lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())
                        .forEach(line -> last.append(last.isEmpty() ? "; it printed: " : " / ").append(line.strip()));
            }
        }
        return last.toString();
    }

    private static String tail(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(Math.max(0, channel.size() - TAIL_BYTES));
            return new String(Channels.newInputStream(channel).readNBytes(TAIL_BYTES), StandardCharsets.ISO_8859_1);
        }
    }

    /** Returns the process inside. */
    Agent agent() {
        return agent;
    }

    /** Returns how many AP instructions were answered. */
    long answered() {
        return attached.answered();
    }

    /** Returns the failure with what the guest printed last added to it. */
    IOException explained(IOException e) throws IOException {
        return new IOException(e.getMessage() + lastLines(directory), e);
    }

    @Override
    public void close() throws IOException {
        try (socket) {
            agent.end();
            qemu.waitFor(FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // It has ended in another way already.
        } finally {
            end(directory, qemu, attached);
        }
    }

    private static void end(Path directory, @Nullable Process qemu,
            @Nullable AttachedGuest attached) throws IOException {
        if (qemu != null) {
            qemu.destroyForcibly();
        }
        if (attached != null) {
            try {
                attached.awaitEnd(FAREWELL_MILLIS); // it sees that QEMU has gone
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            attached.close();
        }
        for (String file : List.of("agent", "gdb", PLUGIN_SOCKET, PluginFile.NAME, "console", "qemu", "initrd")) {
            Files.deleteIfExists(directory.resolve(file));
        }
        Files.delete(directory);
    }
}
