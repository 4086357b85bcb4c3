// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A client, the proxy, and a QEMU that answers each command with what it was. */
@Timeout(20)
class QmpProxyTest extends ProxiedMonitor {
    @Test
    void aGuestWithTheDeviceIsNeitherSavedNorMigrated() throws IOException {
        List<String> saving = List.of("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:cat\"}}",
                "{\"execute\":\"snapshot-save\",\"arguments\":{\"job-id\":\"a\"}}",
                "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"savevm one\"}}",
                "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"migrate -d exec:cat\"}}");
        String words = "State blocked by non-migratable device '/1/vfio-ap'";
        negotiate();
        for (String command : saving) { // it has none yet
            send(client, command + "\n");
            answerTurn();
            assertEquals(command, next(behind));
            send(behind, "{\"return\": {}}\n");
            next(client);
        }
        guest.device = PATH;
        for (String command : saving.subList(0, 2)) {
            send(client, command + "\n");
            answerTurn();
            assertEquals("{\"error\":{\"class\":\"GenericError\",\"desc\":\"" + words + "\"}}",
                    unescaped(next(client)));
        }
        for (String command : saving.subList(2, 4)) {
            send(client, command + "\n");
            answerTurn();
            assertEquals("{\"return\":\"Error: " + words + "\\r\\n\"}", unescaped(next(client)));
        }
        String other = "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"info savevm\"}}";
        send(client, other + "\n");
        answerTurn();
        assertEquals(other, next(behind));
    }

    /** Gson writes an apostrophe as a number. */
    private static String unescaped(String text) {
        return text.replace("\\u0027", "'");
    }

    @Test
    void whatDoesNotConcernUsIsPassedOnAsItIs() throws IOException {
        negotiate();
        for (String text : List.of("{ 'execute' : 'query-status',\"id\": 1e2 }", "nonsense", "[1]", "{\"execute\": 5}",
                "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-rng-ccw\"}}",
                "{\"execute\":\"query-cpu-model-expansion\",\"arguments\":{\"type\":\"full\",\"model\":{\"name\":\"max\"}}}")) {
            send(client, text + "\n");
            assertEquals(text, next(behind));
            send(behind, text + "\r\n");
            assertEquals(text, next(client));
        }
        assertEquals(List.of(), guest.asked);
        String other = "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"disk0\"}}";
        send(client, other + "\n");
        answerTurn();
        assertEquals(other, next(behind));
    }

    /** Saving a guest to a file is a migration too. */
    @Test
    void aGuestIsNotMigratedWithoutTheDeviceThatQemuDoesNotHave() throws IOException {
        negotiate();
        String migrate = "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:migrate\"},\"id\":7}";
        guest.device = PATH;
        send(client, migrate + "\n");
        answerTurn();
        assertEquals(
                "{\"error\":{\"class\":\"GenericError\",\"desc\":\"State blocked by non-migratable device '/1/vfio-ap'\"},"
                        + "\"id\":7}",
                next(client));
        guest.device = null;
        send(client, migrate + "\n");
        answerTurn();
        assertEquals(migrate, next(behind));
    }

