// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.machine.Json;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** A running QEMU whose monitor (QMP) is its standard input and output. */
final class QemuMonitor implements AutoCloseable {
    private final Process process;
    private final Writer in;
    private final BufferedReader out;

    /** Starts the program that these words name. */
    QemuMonitor(List<String> words) throws IOException {
        process = new ProcessBuilder(words).redirectErrorStream(true).start();
        in = process.outputWriter(StandardCharsets.UTF_8);
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        out.readLine(); // greeting
        ask("qmp_capabilities", Map.of());
    }

    private void send(String command, Map<String, Object> arguments) throws IOException {
        in.write(Json.text(Map.of("execute", command, "arguments", arguments)) + "\n");
    }

    @SuppressWarnings("unchecked") // the answers are objects
    private Map<String, Object> answer() throws IOException {
        return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(out.readLine());
    }

    private Object ask(String command, Map<String, Object> arguments) throws IOException {
        send(command, arguments);
        in.flush();
        Map<String, Object> answer = answer();
        if (!answer.containsKey("return")) {
            throw new IOException(command + ": " + answer);
        }
        return answer.get("return");
    }

    /** Returns the names of the CPU models. */
    List<String> models() throws IOException {
        List<String> names = new ArrayList<>();
        for (Object definition : (List<?>) ask("query-cpu-definitions", Map.of())) {
            names.add(String.valueOf(((Map<?, ?>) definition).get("name")));
        }
        return names;
    }

    /** Returns the properties of an expansion, {@code static} or {@code full}. */
    Map<String, Boolean> expansion(String type, String model) throws IOException {
        Map<?, ?> answer = (Map<?, ?>) ask("query-cpu-model-expansion",
                Map.of("type", type, "model", Map.of("name", model)));
        Map<String, Boolean> properties = new LinkedHashMap<>();
        if (((Map<?, ?>) answer.get("model")).get("props") instanceof Map<?, ?> given) {
            given.forEach((name, on) -> properties.put(String.valueOf(name), (Boolean) on));
        }
        return properties;
    }

    /** Switches each feature on by itself and returns what QEMU says to it, empty if nothing. */
    List<String> refusals(String model, List<String> features) throws IOException {
        List<String> answers = new ArrayList<>();
        for (String feature : features) {
            send("query-cpu-model-expansion", Map.of("type", "static", "model",
                    Map.of("name", model, "props", Map.of(feature, true))));
            in.flush();
            String answer = out.readLine();
            answers.add(answer.startsWith("{\"error\"")
                    ? answer.replaceFirst(".*\"desc\": \"", "").replaceFirst("\"}}$", "")
                    : "");
        }
        return answers;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
