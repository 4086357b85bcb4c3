// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A server that SIGSTOP has stopped, as a debugger or Ctrl-Z does: nobody who asks it waits for ever. */
@Timeout(120)
class StoppedServerIT {
    @TempDir
    private Path directory;
    private Map<String, String> environment;
    private Process exec;
    private long server;
    private Path socket;

    @BeforeEach
    void stopServer() throws Exception {
        ExecutedProgram.requireFuse();
        Path machine = Files.writeString(directory.resolve("machine.yaml"),
                "adapters: {5: CEX5C}\nusage-domains: [4]\n");
        Path runtime = Files.createDirectory(directory.resolve("run"));
        environment = Map.of("XDG_RUNTIME_DIR", runtime.toString());
        ProcessBuilder builder = new ProcessBuilder(
                ExecutedProgram.apvirt("exec", machine.toString(), "--", "sh", "-c", "echo up; exec sleep 100"));
        builder.environment().putAll(environment);
        exec = builder.start();
        assertEquals("up", exec.inputReader().readLine());
        try (Stream<Path> files = Files.walk(runtime)) {
            socket = files.filter(file -> file.toString().endsWith(".sock")).findFirst().orElseThrow();
        }
        server = Programs.processes("serve-namespace " + machine).get(0).pid();
        send("STOP");
    }

    private void send(String signal) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", "-s", signal, Long.toString(server)).start().waitFor());
    }

    @AfterEach
    void end() throws Exception {
        exec.destroyForcibly().waitFor();
        send("KILL");
    }

    private Said ctl(String... arguments) throws Exception {
        return ExecutedProgram.run(environment,
                Stream.concat(Stream.of("ctl"), Stream.of(arguments)).toArray(String[]::new));
    }

    @Test
    void ctlSaysSoInOneLineWithinItsTimeoutAndWorksAgainAfterwards() throws Exception {
        for (List<String> request : List.of(List.of("status"), List.of("log", "-f"),
                List.of("read", "/sys/bus/ap/apmask"),
                List.of("rmmod", "vfio_ap"))) {
            List<String> arguments = new java.util.ArrayList<>(request);
            arguments.addAll(1, List.of("--socket", socket.toString(), "--timeout", "0.5"));
            Said said = ctl(arguments.toArray(String[]::new));
            assertEquals(1, said.status(), said.toString());
            assertEquals("apvirt ctl " + request.get(0) + ": no answer from " + socket
                    + " within 500 ms; is its process stopped?\n", said.err());
        }
        Said list = ctl("list", "--timeout", "0.5");
        assertTrue(list.out().contains(socket.toString()) || list.err().contains(socket.toString()), list.toString());
        send("CONT");
        Said said = ctl("read", "--socket", socket.toString(), "/sys/devices/ap/card05/type");
        assertEquals(new Said(0, "CEX5C\n", ""), said);
    }

    @Test
    void anotherMachineStartsBesideIt() throws Exception {
        Said said = ExecutedProgram.run(environment, "exec", directory.resolve("machine.yaml").toString(), "--", "cat",
                "/sys/devices/ap/card05/type");
        assertEquals(new Said(0, "CEX5C\n", ""), said);
        assertTrue(Files.exists(socket), "the socket of one that is stopped is not stale");
    }
}
