// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlClient.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class ControlServerTest {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    @TempDir
    private Path directory;
    private RunningMachine running;
    private ControlServer server;
    private ControlClient client;
    private ApiDocument document;

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

    private Reply ask(String method, String target, String content) throws IOException {
        Reply reply = client.request(method, target, content);
        String type = reply.status() >= 400
                ? "application/problem+json"
                : target.endsWith("/file") ? "application/yaml" : "application/json";
        document.judge(method, target, content, reply.status(), type, reply.content());
        return reply;
    }

    private JsonElement get(String target) throws IOException {
        Reply reply = ask("GET", target, null);
        assertEquals(200, reply.status(), reply::content);
        return JsonParser.parseString(reply.content());
    }

    private void done(int status, String method, String target, String content) throws IOException {
        Reply reply = ask(method, target, content);
        assertEquals(status, reply.status(), reply::content);
    }

    private JsonObject problem(int status, String method, String target, String content) throws IOException {
        Reply reply = ask(method, target, content);
        assertEquals(status, reply.status(), reply::content);
        return JsonParser.parseString(reply.content()).getAsJsonObject();
    }

    private String blame(int status, String method, String target, String content) throws IOException {
        JsonElement argument = problem(status, method, target, content).get("argument");
        return argument == null ? null : argument.getAsString();
    }

    private void write(String path, String text) throws IOException {
        done(200, "PUT", "/v1/attributes", "{\"path\": \"" + path + "\", \"text\": \"" + text + "\"}");
    }

    private void createDevice() throws IOException {
        write("/sys/bus/ap/apmask", "-5");
        write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
        write(MATRIX + UUID + "/assign_adapter", "5");
        write(MATRIX + UUID + "/assign_domain", "4");
    }

    @Test
    void everyRouteIsDescribedAndEveryDescriptionIsARoute() {
        Set<String> routes = new TreeSet<>();
        for (Route route : new Routes(running, "test").table()) {
            routes.add(route.method() + " " + route.template());
            assertEquals(new TreeSet<>(route.query()), document.arguments(route, "query"), route.toString());
            assertEquals(new TreeSet<>(route.body()), document.arguments(route, "content"), route.toString());
        }
        assertEquals(routes, document.operations());
    }

    /** Every operation is used at least once, and each answer is what the document says. */
    @Test
    void everyOperationAnswersAsDescribed() throws Exception {
        get("/openapi.json");
        get("/v1/machine");
        assertEquals("[\"hh\",\"hh\"]", get("/v1/matrix").getAsJsonObject().get("rows").toString());
        assertTrue(get("/v1/snapshot").getAsJsonObject().get("text").getAsString().contains("\nhost:\n"));
        done(201, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"CEX8P\", \"depth\": 32, \"serial\": \"ABC\"}");
        assertEquals("ABC", get("/v1/cards/0x7").getAsJsonObject().get("serial").getAsString());
        done(200, "PATCH", "/v1/cards/7", "{\"config\": false, \"checkstop\": true}");
        assertTrue(get("/v1/machine/file".replace("/file", "")).getAsJsonObject().get("adapters").toString()
                .contains("7"));
        assertTrue(ask("GET", "/v1/machine/file", null).content().contains("serial: \"ABC\""));
        done(204, "DELETE", "/v1/cards/7", null);
        done(201, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"z16-cex8p\", \"serial\": \"93AADHZU42082261\"}");
        assertTrue(ask("GET", "/v1/machine/file", null).content()
                .contains("7: {type: CEX8P, functions: 0x06800000, depth: 8, serial: \"93AADHZU42082261\","));
        done(204, "DELETE", "/v1/cards/7", null);
        assertEquals(2, get("/v1/cards").getAsJsonArray().size());
        done(201, "POST", "/v1/domains", "{\"domain\": 5}");
        done(200, "POST", "/v1/scans", null);
        done(204, "POST", "/v1/change-reports", null);
        assertEquals(6, get("/v1/queues").getAsJsonArray().size());
        done(204, "DELETE", "/v1/domains/5", null);
        assertEquals("[4,71]", get("/v1/domains").getAsJsonObject().get("usage").toString());
        done(200, "PUT", "/v1/faults/06.0004", "{\"response\": 3}");
        assertEquals(3, get("/v1/queues/06.0004").getAsJsonObject().get("response").getAsInt());
        done(204, "DELETE", "/v1/faults/06.0004", null);
        done(201, "POST", "/v1/faults",
                "{\"apqn\": \"06.0004\", \"instruction\": \"dqap\", \"nth\": 2, \"response\": 4}");
        done(201, "POST", "/v1/faults",
                "{\"card\": 6, \"message\": \"type50\", \"probability\": 0.5, \"seed\": 7, \"reply\": 144, \"delay\": \"2s\"}");
        done(201, "POST", "/v1/faults",
                "{\"attribute\": \"06.0004/online\", \"access\": \"write\", \"errno\": \"EIO\", \"count\": 2}");
        ask("PUT", "/v1/attributes",
                "{\"path\": \"/sys/bus/ap/devices/06.0004/online\", \"text\": \"0\"}");
        assertEquals(3, get("/v1/faults").getAsJsonArray().size());
        JsonObject online = get("/v1/faults").getAsJsonArray().get(2).getAsJsonObject();
        assertEquals("1 of 1",
                online.get("hits").getAsInt() + " of " + online.get("seen").getAsInt());
        done(204, "DELETE", "/v1/faults/" + online.get("number").getAsInt(), null);
        assertEquals(2, get("/v1/faults").getAsJsonArray().size());
        done(204, "DELETE", "/v1/faults", null);
        assertEquals(0, get("/v1/faults").getAsJsonArray().size());
        done(200, "POST", "/v1/keys/05.0047", "{\"key\": \"aes\", \"operation\": \"random\"}");
        assertEquals("full", get("/v1/keys/05.0047").getAsJsonObject().getAsJsonArray("master").get(2)
                .getAsJsonObject().getAsJsonObject("next").get("state").getAsString());
        assertEquals(2, get("/v1/keys").getAsJsonArray().size());
        createDevice();
        done(200, "POST", "/v1/qemu-checks", "{\"words\": [\"kvm\"], \"qemu\": \"11\"}");
        done(201, "POST", "/v1/guests", "{\"name\": \"one\", \"uuid\": \"" + UUID + "\"}");
        assertEquals("[5]", get("/v1/guests/one").getAsJsonObject().get("adapters").toString());
        JsonObject status = get("/v1/status").getAsJsonObject();
        assertEquals("test.yaml", status.get("file").getAsString());
        assertEquals("guest", status.getAsJsonArray("queues").get(0).getAsJsonObject().get("owner").getAsString());
        assertEquals(0, get("/v1/status?queues=false").getAsJsonObject().getAsJsonArray("queues").size());
        assertEquals(1, get("/v1/guests").getAsJsonArray().size());
        done(204, "DELETE", "/v1/guests/one", null);
        done(201, "POST", "/v1/guests", "{\"name\": \"two\", \"words\": [\"qemu-system-s390x\", \"-cpu\", \"host\"],"
                + " \"qemu\": \"11\", \"process\": " + ProcessHandle.current().pid() + "}");
        done(200, "PUT", "/v1/guests/two/stub", "{\"stub\": \"plugin:" + directory.resolve("plugin") + "\"}");
        done(204, "DELETE", "/v1/guests/two/stub", null);
        done(200, "POST", "/v1/guests/two/devices",
                "{\"options\": [\"driver=vfio-ap\", \"id=x\", \"sysfsdev=/sys/bus/mdev/devices/" + UUID + "\"]}");
        assertEquals("/machine/peripheral/x", get("/v1/guests/two").getAsJsonObject().get("device").getAsString());
        done(204, "POST", "/v1/guests/two/resets", null);
        done(204, "DELETE", "/v1/guests/two/devices?id=x", null);
        Reply sent = ask("POST", "/v1/guests/two/migration", null);
        String stream = JsonParser.parseString(sent.content()).getAsJsonObject().get("stream").toString();
        done(201, "POST", "/v1/incoming", "{\"name\": \"three\", \"stream\": " + stream + "}");
        assertEquals("incoming", get("/v1/guests/three").getAsJsonObject().get("state").getAsString());
        done(200, "DELETE", "/v1/guests/three/migration", null);
        done(204, "DELETE", "/v1/guests/three", null);
        assertEquals("stream", blame(400, "POST", "/v1/incoming", "{\"stream\": \"" + "x".repeat(100_000) + "\"}"));
        assertEquals("migrating", get("/v1/guests/two").getAsJsonObject().get("state").getAsString());
        done(200, "DELETE", "/v1/guests/two/migration", null);
        done(204, "DELETE", "/v1/guests/two", null);
        write(MATRIX + UUID + "/remove", "1");
        done(204, "DELETE", "/v1/modules/vfio-ap", null);
        assertFalse(get("/v1/modules").toString().contains("vfio_ap"));
        done(201, "POST", "/v1/modules", "{\"name\": \"vfio_ap\"}");
        assertEquals("CEX5C\n", get("/v1/attributes?path=%2Fsys%2Fdevices%2Fap%2Fcard05%2Ftype").getAsJsonObject()
                .get("text").getAsString());
        assertTrue(get("/v1/attributes?path=/sys/bus").getAsJsonObject().get("entries").toString().contains("ap"));
        JsonElement jobs = get("/v1/jobs");
        String id = jobs.getAsJsonArray().get(0).getAsJsonObject().get("id").getAsString();
        assertEquals("done", get("/v1/jobs/" + id + "?wait=0.5").getAsJsonObject().get("state").getAsString());
        done(200, "DELETE", "/v1/jobs/" + id, null);
        assertTrue(get("/v1/log?most=2").getAsJsonArray().size() > 0);
        assertTrue(get("/v1/uevents").getAsJsonArray().size() > 0);
        assertTrue(get("/v1/changes").getAsJsonArray().size() > 0);
        for (String journal : List.of("log", "uevents", "changes")) {
            String target = "/v1/" + journal + "/stream";
            List<String> lines = new ArrayList<>();
            client.stream(target + "?after=0", line -> {
                lines.add(line);
                return !line.startsWith("data: ");
            });
            assertTrue(lines.get(lines.size() - 1).contains("\"sequence\":1,"), lines::toString);
            document.judge("GET", target, null, 200, "text/event-stream", "");
        }
        assertEquals(document.operations(), document.used());
    }

    private String qemuSays(String path) throws IOException {
        Reply reply = ask("POST", "/v1/qemu-checks", "{\"words\": [\"qemu-system-s390x\", \"-cpu\", \"host\","
                + " \"-device\", \"vfio-ap,sysfsdev=" + path + "\"]}");
        assertEquals(200, reply.status(), reply::content);
        return reply.content().strip();
    }

    @Test
    void qemuIsCheckedOnTheHostAsItIsAndNothingChanges() throws Exception {
        String path = MATRIX + UUID;
        String place = "qemu-system-s390x: -device vfio-ap,sysfsdev=" + path + ": ";
        assertEquals("{\"status\":1,\"messages\":[\"" + place + "vfio " + path
                + ": no such host device: No such file or directory\"],\"output\":[]}", qemuSays(path));

        createDevice();
        String before = get("/v1/uevents").toString() + get("/v1/log") + get("/v1/guests");
        for (int i = 0; i < 2; i++) { // what was only looked at is not in use
            assertEquals("{\"status\":0,\"messages\":[],\"output\":[]}", qemuSays(path));
        }
        assertEquals(before, get("/v1/uevents").toString() + get("/v1/log") + get("/v1/guests"));

        done(201, "POST", "/v1/guests", "{\"name\": \"one\", \"uuid\": \"" + UUID + "\"}");
        assertEquals("{\"status\":1,\"messages\":[\"" + place + "vfio " + UUID
                + ": Could not open '/dev/vfio/0': Device or resource busy\"],\"output\":[]}", qemuSays(path));
        assertEquals("[5]", get("/v1/guests/one").getAsJsonObject().get("adapters").toString());
    }

    private JsonElement key(int status, String apqn, String key, String operation, String part) throws IOException {
        Reply reply = ask("POST", "/v1/keys/" + apqn, "{\"key\": \"" + key + "\", \"operation\": \"" + operation
                + (part.isEmpty() ? "" : "\", \"part\": \"" + part) + "\"}");
        assertEquals(status, reply.status(), reply::content);
        assertFalse(!part.isEmpty() && reply.content().contains(part), reply::content);
        return JsonParser.parseString(reply.content());
    }

    @Test
    void aMasterKeyIsEnteredInPartsAndOnlyItsPatternIsTold() throws Exception {
        String part = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        key(200, "05.0004", "aes", "first", part);
        key(200, "05.0004", "aes", "last", "00".repeat(32));
        key(200, "05.0004", "aes", "set", "");
        String aes = get("/v1/keys/05.0004").getAsJsonObject().getAsJsonArray("master").get(2).toString();
        assertEquals("{\"key\":\"aes\",\"next\":{\"state\":\"empty\"},\"current\":{\"state\":\"valid\","
                + "\"pattern\":\"491176b0f443c65a\"},\"old\":{\"state\":\"invalid\"}}", aes);
        write("/sys/bus/ap/scans", "1");
        assertTrue(get("/v1/attributes?path=/sys/bus/ap/devices/05.0004/mkvps").toString()
                .contains("AES CUR: valid 0x491176b0f443c65a"));
        assertTrue(get("/v1/changes").toString().contains("\"kind\":\"keys\",\"id\":\"05.0004\""));
        key(200, "05.0004", "all", "zeroize", "");
        assertFalse(get("/v1/keys").toString().contains("valid\",\"pattern"));
    }

    @Test
    void aWrappingKeyIsGeneratedCommittedAndFinalized() throws Exception {
        done(201, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"CEX8P\"}");
        key(200, "07.0004", "ep11", "generate", "");
        key(409, "07.0004", "ep11", "finalize", "");
        key(200, "07.0004", "ep11", "commit", "");
        key(200, "07.0004", "ep11", "finalize", "");
        JsonObject wrapping = get("/v1/keys/07.0004").getAsJsonObject().getAsJsonObject("wrapping");
        assertEquals("valid", wrapping.getAsJsonObject("current").get("state").getAsString());
        assertEquals("false", wrapping.get("committed").toString());
    }

    @Test
    void aWrongChangeOfKeysIsRefusedAndNeverRepeatsTheKey() throws Exception {
        String before = get("/v1/keys").toString();
        key(409, "05.0004", "aes", "set", "");
        key(409, "05.0004", "aes", "last", "aa".repeat(32));
        key(400, "05.0004", "aes", "first", "aa".repeat(31));
        key(400, "05.0004", "aes", "random", "aa".repeat(32));
        key(400, "05.0004", "all", "zeroize", "aa".repeat(32));
        key(409, "05.0004", "ep11", "generate", "");
        key(409, "06.0004", "aes", "random", "");
        key(404, "05.0005", "aes", "random", "");
        key(404, "09.0004", "aes", "random", "");
        String secret = "5ec4e7".repeat(8);
        assertFalse(key(400, "05.0004", "aes", "first", secret + "zz").toString().contains(secret));
        assertEquals("key", blame(400, "POST", "/v1/keys/05.0004", "{\"key\": \"des\", \"operation\": \"set\"}"));
        assertEquals("operation",
                blame(400, "POST", "/v1/keys/05.0004", "{\"key\": \"all\", \"operation\": \"set\"}"));
        assertEquals(before, get("/v1/keys").toString());
    }

    @Test
    void aRefusalNamesTheArgumentAndChangesNothing() throws Exception {
        String before = get("/v1/status").getAsJsonObject().get("queues").toString() + get("/v1/cards")
                + get("/v1/domains")
                + get("/v1/faults") + get("/v1/guests");
        assertEquals("apid", blame(409, "POST", "/v1/cards", "{\"apid\": 5, \"type\": \"CEX8P\"}"));
        assertEquals("apid", blame(400, "POST", "/v1/cards", "{\"type\": \"CEX8P\"}"));
        assertEquals("apid", blame(400, "POST", "/v1/cards", "{\"apid\": 256, \"type\": \"CEX8P\"}"));
        assertEquals("apid", blame(400, "POST", "/v1/cards", "{\"apid\": 7.5, \"type\": \"CEX8P\"}"));
        assertEquals("apid", blame(400, "POST", "/v1/cards", "{\"apid\": \"7\\u001b[2J\", \"type\": \"CEX8P\"}"));
        assertEquals("type", blame(400, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"CEX9C\"}"));
        assertEquals("type", blame(400, "POST", "/v1/cards", "{\"apid\": 7, \"type\": [\"CEX8C\"]}"));
        assertEquals("depth", blame(400, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"CEX8C\", \"depth\": 33}"));
        assertEquals("serial", blame(400, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"CEX8C\", \"serial\": \"\"}"));
        assertEquals("serial", blame(400, "POST", "/v1/cards",
                "{\"apid\": 7, \"type\": \"CEX8C\", \"serial\": \"123456789\"}"));
        assertEquals("type", blame(400, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"Z16-CEX8C\"}"));
        assertEquals("colour", blame(400, "POST", "/v1/cards", "{\"apid\": 7, \"type\": \"CEX8C\", \"colour\": 1}"));
        assertEquals("colour", blame(400, "GET", "/v1/cards?colour=red", null));
        assertEquals("apid", blame(404, "DELETE", "/v1/cards/9", null));
        assertEquals("apid", blame(400, "DELETE", "/v1/cards/nine", null));
        assertEquals("config", blame(400, "PATCH", "/v1/cards/5", "{}"));
        assertEquals("config", blame(400, "PATCH", "/v1/cards/5", "{\"config\": \"on\"}"));
        assertEquals("domain", blame(409, "POST", "/v1/domains", "{\"domain\": 4}"));
        assertEquals("domain", blame(404, "DELETE", "/v1/domains/9", null));
        assertEquals("apqn", blame(400, "PUT", "/v1/faults/5.4", "{\"response\": 2}"));
        assertEquals("apqn", blame(404, "DELETE", "/v1/faults/05.0004", null));
        assertEquals("instruction",
                blame(400, "POST", "/v1/faults", "{\"apqn\": \"05.0004\", \"instruction\": \"tapq\"}"));
        assertEquals("response", blame(400, "POST", "/v1/faults",
                "{\"card\": 5, \"instruction\": \"tapq\", \"response\": 256}"));
        assertEquals("errno", blame(400, "POST", "/v1/faults", "{\"attribute\": \"x\", \"errno\": \"EOOPS\"}"));
        assertEquals("fault", blame(404, "DELETE", "/v1/faults/77", null));
        assertEquals("name", blame(404, "DELETE", "/v1/guests/me", null));
        assertEquals("uuid", blame(400, "POST", "/v1/guests", "{\"name\": \"x\", \"uuid\": \"" + UUID + ",id=boo\"}"));
        assertEquals("uuid", blame(400, "POST", "/v1/guests", "{\"name\": \"x\"}"));
        assertEquals("words", blame(400, "POST", "/v1/guests",
                "{\"name\": \"x\", \"uuid\": \"" + UUID + "\", \"words\": [\"kvm\"]}"));
        assertEquals("process", blame(400, "POST", "/v1/guests", "{\"name\": \"x\", \"words\": [\"kvm\"]}"));
        assertEquals("process",
                blame(400, "POST", "/v1/guests", "{\"name\": \"x\", \"words\": [\"kvm\"], \"process\": 2147483647}"));
        assertEquals("stub", blame(400, "POST", "/v1/guests",
                "{\"name\": \"x\", \"words\": [\"kvm\"], \"process\": 1, \"stub\": \"/gdb\"}"));
        assertEquals("words", blame(409, "POST", "/v1/guests",
                "{\"name\": \"x\", \"words\": [\"kvm\", \"-foo\"], \"process\": " + ProcessHandle.current().pid()
                        + "}"));
        assertEquals("options", blame(400, "POST", "/v1/guests/x/devices", "{\"options\": [\"vfio-ap\"]}"));
        assertEquals("name", blame(404, "DELETE", "/v1/guests/x/devices?id=y", null));
        assertEquals("id", blame(400, "DELETE", "/v1/guests/x/devices", null));
        assertEquals("name", blame(404, "PUT", "/v1/guests/x/stub", "{\"stub\": \"plugin:/x\"}"));
        assertEquals("path", blame(400, "GET", "/v1/attributes?path=sys", null));
        assertEquals("path", blame(400, "GET", "/v1/attributes", null));
        assertEquals("wait", blame(400, "POST", "/v1/scans?wait=-1", null));
        assertEquals("wait", blame(400, "POST", "/v1/scans?wait=1&wait=2", null));
        assertEquals("words", blame(400, "POST", "/v1/qemu-checks", "{}"));
        assertEquals("words", blame(400, "POST", "/v1/qemu-checks", "{\"words\": []}"));
        assertEquals("words", blame(400, "POST", "/v1/qemu-checks", "{\"words\": [\"kvm\", 1]}"));
        assertEquals("qemu", blame(400, "POST", "/v1/qemu-checks", "{\"words\": [\"kvm\"], \"qemu\": \"9\"}"));
        assertEquals("id", blame(404, "GET", "/v1/jobs/12345678", null));
        assertEquals(null, blame(400, "POST", "/v1/cards", "[1]"));
        assertEquals(null, blame(400, "POST", "/v1/cards", "{\"apid\": 7} {}"));
        assertEquals(null, blame(400, "POST", "/v1/cards", "[".repeat(60_000)));
        assertEquals(null, blame(400, "POST", "/v1/scans", "{}"));
        assertEquals("EINVAL", problem(409, "PUT", "/v1/attributes",
                "{\"path\": \"/sys/bus/ap/apmask\", \"text\": \"nonsense\"}").get("errno").getAsString());
        assertEquals("ENOENT",
                problem(409, "GET", "/v1/attributes?path=/sys/nothing", null).get("errno").getAsString());
        assertEquals("EEXIST",
                problem(409, "POST", "/v1/modules", "{\"name\": \"zcrypt\"}").get("errno").getAsString());
        assertEquals(404, client.request("GET", "/v1/nothing", null).status());
        assertEquals(405, client.request("DELETE", "/v1/cards", null).status());
        assertEquals(413, client.request("POST", "/v1/cards", " ".repeat(RequestHandler.MOST_BYTES + 1)).status());
        assertEquals(before, get("/v1/status").getAsJsonObject().get("queues").toString() + get("/v1/cards")
                + get("/v1/domains") + get("/v1/faults") + get("/v1/guests"));
    }

    @Test
    void onlyTheOwnerMayOpenTheSocket() throws Exception {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(server.path())));
    }

    /** What waits is a job; whoever comes meanwhile is served, and lifts what it waits for. */
    @Test
    void whatWaitsIsAJobThatIsLookedAtAndFreed() throws Exception {
        createDevice();
        done(200, "PUT", "/v1/faults/05.0004", "{\"response\": 2}");
        Reply reply = ask("DELETE", "/v1/modules/vfio_ap?wait=0.1", null);
        Reply removal = reply.status() == 409 // in use by the mediated device: the device first
                ? ask("PUT", "/v1/attributes?wait=0.1", "{\"path\": \"" + MATRIX + UUID + "/remove\", \"text\": \"1\"}")
                : reply;
        assertEquals(202, removal.status(), removal::content);
        String job = JsonParser.parseString(removal.content()).getAsJsonObject().get("id").getAsString();
        assertEquals("running", get("/v1/jobs/" + job).getAsJsonObject().get("state").getAsString());
        assertEquals(1, get("/v1/status").getAsJsonObject().get("runningJobs").getAsInt());
        done(204, "DELETE", "/v1/faults/05.0004", null);
        assertEquals("done", get("/v1/jobs/" + job + "?wait=10").getAsJsonObject().get("state").getAsString());
    }

    private long waiting(String path, String text) throws IOException {
        Reply reply = ask("PUT", "/v1/attributes?wait=0.2", "{\"path\": \"" + path + "\", \"text\": \"" + text + "\"}");
        assertEquals(202, reply.status(), reply::content);
        return JsonParser.parseString(reply.content()).getAsJsonObject().get("id").getAsLong();
    }

    private JsonObject job(String method, long id) throws IOException {
        Reply reply = ask(method, "/v1/jobs/" + id + "?wait=10", null);
        assertEquals(200, reply.status(), reply::content);
        return JsonParser.parseString(reply.content()).getAsJsonObject();
    }

    /**
     * A removal waits for a reset, an assignment for the removal, a change of the mask for the assignment: only the last
     * waits interruptibly in Linux, {@code apmask_store}, and ends by a signal with nothing done.
     */
    @Test
    void aJobThatIsCancelledEndsItsWaitWithEintrAndTheOthersGoOn() throws Exception {
        createDevice();
        String other = UUID.replace("02", "03");
        write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", other);
        String mask = get("/v1/attributes?path=/sys/bus/ap/apmask").toString();
        done(200, "PUT", "/v1/faults/05.0004", "{\"response\": 2}");
        long removal = waiting(MATRIX + UUID + "/remove", "1");
        long assignment = waiting(MATRIX + other + "/assign_adapter", "5");
        long change = waiting("/sys/bus/ap/apmask", "-6");

        JsonObject cancelled = job("DELETE", change);
        assertEquals("failed", cancelled.get("state").getAsString());
        assertTrue(cancelled.get("cancelled").getAsBoolean());
        assertEquals("EINTR", cancelled.getAsJsonObject("problem").get("errno").getAsString());
        assertEquals(mask, get("/v1/attributes?path=/sys/bus/ap/apmask").toString());
        done(200, "DELETE", "/v1/jobs/" + removal + "?wait=0.2", null);
        assertEquals("running", get("/v1/jobs/" + removal).getAsJsonObject().get("state").getAsString());

        done(204, "DELETE", "/v1/faults", null);
        assertEquals("done", job("GET", removal).get("state").getAsString());
        assertEquals("done", job("GET", assignment).get("state").getAsString());
        write("/sys/bus/ap/apmask", "-6");
    }

    private SocketChannel connected() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(server.path()));
    }

    @Test
    void silentEndlessAndNonsensicalClientsHoldUpNobody() throws Exception {
        List<SocketChannel> bad = new ArrayList<>();
        for (String begin : List.of("", "GET", "GET /v1/status HTTP/1.1\r\n", "POST /v1/cards HTTP/1.1\r\nHost: x\r\n"
                + "Content-Length: 10000\r\n\r\n{", "\0\1\2\3\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "x".repeat(100_000))) {
            SocketChannel channel = connected();
            channel.configureBlocking(false);
            channel.write(ByteBuffer.wrap(begin.getBytes(StandardCharsets.ISO_8859_1)));
            bad.add(channel);
        }
        for (int i = 0; i < 20; i++) {
            get("/v1/status");
        }
        for (SocketChannel channel : bad) {
            channel.close();
        }
    }

    @Test
    void oneClientTooManyIsToldSoAndFindsRoomWhenOneHasGone() throws Exception {
        List<SocketChannel> many = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_CLIENTS; i++) {
            many.add(connected());
        }
        Reply reply = client.request("GET", "/v1/status", null);
        for (int i = 0; i < 100 && reply.status() != 503; i++) { // those before are being registered
            Thread.sleep(20);
            reply = client.request("GET", "/v1/status", null);
        }
        assertEquals(503, reply.status());
        for (SocketChannel channel : many) {
            channel.close();
        }
        for (int i = 0; i < 100 && reply.status() != 200; i++) {
            Thread.sleep(20);
            reply = client.request("GET", "/v1/status", null);
        }
        assertEquals(200, reply.status());
    }

    @Test
    void aStreamTellsWhatHappensAndGivesItsPlaceBack() throws Exception {
        for (int i = 0; i < 2 * StreamLimit.MOST; i++) {
            CountDownLatch listening = new CountDownLatch(1);
            List<String> data = new ArrayList<>();
            Thread reader = new Thread(() -> {
                try {
                    client.stream("/v1/changes/stream", line -> {
                        listening.countDown();
                        if (line.startsWith("data: ")) {
                            data.add(line);
                        }
                        return data.isEmpty();
                    });
                } catch (IOException e) {
                    data.add(e.toString());
                    listening.countDown();
                }
            });
            reader.start();
            listening.await();
            running.control().configure(5, i % 2 == 0);
            reader.join();
            assertTrue(data.get(0).contains("\"kind\":\"card\",\"id\":\"5\",\"action\":\"changed\""), data::toString);
        }
    }

    @Test
    void aSocketOfAProcessThatIsNoMoreIsTakenOver() throws Exception {
        server.close();
        Files.writeString(server.path(), "stale");
        server = ControlServer.open(server.path(), running, "test");
        get("/v1/status");
    }

    /** The server accepts nothing and answers nothing, as a process that was stopped. */
    @Test
    void theClientWaitsNoLongerThanItWasTold() throws Exception {
        Path path = directory.resolve("mute.sock");
        try (java.nio.channels.ServerSocketChannel mute = java.nio.channels.ServerSocketChannel
                .open(java.net.StandardProtocolFamily.UNIX)) {
            mute.bind(UnixDomainSocketAddress.of(path), 1);
            ControlClient hasty = new ControlClient(path, Duration.ofMillis(200));
            long start = System.nanoTime();
            List<SocketChannel> waiting = new ArrayList<>();
            for (int i = 0; i < 4; i++) { // also when that queue is full
                IOException e = assertThrows(IOException.class, () -> hasty.request("GET", "/v1/status", null));
                assertEquals("no answer from " + path + " within 200 ms; is its process stopped?", e.getMessage());
                SocketChannel channel = SocketChannel.open(java.net.StandardProtocolFamily.UNIX);
                waiting.add(channel);
                channel.configureBlocking(false);
                try {
                    channel.connect(UnixDomainSocketAddress.of(path));
                } catch (java.net.SocketException full) {
                    continue;
                }
            }
            assertTrue(System.nanoTime() - start < 10_000_000_000L);
            for (SocketChannel channel : waiting) {
                channel.close();
            }
        }
    }
}
