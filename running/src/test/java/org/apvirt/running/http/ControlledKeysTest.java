// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;

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
class ControlledKeysTest extends ControlledMachine {
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
}
