// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.running.http.ControlClient.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class ControlServerTest extends ControlledMachine {
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
}
