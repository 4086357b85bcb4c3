// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import org.apvirt.fuzz.Refusals;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.running.ControlException;
import org.apvirt.running.RunningMachine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Any request of the control plane, without its socket: an answer that is JSON; a refusal is one line and changes nothing. */
class ControlRequestsFuzzTest {
    private static final int LONGEST = 4000;

    private final RunningMachine running;
    private final Routes routes;

    ControlRequestsFuzzTest() throws FileFormatException {
        running = Shared.MACHINE;
        routes = Shared.ROUTES;
    }

    /** One machine for all requests: its clock has a thread. */
    private static final class Shared {
        static final RunningMachine MACHINE = boot();
        static final Routes ROUTES = new Routes(MACHINE, "fuzz");

        private static RunningMachine boot() {
            try {
                return RunningMachine.boot(MachineFile.parse("""
                        level: linux-6.12
                        adapters: {5: CEX5C, 6: CEX5A}
                        usage-domains: [4, 0x47]
                        """, "fuzz"), "fuzz.yaml");
            } catch (FileFormatException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text; // Jetty would not let it through
        }
    }

    private static Map<String, String[]> query(String text) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (String pair : text.isEmpty() ? new String[0] : text.split("&")) {
            int equals = pair.indexOf('=');
            values.computeIfAbsent(decoded(equals < 0 ? pair : pair.substring(0, equals)), name -> new ArrayList<>())
                    .add(equals < 0 ? "" : decoded(pair.substring(equals + 1)));
        }
        Map<String, String[]> query = new HashMap<>();
        values.forEach((name, all) -> query.put(name, all.toArray(String[]::new)));
        return query;
    }

    private String state() throws ControlException {
        return ControlJson.text(List.of(running.cards(), running.queues(), running.guests().list(),
                running.host().modules(), Views.FaultView.of(running), running.machine().usageDomains()));
    }

    /** A line with method, path and query; behind it the content. */
    @FuzzTest(maxDuration = "2h")
    void request(byte[] bytes) throws Exception {
        String text = Refusals.text(Arrays.copyOf(bytes, Math.min(bytes.length, LONGEST)));
        int newline = text.indexOf('\n');
        String line = newline < 0 ? text : text.substring(0, newline);
        int space = line.indexOf(' ');
        String target = line.substring(space + 1);
        int mark = target.indexOf('?');
        Map<String, String[]> query = query(mark < 0 ? "" : target.substring(mark + 1));
        if (target.contains("attributes") || target.contains("scans") || target.contains("guests")
                || target.contains("modules")) {
            query.putIfAbsent("wait", new String[]{"0.2"}); // else those that must wait take ten seconds each
        }
        String before = state();
        Reply reply = routes.reply(new Call(space < 0 ? "" : line.substring(0, space),
                decoded(mark < 0 ? target : target.substring(0, mark)), query,
                newline < 0 ? "" : text.substring(newline + 1), null));
        switch (reply) {
            case EventStream stream -> routes.streams().release();
            case Answer answer -> judge(answer, before);
        }
        running.faults().liftAll();
    }

    private void judge(Answer answer, String before) throws ControlException {
        assertTrue(answer.status() < 500 || answer.status() == 503, answer::toString);
        if (answer.content().isEmpty() || "application/yaml".equals(answer.type())) {
            return;
        }
        JsonElement content = JsonParser.parseString(answer.content());
        if (answer.status() >= 400) {
            Refusals.assertOneLine(content.getAsJsonObject().get("detail").getAsString());
            assertEquals(before, state());
        }
    }
}
