// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.apvirt.host.Host;
import org.apvirt.replay.Replay;
import org.apvirt.sysfs.SysfsMount;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The real lszcrypt and chzcrypt of an unpacked s390-tools, run on the files of a played host. Each host is mounted when
 * the first program asks for it, and each program has a mount namespace in which that is {@code /sys}: some messages have
 * the path in them. s390x programs run under QEMU's user mode on other machines.
 */
final class CryptoTools implements Replay.Programs, AutoCloseable {
    private static final List<String> NAMES = List.of("lszcrypt", "chzcrypt");
    private static final int MACHINE_OFFSET = 18; // of e_machine in an ELF header
    private static final int BIG_ENDIAN_OFFSET = 5; // of e_ident[EI_DATA]
    private static final int BIG_ENDIAN = 2;
    private static final int EM_S390 = 22;
    private static final int KILLED = 9;
    private static final int SECONDS = 60; // what a program may take

    private final Path work;
    private @Nullable Host mounted;
    private @Nullable SysfsMount mount;

    private CryptoTools(Path work) {
        this.work = work;
    }

    /**
     * Takes the programs below a root.
     *
     * @param root has {@code usr/sbin/lszcrypt} and {@code usr/sbin/chzcrypt}; {@code /} are those of this system
     * @throws IOException one is missing, or what would run it
     */
    static CryptoTools below(Path root) throws IOException {
        Path work = Files.createTempDirectory("apvirt");
        CryptoTools tools = new CryptoTools(work);
        try {
            Files.createDirectory(work.resolve("mnt"));
            Path bin = Files.createDirectory(work.resolve("bin"));
            for (String name : NAMES) {
                Path program = root.resolve("usr/sbin").resolve(name).toAbsolutePath();
                if (!Files.isExecutable(program)) {
                    throw new IOException(program + " is no program; give the directory that holds usr/sbin/lszcrypt");
                }
                Path script = Files.writeString(bin.resolve(name),
                        "#!/bin/sh\nexec " + runner(program, root) + ExecCommand.quote(program.toString())
                                + " \"$@\"\n");
                Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
            }
            return tools;
        } catch (IOException e) {
            tools.close();
            throw e;
        }
    }

    /** Returns what has to stand before a program for it to run here, empty or with a blank at its end. */
    private static String runner(Path program, Path root) throws IOException {
        byte[] header;
        try (InputStream in = Files.newInputStream(program)) {
            header = in.readNBytes(MACHINE_OFFSET + 2);
        }
        boolean isS390 = header.length == MACHINE_OFFSET + 2 && header[BIG_ENDIAN_OFFSET] == BIG_ENDIAN
                && header[MACHINE_OFFSET + 1] == EM_S390;
        if (!isS390 || System.getProperty("os.arch", "").equals("s390x")) {
            return "";
        }
        for (String emulator : List.of("qemu-s390x-static", "qemu-s390x")) {
            for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
                if (Files.isExecutable(Path.of(directory, emulator))) {
                    return emulator + " -L " + ExecCommand.quote(root.toAbsolutePath().toString()) + ' ';
                }
            }
        }
        throw new IOException(program + " is for s390x and qemu-s390x-static is missing: install qemu-user-static");
    }

    @Override
    public @Nullable Map<String, Object> run(Host host, String command) {
        try {
            return run(mounted(host).directory().resolve("sys"), command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private SysfsMount mounted(Host host) throws IOException {
        SysfsMount old = mount;
        if (old != null && mounted == host) {
            return old;
        }
        unmount();
        SysfsMount fresh = SysfsMount.mount(host.root(), work.resolve("mnt"));
        mount = fresh;
        mounted = host;
        return fresh;
    }

    private Map<String, Object> run(Path sys, String command) throws IOException, InterruptedException {
        Path output = work.resolve("output");
        ProcessBuilder builder = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "sh", "-c",
                "mount --bind \"$0\" /sys && exec sh -c \"$1\"", sys.toString(), command).redirectErrorStream(true)
                .redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile());
        builder.environment().put("LC_ALL", "C");
        builder.environment().merge("PATH", work.resolve("bin").toString(), (path, own) -> own + ':' + path);
        Process shell = builder.start();
        boolean ended = shell.waitFor(SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly().waitFor();
        }
        return Map.of("status", ended ? shell.exitValue() : 0, "killed", ended ? 0 : KILLED, "out",
                Files.readString(output, StandardCharsets.ISO_8859_1));
    }

    private void unmount() {
        SysfsMount old = mount;
        mount = null;
        mounted = null;
        if (old != null) {
            old.close();
        }
    }

    /** Unmounts what is mounted. */
    @Override
    public void close() throws IOException {
        unmount();
        for (String name : List.of("bin/lszcrypt", "bin/chzcrypt", "bin", "mnt", "output", "")) {
            Files.deleteIfExists(work.resolve(name));
        }
    }
}
