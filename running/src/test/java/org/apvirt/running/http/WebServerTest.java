// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class WebServerTest {
    private RunningMachine running;
    private WebServer server;
    private int port;
    private String path;

    @BeforeEach
    void open() throws Exception {
        running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                adapters: {5: CEX5C, 6: {type: CEX5A, config: false}, 7: {type: CEX5A, checkstop: true}}
                usage-domains: [4, 0x47]
                host:
                  attributes: {aqmask: "-0x47"}
                """, "test"), "test.yaml");
        server = WebServer.open(0, running, "test");
        URI address = URI.create(server.address());
        port = address.getPort();
        path = address.getPath();
    }

    @AfterEach
    void close() throws Exception {
        server.close();
    }

    /** Asks as no client library would, so that each header is what the test says. */
    private String ask(String method, String target, String headers, String content) throws IOException {
        return send(method, target, headers + "Content-Length: " + content.length() + "\r\n", content);
    }

    private String send(String method, String target, String headers, String content) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write((method + ' ' + target + " HTTP/1.1\r\n" + headers
                    + "Connection: close\r\n\r\n" + content).getBytes(StandardCharsets.ISO_8859_1));
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    private String host() {
        return "Host: 127.0.0.1:" + port + "\r\n";
    }

    private int status(String target, String headers) throws IOException {
        return Integer.parseInt(ask("GET", target, headers, "").split(" ")[1]);
    }

    @Test
    void thePageAndItsPartsAreServedToWhoHasTheToken() throws IOException {
        String page = ask("GET", path, host(), "");
        assertTrue(page.startsWith("HTTP/1.1 200") && page.contains("<canvas id=\"canvas\">"), page);
        assertTrue(page.contains("Content-Security-Policy: default-src 'none'"), page);
        assertFalse(page.contains("Access-Control-Allow-Origin"), page);
        assertEquals(200, status(path + "page.js", host()));
        assertEquals(200, status(path + "page.css", host()));
        assertEquals(200, status(path + "v1/status", "Host: localhost:" + port + "\r\n"));
        assertTrue(ask("GET", path + "v1/matrix", host(), "").contains(
                "{\"adapters\":[5,6,7],\"domains\":[4,71],\"guests\":[],\"rows\":[\"hr\",\"oo\",\"xx\"]}"));
    }

    @Test
    void aChangeIsMadeAndTheKernelsRefusalIsTold() throws IOException {
        String headers = host() + "Origin: http://127.0.0.1:" + port + "\r\nSec-Fetch-Site: same-origin\r\n";
        String done = ask("PUT", path + "v1/attributes", headers,
                "{\"path\": \"/sys/bus/ap/config_time\", \"text\": \"x\"}");
        assertTrue(done.startsWith("HTTP/1.1 409") && done.contains("EINVAL"), done);
    }

    @Test
    void whatSaysThatItIsTooLongIsRefusedBeforeItComes() throws IOException {
        String answer = send("POST", path + "v1/cards", host() + "Content-Length: 99999999999\r\n", "");
        assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
    }

    @ParameterizedTest
    @CsvSource({"Host: evil.example", "Host: 127.0.0.1", "Host: evil.example:PORT", "Host: 127.0.0.1:1",
            "Host: [::1]:PORT", "X: y", "Host: 127.0.0.1:PORT|Origin: http://evil.example",
            "Host: 127.0.0.1:PORT|Origin: null", "Host: 127.0.0.1:PORT|Origin: http://127.0.0.1:1",
            "Host: 127.0.0.1:PORT|Origin: http://localhost:PORT", "Host: 127.0.0.1:PORT|Sec-Fetch-Site: cross-site",
            "Host: 127.0.0.1:PORT|Sec-Fetch-Site: same-site", "Host: 127.0.0.1:PORT|Host: evil.example",
            "Host: 127.0.0.1:PORT|Origin: http://127.0.0.1:PORT|Origin: http://evil.example",
            "Host: 127.0.0.1:PORT|Sec-Fetch-Site: none|Sec-Fetch-Site: cross-site"})
    void aRequestThatAnotherPageOrNameBringsIsRefused(String headers) throws IOException {
        String lines = headers.replace("PORT", Integer.toString(port)).replace("|", "\r\n") + "\r\n";
        for (String target : new String[]{path, path + "v1/status", path + "v1/changes/stream", path + "page.js"}) {
            int status = status(target, lines);
            assertTrue(status == 403 || status == 400, () -> status + " for " + lines);
        }
    }

    @ParameterizedTest
    @CsvSource({"/", "/v1/status", "/00000000000000000000000000000000/v1/status", "/page.js", "//v1/status",
            "/openapi.json", "TOKENx/v1/status", "TOKEN", "/x/../TOKEN/../v1/status"})
    void withoutTheTokenNothingIsTold(String target) throws IOException {
        String token = path.substring(0, path.length() - 1);
        String answer = ask("GET", target.replace("/TOKEN", token).replace("TOKEN", token), host(), "");
        assertTrue(answer.startsWith("HTTP/1.1 403") || answer.startsWith("HTTP/1.1 400"), answer);
        assertFalse(answer.contains("test.yaml"), answer);
    }

    @Test
    void theTokenIsAnotherEachTimeAndAPortThatIsTakenIsNamed() throws Exception {
        try (WebServer other = WebServer.open(0, running, "test")) {
            assertFalse(other.address().endsWith(path));
        }
        String problem = assertThrows(IOException.class, () -> WebServer.open(port, running, "test")).getMessage();
        assertTrue(problem.startsWith("port " + port + " of 127.0.0.1 cannot be listened at"), problem);
    }
}
