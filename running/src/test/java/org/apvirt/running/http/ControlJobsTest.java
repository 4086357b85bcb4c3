// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.running.http.ControlClient.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class ControlJobsTest extends ControlledMachine {
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
}
