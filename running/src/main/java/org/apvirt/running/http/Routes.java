// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.apvirt.running.ControlException;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.MachineView;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The table of what there is: every route is a call of a type of {@code org.apvirt.running}. */
final class Routes {
    private static final Set<String> NONE = Set.of();

    private final List<Route> table = new ArrayList<>();
    private final StreamLimit streams = new StreamLimit();

    Routes(RunningMachine running, String program) {
        table.add(new Route("GET", "/openapi.json", NONE, NONE, call -> Answer.ok(document())));
        table.add(new Route("GET", "/v1/status", Set.of("queues"), NONE,
                call -> Answer.ok(running.status(program, wanted(call)))));
        table.add(new Route("GET", "/v1/machine", NONE, NONE, call -> Answer.ok(MachineView.of(running))));
        table.add(new Route("GET", "/v1/machine/file", NONE, NONE,
                call -> Answer.text("application/yaml", running.control().describe())));
        table.addAll(new HardwareRoutes(running).table());
        table.addAll(new FaultRoutes(running).table());
        table.addAll(new KeyRoutes(running).table());
        table.addAll(new KernelRoutes(running).table());
        table.addAll(new GuestRoutes(running).table());
        table.addAll(new JournalRoutes(running, streams).table());
    }

    private static boolean wanted(Call call) throws ControlException {
        String queues = call.word("queues");
        if (queues != null && !queues.equals("true") && !queues.equals("false")) {
            throw Call.invalid("queues", "'" + queues + "' is neither true nor false");
        }
        return queues == null || queues.equals("true");
    }

    /** Returns the document that describes all this. */
    private static Object document() throws IOException {
        try (InputStream in = Routes.class.getResourceAsStream("openapi.yaml")) {
            if (in == null) {
                throw new IOException("openapi.yaml is not in the program");
            }
            Object document = new Load(LoadSettings.builder().build())
                    .loadFromString(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            if (document == null) {
                throw new IOException("openapi.yaml is empty");
            }
            return document;
        }
    }

    /** Returns the table. */
    List<Route> table() {
        return List.copyOf(table);
    }

    StreamLimit streams() {
        return streams;
    }

    /** Does what a request wants; never throws but for an {@link Error}. */
    Reply reply(Call call) {
        Set<String> methods = new TreeSet<>();
        try {
            for (Route route : table) {
                Map<String, String> variables = route.match(call.path());
                if (variables != null && route.method().equals(call.method())) {
                    call.arrived(variables, route.query(), route.body());
                    return route.action().run(call);
                }
                if (variables != null) {
                    methods.add(route.method());
                }
            }
        } catch (Exception e) {
            return Answer.of(Problem.of(e));
        }
        String path = String.join("/", call.path());
        return Answer.of(methods.isEmpty()
                ? Problem.missing(null, "there is no " + path + "; GET /openapi.json tells what there is")
                : new Problem("method not allowed", 405, path + " knows " + String.join(", ", methods) + ", not "
                        + call.method(), null, null));
    }
}
