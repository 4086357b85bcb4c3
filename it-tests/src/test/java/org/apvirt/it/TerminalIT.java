// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is printed on a terminal only: lines that go away, colours. {@code script} has the terminal. */
@Timeout(120)
class TerminalIT {
    private static final Path EXAMPLES = Programs.ROOT.resolve("examples");

    @TempDir
    private Path directory;

    @BeforeEach
    void needsScript() {
        Programs.require("clients.required", Programs.isInstalled("script"), "script is missing: install bsdutils");
    }

    private Process start(String output, List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(directory.resolve(output).toFile())
                .start();
    }

    private Process startAtTerminal(String output, List<String> command) throws IOException {
        String words = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        return start(output, List.of("script", "-qec", "exec " + words, "/dev/null"));
    }

    private String said(String output) throws IOException {
        return Files.readString(directory.resolve(output));
    }

    private String saidAtTheEnd(Process process, int status, String output) throws Exception {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "no end");
        assertEquals(status, process.exitValue(), said(output));
        return said(output);
    }

    /** The stub takes the connection and says nothing: after five seconds that is given up. */
    @Test
    void whoWaitsForQemuIsToldForHowLongAndALogIsNot() throws Exception {
        Path socket = directory.resolve("gdb");
        List<String> attach = ExecutedProgram.apvirt("attach", EXAMPLES.resolve("machine.yaml").toString(), "--gdb",
                socket.toString());
        try (ServerSocketChannel stub = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))) {
            assertTrue(stub.isOpen());
            Process piped = start("log", attach);
            String shown = saidAtTheEnd(startAtTerminal("screen", attach), 1, "screen");
            assertTrue(shown.contains("\r\033[Kapvirt attach: waiting for QEMU, "), shown);
            assertTrue(shown.contains(" s\r\033[Kapvirt attach: the gdb stub does not answer"), shown);
            String log = saidAtTheEnd(piped, 1, "log");
            assertTrue(log.startsWith("apvirt attach: the gdb stub does not answer"), log);
            assertEquals(1, log.lines().count(), log);
        }
    }

    /** A QEMU that takes its time until its stub listens, and then gives up. */
    @Test
    void whoStartsAQemuIsToldForHowLongAndALogIsNot() throws Exception {
        Path slow = directory.resolve("qemu-system-s390x");
        Files.writeString(slow, "#!/bin/sh\nsleep 4\necho no memory >&2\nexit 1\n");
        assertTrue(slow.toFile().setExecutable(true));
        List<String> qemu = new ArrayList<>(List.of("env", "PATH=" + directory + ":" + System.getenv("PATH")));
        qemu.addAll(ExecutedProgram.apvirt("qemu", "--transport", "gdb", EXAMPLES.resolve("machine.yaml").toString(),
                "--", "-kernel", "none"));
        Process piped = start("log", qemu);
        String shown = saidAtTheEnd(startAtTerminal("screen", qemu), 1, "screen");
        assertTrue(shown.contains("\r\033[Kapvirt qemu: waiting for QEMU, "), shown);
        String log = saidAtTheEnd(piped, 1, "log");
        assertTrue(log.startsWith("no memory\n"), log);
        assertFalse(log.contains("waiting") || log.contains("\033"), log);
    }

    @Test
    void aMatrixHasColoursOnATerminalAndInAPipeNone() throws Exception {
        List<String> check = ExecutedProgram.apvirt("check", "--picture",
                EXAMPLES.resolve("two-guests.yaml").toString());
        Process piped = start("log", check);
        String shown = saidAtTheEnd(startAtTerminal("screen", check), 0, "screen");
        assertTrue(shown.contains("\033[42;30mA\033[0m"), shown);
        String log = saidAtTheEnd(piped, 0, "log");
        assertFalse(log.contains("\033") || log.contains("u001b"), log);
        assertEquals(log, shown.replaceAll("\033\\[[0-9;]*m|\r", ""));
    }
}
