// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlClient.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** A machine with two cards, its control plane and a client; every answer is held against the API document. */
abstract class ControlledMachine {
    static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    @TempDir
    Path directory;
    RunningMachine running;
    ControlServer server;
    ControlClient client;
    ApiDocument document;

    @BeforeEach
    void open() throws Exception {
        running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0x47]
                """, "test"), "test.yaml");
        server = ControlServer.open(directory.resolve("control.sock"), running, "test");
        client = new ControlClient(server.path(), Duration.ofSeconds(20));
        document = new ApiDocument(client.request("GET", "/openapi.json", null).content());
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        assertFalse(Files.exists(server.path()));
    }

    final Reply ask(String method, String target, String content) throws IOException {
        Reply reply = client.request(method, target, content);
        String type = reply.status() >= 400
                ? "application/problem+json"
                : target.endsWith("/file") ? "application/yaml" : "application/json";
        document.judge(method, target, content, reply.status(), type, reply.content());
        return reply;
    }

    final JsonElement get(String target) throws IOException {
        Reply reply = ask("GET", target, null);
        assertEquals(200, reply.status(), reply::content);
        return JsonParser.parseString(reply.content());
    }

    final void done(int status, String method, String target, String content) throws IOException {
        Reply reply = ask(method, target, content);
        assertEquals(status, reply.status(), reply::content);
    }

    final JsonObject problem(int status, String method, String target, String content) throws IOException {
        Reply reply = ask(method, target, content);
        assertEquals(status, reply.status(), reply::content);
        return JsonParser.parseString(reply.content()).getAsJsonObject();
    }

    final String blame(int status, String method, String target, String content) throws IOException {
        JsonElement argument = problem(status, method, target, content).get("argument");
        return argument == null ? null : argument.getAsString();
    }

    final void write(String path, String text) throws IOException {
        done(200, "PUT", "/v1/attributes", "{\"path\": \"" + path + "\", \"text\": \"" + text + "\"}");
    }

    final void createDevice() throws IOException {
        write("/sys/bus/ap/apmask", "-5");
        write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
        write(MATRIX + UUID + "/assign_adapter", "5");
        write(MATRIX + UUID + "/assign_domain", "4");
    }
}
