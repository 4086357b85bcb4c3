// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.BufferedReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A machine that runs is kept in a file and goes on elsewhere, and is looked at from a browser and a terminal. */
@Timeout(120)
class RunningMachineIT {
    private static final String MACHINE = Programs.ROOT.resolve("examples/two-guests.yaml").toString();

    @TempDir
    private Path directory;
    private final List<Process> started = new ArrayList<>();

    @BeforeAll
    static void needsFuse() {
        ExecutedProgram.requireFuse();
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : started.reversed()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        }
    }

    private BufferedReader start(String... arguments) throws Exception {
        Process process = new ProcessBuilder(ExecutedProgram.apvirt(arguments)).redirectErrorStream(true).start();
        started.add(process);
        return process.inputReader();
    }

    private static String behind(String words, BufferedReader lines) throws Exception {
        String line = lines.readLine();
        while (!line.contains(words)) {
            line = lines.readLine();
        }
        return line.substring(line.indexOf(words) + words.length()).split(" ")[0];
    }

    private static HttpResponse<String> get(String address) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(address)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static void assertPage(String address) throws Exception {
        HttpResponse<String> page = get(address);
        assertEquals(200, page.statusCode());
        assertTrue(page.body().contains("<html"), page.body());
    }

    private static String page(BufferedReader lines) throws Exception {
        return behind("shown in a browser at ", lines);
    }

    /** Returns a port that was free just now. */
    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Path point(String name) throws Exception {
        return Files.createDirectory(directory.resolve(name));
    }

    @Test
    void aSnapshotGoesOnBelowADirectoryAndUnderAProgram() throws Exception {
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        String snapshot = directory.resolve("snapshot.yaml").toString();
        String socket = behind("--socket ", start("mount", MACHINE, first.toString()));
        Files.writeString(first.resolve("sys/bus/ap/apmask"), "-5");
        String mask = Files.readString(first.resolve("sys/bus/ap/apmask"));
        Said said = ExecutedProgram.run(Map.of(), "ctl", "--socket", socket, "snapshot", snapshot);
        assertEquals(0, said.status(), said::err);
        BufferedReader lines = start("mount", "--web", "--from", snapshot, second.toString());
        assertPage(page(lines));
        assertEquals(mask, Files.readString(second.resolve("sys/bus/ap/apmask")));
        assertEquals(new Said(0, mask, ""),
                ExecutedProgram.run(Map.of(), "exec", "--from", snapshot, "--", "cat", "/sys/bus/ap/apmask"));
    }

    @Test
    void aMountedMachineHasAPageThatFollowsItAndEndsWithIt() throws Exception {
        Path point = point("point");
        String address = page(start("mount", "--web", MACHINE, point.toString()));
        assertPage(address);
        assertFalse(get(address + "v1/queues/05.0004").body().contains("\"vfio_ap\""));
        Files.writeString(point.resolve("sys/bus/ap/apmask"), "-5");
        String queue = get(address + "v1/queues/05.0004").body();
        assertTrue(queue.contains("\"vfio_ap\""), queue);
        Process mount = started.get(0);
        mount.destroy();
        assertTrue(mount.waitFor(30, TimeUnit.SECONDS));
        assertThrows(ConnectException.class, () -> get(address));
    }

    @Test
    void twoPagesAtOnceHavePortsAndTokensOfTheirOwn() throws Exception {
        int port = freePort();
        String first = page(start("mount", "--web=" + port, MACHINE, point("first").toString()));
        String second = page(start("mount", "--web", MACHINE, point("second").toString()));
        assertTrue(first.startsWith("http://127.0.0.1:" + port + '/'), first);
        assertPage(first);
        assertPage(second);
        String token = URI.create(first).getPath();
        assertNotEquals(token, URI.create(second).getPath());
        assertNotEquals(200, get("http://127.0.0.1:" + URI.create(second).getPort() + token).statusCode());
    }

    @Test
    void aPortThatSomebodyHasIsRefusedAndNothingStaysBehind() throws Exception {
        Path point = point("point");
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = "" + other.getLocalPort();
            String line = "port " + port + " of 127\\.0\\.0\\.1 cannot be listened at: .*\n";
            Said mount = ExecutedProgram.run(Map.of(), "mount", "--web=" + port, MACHINE, point.toString());
            assertEquals(1, mount.status(), mount::err);
            assertEquals("", mount.out());
            assertTrue(mount.err().matches("apvirt mount: " + line), mount::err);
            assertFalse(Files.exists(point.resolve("sys")));
            Said exec = ExecutedProgram.run(Map.of(), "exec", "--web", port, MACHINE, "--", "true");
            assertEquals(1, exec.status(), exec::err);
            assertTrue(exec.err().matches("apvirt exec: " + line), exec::err);
        }
        // Free again, it is taken.
        assertPage(page(start("mount", "--web", "" + freePort(), MACHINE, point.toString())));
    }

    @Test
    void thePageOfAProgramsMachineIsThereWhileTheProgramRuns() throws Exception {
        assertPage(page(start("exec", "--web", MACHINE, "--", "sleep", "60")));
    }

    @Test
    void aWatchedMatrixIsDrawnAnewWhenTheMachineChanges() throws Exception {
        Programs.require("clients.required", Programs.isInstalled("script"), "script is missing: install bsdutils");
        Path point = Files.createDirectory(directory.resolve("point"));
        String socket = behind("--socket ", start("mount", MACHINE, point.toString()));
        Path screen = directory.resolve("screen");
        String words = ExecutedProgram.apvirt("ctl", "--socket", socket, "matrix", "-w").stream()
                .map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        started.add(new ProcessBuilder("script", "-qec", "exec " + words, "/dev/null").redirectErrorStream(true)
                .redirectOutput(screen.toFile()).start());
        int before = awaitDrawings(screen, 1);
        Files.writeString(point.resolve("sys/bus/ap/apmask"), "-5");
        awaitDrawings(screen, before + 1);
    }

    private static String[] drawings(Path screen) throws Exception {
        return Files.readString(screen).split("\033\\[H\033\\[2J", -1);
    }

    /** Waits for so many drawings, the last one complete: with its legend. */
    private static int awaitDrawings(Path screen, int count) throws Exception {
        String[] drawings = drawings(screen);
        while (drawings.length <= count || !drawings[drawings.length - 1].contains(" host")) {
            Thread.sleep(50);
            drawings = drawings(screen);
        }
        return drawings.length - 1;
    }
}
