// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A client, the proxy, and a QEMU that is written by the test. */
abstract class ProxiedMonitor {
    static final String PATH = "/machine/peripheral/hostdev0";

    private static final Pattern TURN = Pattern
            .compile("\\{\"execute\":\"query-version\",\"id\":\"(apvirt-[-0-9a-f]+)\"}");

    @TempDir
    Path directory;
    final Guest guest = new Guest();
    final QmpProxy proxy = new QmpProxy(guest, () -> true);
    UnixSocket qemu;
    UnixSocket client;
    UnixSocket behind;

    /** A guest that notes what it is asked for. */
    final class Guest implements MonitoredGuest {
        final List<String> asked = new ArrayList<>();
        String device;
        boolean kvm = true;
        boolean held;

        @Override
        public boolean wantsKvm() {
            return kvm;
        }

        @Override
        public String device() {
            return device;
        }

        @Override
        public void plug(Map<String, String> options) throws Refusal {
            asked.add("plug " + options);
            if (device != null) {
                throw new Refusal("GenericError", "A 'ap-bus' bus was found but is full");
            }
            device = PATH;
        }

        @Override
        public String unplug(String id) {
            asked.add("unplug " + id);
            device = null;
            return PATH;
        }

        @Override
        public void wasDeleted(String path) {
            proxy.deviceDeleted(path);
        }

        @Override
        public void wasReset() {
            asked.add("reset");
        }

        @Override
        public boolean isHeld() {
            return held;
        }

        @Override
        public void beforeContinue() {
            asked.add("cont");
        }

        @Override
        public void beforeStop() {
            asked.add("stop");
        }
    }

    @BeforeEach
    void connect() throws IOException {
        qemu = UnixSocket.listen(directory.resolve("behind"));
        proxy.serve(directory.resolve("front"), directory.resolve("behind"));
        client = UnixSocket.connect(directory.resolve("front"));
        behind = qemu.accept();
    }

    @AfterEach
    void close() {
        proxy.close();
        client.close();
        behind.close();
        qemu.close();
    }

    static void send(UnixSocket to, String text) throws IOException {
        to.send(text.getBytes(StandardCharsets.UTF_8), List.of());
    }

    static String next(UnixSocket from) throws IOException {
        StringBuilder line = new StringBuilder();
        byte[] one = new byte[1];
        while (line.indexOf("\n") < 0) {
            assertEquals(1, from.receive(one, new ArrayList<>()), "closed after: " + line);
            line.append((char) one[0]);
        }
        return line.toString().strip();
    }

    void negotiate() throws IOException {
        send(client, "{\"execute\":\"qmp_capabilities\"}\n");
        assertEquals("{\"execute\":\"qmp_capabilities\"}", next(behind));
        send(behind, "{\"return\": {}}\r\n");
        assertEquals("{\"return\": {}}", next(client));
    }

    /** QEMU answers what tells the proxy that it has answered all before. */
    void answerTurn() throws IOException {
        String asked = next(behind);
        Matcher id = TURN.matcher(asked);
        assertTrue(id.matches(), asked);
        send(behind, "{\"return\": {\"package\": \"\"}, \"id\": \"" + id.group(1) + "\"}\r\n");
    }
}