    @Test
    void descriptorsGoWithTheirCommand() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "content");
        negotiate();
        try (FileInputStream open = new FileInputStream(file.toFile())) {
            int descriptor = descriptorOf(file);
            client.send("{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"a\"}}\n".getBytes(StandardCharsets.UTF_8),
                    List.of(descriptor, descriptor));
            List<Integer> passed = new ArrayList<>();
            byte[] bytes = new byte[100];
            int count = behind.receive(bytes, passed);
            assertTrue(new String(bytes, 0, count, StandardCharsets.UTF_8).contains("getfd"));
            assertEquals(2, passed.size());
            assertFalse(passed.contains(descriptor));
            assertEquals("content", Files.readString(Path.of("/proc/self/fd/" + passed.get(1))));
            UnixSocket.close(passed);
            assertTrue(open.available() > 0);
        }
    }

    private static int descriptorOf(Path file) throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(each -> {
                try {
                    return Files.readSymbolicLink(each).equals(file);
                } catch (IOException e) {
                    return false;
                }
            }).map(each -> Integer.valueOf(each.getFileName().toString())).findFirst().orElseThrow();
        }
    }

    @Test
    void kvmIsThereForWhoAskedForIt() throws IOException {
        send(client, "{\"execute\":\"query-kvm\"}\n");
        assertEquals("{\"execute\":\"query-kvm\"}", next(behind), "before the capabilities QEMU refuses");
        negotiate();
        send(client, "{\"execute\":\"query-kvm\",\"id\":\"libvirt-5\"}\n");
        answerTurn();
        assertEquals("{\"return\":{\"enabled\":true,\"present\":true},\"id\":\"libvirt-5\"}", next(client));
        send(client,
                "{\"execute\":\"query-cpu-model-expansion\",\"arguments\":{\"model\":{\"name\":\"host\"}},\"id\":6}\n");
        assertEquals(
                "{\"execute\":\"query-cpu-model-expansion\",\"arguments\":{\"model\":{\"name\":\"max\"}},\"id\":6}",
                next(behind));
        guest.kvm = false;
        send(client, "{\"execute\":\"query-kvm\"}\n");
        assertEquals("{\"execute\":\"query-kvm\"}", next(behind));
    }

    @Test
    void theDeviceIsPluggedAndUnpluggedHereAndTheEventFollowsTheReply() throws IOException {
        negotiate();
        String add = "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-ap\",\"id\":\"hostdev0\",\"sysfsdev\":\"/u\"},\"id\":";
        send(client, add + "1}\n");
        answerTurn();
        assertEquals("{\"return\":{},\"id\":1}", next(client));
        send(client, add + "2}\n");
        answerTurn();
        assertEquals(
                "{\"error\":{\"class\":\"GenericError\",\"desc\":\"A \\u0027ap-bus\\u0027 bus was found but is full\"},\"id\":2}"
                        .replace("\\u0027", "'"),
                next(client));
        send(client, "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"hostdev0\"},\"id\":3}\n");
        answerTurn();
        assertEquals("{\"return\":{},\"id\":3}", next(client));
        String event = next(client);
        assertTrue(
                event.matches(
                        "\\{\"timestamp\":\\{\"seconds\":[0-9]+,\"microseconds\":[0-9]+},\"event\":\"DEVICE_DELETED\","
                                + "\"data\":\\{\"device\":\"hostdev0\",\"path\":\"/machine/peripheral/hostdev0\"}}"),
                event);
        send(client, "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"hostdev0\"},\"id\":4}\n");
        answerTurn();
        assertEquals("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"hostdev0\"},\"id\":4}", next(behind),
                "QEMU says that there is none");
        String options = "{driver=vfio-ap, id=hostdev0, sysfsdev=/u}";
        assertEquals(List.of("plug " + options, "plug " + options, "unplug hostdev0"), guest.asked);
    }

    @Test
    void aResetAndWhatStopsAndContinuesAreHeardAndPassedOn() throws IOException {
        negotiate();
        send(behind, "{\"event\": \"RESET\", \"data\": {\"guest\": true}}\r\n");
        assertEquals("{\"event\": \"RESET\", \"data\": {\"guest\": true}}", next(client));
        for (String command : List.of("stop", "cont")) {
            send(client, "{\"execute\":\"" + command + "\"}\n");
            answerTurn();
            assertEquals("{\"execute\":\"" + command + "\"}", next(behind));
        }
        assertEquals(List.of("reset", "stop", "cont"), guest.asked);
    }

    @Test
    void whoHoldsAGdbStubStopsItUnheardAndItCountsAsRunning() throws IOException {
        negotiate();
        guest.held = true;
        send(client, "{\"execute\":\"cont\",\"id\":1}\n");
        answerTurn();
        assertTrue(next(client).endsWith(",\"event\":\"RESUME\"}"));
        assertEquals("{\"return\":{},\"id\":1}", next(client));
        send(behind,
                "{\"event\": \"STOP\"}\r\n{\"event\": \"RESUME\"}\r\n{\"return\": {\"status\": \"debug\", \"running\": false}}\r\n"
                        + "{\"return\": {\"status\": \"shutdown\", \"running\": false}}\r\n");
        assertEquals("{\"return\":{\"status\":\"running\",\"running\":true}}", next(client));
        assertEquals("{\"return\": {\"status\": \"shutdown\", \"running\": false}}", next(client));
        guest.held = false;
        send(behind, "{\"event\": \"STOP\"}\r\n");
        assertEquals("{\"event\": \"STOP\"}", next(client));
    }

    @Test
    void aClientThatHasNotNegotiatedHearsOfNothing() throws IOException {
        proxy.deviceDeleted(PATH);
        negotiate(); // fails if an event comes first
        proxy.deviceDeleted("/machine/peripheral-anon/device[0]");
        String event = next(client);
        assertTrue(event.endsWith("\"data\":{\"path\":\"/machine/peripheral-anon/device[0]\"}}"), event);
    }

    @Test
    void whenOneEndGoesTheOtherIsClosedAndTheNextClientIsServed() throws IOException {
        client.close();
        assertEquals(0, behind.receive(new byte[1], new ArrayList<>()));
        client = UnixSocket.connect(directory.resolve("front"));
        behind.close();
        behind = qemu.accept();
        negotiate();
        behind.shutdown();
        assertEquals(0, client.receive(new byte[1], new ArrayList<>()));
    }

    /** As QEMU's own Python library has it. */
    @Test
    void aClientThatListensItselfIsConnectedTo() throws IOException {
        UnixSocket listening = UnixSocket.listen(directory.resolve("client"));
        try (listening; UnixSocket second = UnixSocket.listen(directory.resolve("second"))) {
            proxy.serveConnected(directory.resolve("client"), directory.resolve("second"));
            client.close();
            behind.close();
            client = listening.accept();
            behind = second.accept();
            negotiate();
        }
    }

    @Test
    void whereNobodyListensThatIsSaidInTheWordsOfQemu() {
        Path path = directory.resolve("nobody");
        assertEquals("Failed to connect to '" + path + "': No such file or directory",
                assertThrows(IOException.class, () -> proxy.serveConnected(path, path)).getMessage());
        Path missing = path.resolve("socket");
        assertEquals("Failed to bind socket to " + missing + ": No such file or directory",
                assertThrows(IOException.class, () -> proxy.serve(missing, path)).getMessage());
        assertEquals("Failed to unlink socket " + directory + ": Is a directory",
                assertThrows(IOException.class, () -> proxy.serve(directory, path)).getMessage());
    }
}
