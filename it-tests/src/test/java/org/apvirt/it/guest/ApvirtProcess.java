// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.running.http.ControlClient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A process of apvirt and what it says. */
final class ApvirtProcess implements AutoCloseable {
    private final Process process;
    private final Path said;

    /** @param said the file that takes both its outputs */
    ApvirtProcess(Path said, String... arguments) throws IOException {
        this(said, Map.of(), arguments);
    }

    /**
     * In a session, and so in a process group, of its own: what is sent to that does not reach the test. Signals do what they
     * do by default, also where the test runs in the background, whose programs inherit that INT is ignored.
     */
    ApvirtProcess(Path said, Map<String, String> environment, String... arguments) throws IOException {
        this.said = said;
        List<String> command = new ArrayList<>(List.of("setsid", "env", "--default-signal=INT,HUP"));
        command.addAll(ExecutedProgram.apvirt(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
    }

    /** Waits until it says something, and returns the first group of that, if it has one. */
    String await(String pattern) throws IOException, InterruptedException {
        for (int i = 0; i < 1500; i++) {
            Matcher matcher = Pattern.compile(pattern).matcher(said());
            if (matcher.find()) {
                return matcher.groupCount() == 0 ? matcher.group() : matcher.group(1);
            }
            String now = said();
            assertTrue(process.isAlive() || i == 0, () -> "it has ended without '" + pattern + "': " + now);
            Thread.sleep(20);
        }
        throw new AssertionError("never said '" + pattern + "': " + said());
    }

    String said() throws IOException {
        return Files.readString(said);
    }

    /** Sends a request to the control socket and returns the answer's status. */
    int ask(String method, String target, String content) throws IOException, InterruptedException {
        Path socket = Path.of(await("apvirt ctl --socket (\\S+) help"));
        return new ControlClient(socket, Duration.ofSeconds(30)).request(method, target, content).status();
    }

    int write(String path, String text) throws IOException, InterruptedException {
        return ask("PUT", "/v1/attributes", "{\"path\": \"" + path + "\", \"text\": \"" + text + "\"}");
    }

    int start(String name, String uuid, String stub) throws IOException, InterruptedException {
        return ask("POST", "/v1/guests",
                "{\"name\": \"" + name + "\", \"uuid\": \"" + uuid + "\", \"stub\": \"" + stub + "\"}");
    }

    /** Sends it a signal, by name. */
    void signal(String name) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start().waitFor());
    }

    /** Sends its process group a signal, as a terminal does. */
    void signalFromTerminal(String name) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", "-s", name, "--", "-" + process.pid()).start().waitFor());
    }

    /** Waits until it has ended, and returns its status. */
    int awaitEnd() throws IOException, InterruptedException {
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), () -> "it does not end: " + said);
        return process.exitValue();
    }

    /** kill -9 */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy(); // a mount is taken away by the program itself
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
