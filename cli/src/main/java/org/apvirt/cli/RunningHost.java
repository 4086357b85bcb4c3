// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.machine.Json;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.running.http.ControlClient;
import org.apvirt.running.http.ControlClient.Reply;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The host of a machine that runs, asked through its control socket what QEMU would say on it. */
final class RunningHost {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Path socket;

    RunningHost(Path socket) {
        this.socket = socket;
    }

    /**
     * Returns what QEMU would say to a command line.
     *
     * @param qemu which QEMU, null: that of the machine
     * @throws IOException nobody listens, or no answer came, or none that can be understood
     */
    QemuCheck check(List<String> words, @Nullable QemuVersion qemu) throws IOException {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("words", words);
        if (qemu != null) {
            content.put("qemu", qemu.toString());
        }
        Reply reply;
        try {
            reply = new ControlClient(socket, TIMEOUT).request("POST", "/v1/qemu-checks?wait=25", Json.text(content));
        } catch (IOException e) {
            throw CtlSession.explained(socket, e);
        }
        try {
            JsonObject answer = JsonParser.parseString(reply.content()).getAsJsonObject();
            if (reply.status() != 200) {
                throw new IOException(answer.has("detail")
                        ? CtlText.text(answer, "detail")
                        : socket + ": no answer after " + TIMEOUT.toSeconds() + " s");
            }
            return new QemuCheck(lines(answer, "messages"), lines(answer, "output"), answer.get("status").getAsInt());
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(socket + " answers what is no JSON", e);
        }
    }

    private static List<String> lines(JsonObject answer, String name) {
        return answer.getAsJsonArray(name).asList().stream().map(JsonElement::getAsString).toList();
    }
}
