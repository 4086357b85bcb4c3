// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Clients that send several commands at once, and such as do not keep to what QEMU takes. */
@Timeout(20)
class QmpTurnTest extends ProxiedMonitor {
    private static final String ADD = "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-ap\",\"id\":\"hostdev0\",\"sysfsdev\":\"/u\"}}";

    /** A client without ids tells replies by their order. */
    @Test
    void whatIsAnsweredHereIsAnsweredInItsTurn() throws IOException {
        negotiate();
        send(client, "{\"execute\":\"query-name\"}" + ADD + "{\"execute\":\"query-status\"}\n");
        assertEquals("{\"execute\":\"query-name\"}", next(behind));
        String turn = next(behind);
        assertEquals(List.of(), guest.asked, "QEMU has not answered what was before");
        send(behind, "{\"return\": {\"name\": \"g1\"}}\r\n{\"event\": \"JOB_STATUS_CHANGE\"}\r\n");
        send(behind, "{\"return\": {}, " + turn.substring(turn.indexOf("\"id\"")) + "\r\n");
        assertEquals("{\"execute\":\"query-status\"}", next(behind));
        send(behind, "{\"return\": {\"running\": true}}\r\n");
        assertEquals("{\"return\": {\"name\": \"g1\"}}", next(client));
        assertEquals("{\"event\": \"JOB_STATUS_CHANGE\"}", next(client));
        assertEquals("{\"return\":{}}", next(client));
        assertEquals("{\"return\": {\"running\": true}}", next(client));
    }

    @Test
    void whoSendsItsFirstCommandWithTheCapabilitiesIsUnderstood() throws IOException {
        send(client, "{\"execute\":\"qmp_capabilities\"}" + ADD);
        assertEquals("{\"execute\":\"qmp_capabilities\"}", next(behind));
        send(behind, "{\"return\": {}}\r\n");
        answerTurn();
        assertEquals("{\"return\": {}}", next(client));
        assertEquals("{\"return\":{}}", next(client));
        assertEquals(1, guest.asked.size());
    }

    @Test
    void whoWaitsForItsTurnIsLetGoWhenQemuEnds() throws IOException {
        negotiate();
        send(client, ADD);
        next(behind);
        behind.shutdown();
        assertEquals(0, client.receive(new byte[100], new ArrayList<>()));
        assertEquals(List.of(), guest.asked);
    }

    /** QEMU says what is wrong with each. */
    @ParameterizedTest
    @ValueSource(strings = {"{execute:\"query-kvm\"}", "{\"execute\"=\"query-kvm\"}",
            "{\"execute\":\"query-kvm\";\"id\":1}",
            "{\"execute\":\"stop\",\"execute\":\"query-kvm\"}", "{\"execute\":\"query-kvm\",\"extra\":1}",
            "{\"execute\":\"query-kvm\",\"arguments\":[]}", "{\"execute\":\"query-kvm\",\"arguments\":{\"a\":1}}",
            "{\"execute\":\"query-kvm\",/*no*/\"id\":1}", "{\"execute\":\"query-kvm\",\"id\":01}",
            "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"hostdev0\",\"force\":true}}",
            "{\"execute\":\"device_del\",\"arguments\":{\"id\":5}}"})
    void whatQemuWouldNotTakeIsNotTakenHere(String command) throws IOException {
        negotiate();
        guest.device = PATH;
        send(client, command + "\n");
        assertEquals(command, next(behind));
        assertEquals(List.of(), guest.asked);
    }

    @Test
    void aCommandInSingleQuotesIsOneAndItsIdMayBeAnything() throws IOException {
        negotiate();
        for (String id : List.of("null", "[1,{\"a\":2.50}]", "123456789012345678901234567890", "1e400")) {
            send(client, "{'execute':'query-kvm','id':" + id + "}\n");
            answerTurn();
            assertEquals("{\"return\":{\"enabled\":true,\"present\":true},\"id\":" + id + "}", next(client));
        }
    }

    @Test
    void whatIsNestedTooDeepIsLeftToQemu() throws IOException {
        negotiate();
        String deep = "{\"execute\":\"query-kvm\",\"id\":" + "[".repeat(5000) + "]".repeat(5000) + "}";
        send(client, deep + "\n");
        assertEquals(deep, next(behind));
    }

    @Test
    void aClientThatDoesNotReadHoldsUpNobodyWhoTellsAnEvent() throws IOException {
        negotiate();
        String filler = "{\"return\": \"" + "x".repeat(8000) + "\"}\r\n";
        Thread qemuTalks = new Thread(() -> {
            try {
                while (true) {
                    behind.send(filler.getBytes(StandardCharsets.US_ASCII), List.of());
                }
            } catch (IOException e) {
                return; // the session has ended
            }
        });
        qemuTalks.start();
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            Thread.sleep(300); // all buffers are full
            for (int i = 0; i < 1000; i++) {
                proxy.deviceDeleted(PATH);
            }
            qemuTalks.join(); // it was let go
        });
        assertTrue(guest.asked.isEmpty());
    }
}
