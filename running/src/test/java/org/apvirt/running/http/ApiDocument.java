// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/** The OpenAPI document as a client reads it, by which requests and answers are judged. */
final class ApiDocument {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");

    private final JsonNode document;
    private final SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private final Set<String> used = new TreeSet<>();

    ApiDocument(String text) throws IOException {
        document = JSON.readTree(text);
    }

    /** Returns all operations, for example {@code GET /v1/cards/{apid}}. */
    Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        document.get("paths").properties().forEach(path -> path.getValue().fieldNames().forEachRemaining(method -> {
            if (METHODS.contains(method)) {
                operations.add(method.toUpperCase() + " " + path.getKey());
            }
        }));
        return operations;
    }

    /** Returns those operations whose answers were judged. */
    Set<String> used() {
        return used;
    }

    /** Returns the names of the arguments of an operation in a place, {@code query} or the content. */
    Set<String> arguments(Route route, String place) {
        Set<String> names = new TreeSet<>();
        JsonNode operation = document.at("/paths").get(route.template()).get(route.method().toLowerCase());
        if (place.equals("query")) {
            for (JsonNode parameter : operation.path("parameters")) {
                JsonNode resolved = resolve(parameter);
                assertEquals("query", resolved.get("in").asText());
                names.add(resolved.get("name").asText());
            }
        } else {
            JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
            (schema.isMissingNode() ? schema : resolve(schema)).path("properties").fieldNames()
                    .forEachRemaining(names::add);
        }
        return names;
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }

    /** Judges an exchange: the request if it was not refused as invalid, and the answer. */
    void judge(String method, String target, String content, int status, String type, String answer)
            throws IOException {
        String path = target.replaceFirst("\\?.*", "");
        Map.Entry<String, JsonNode> found = null;
        for (Map.Entry<String, JsonNode> candidate : document.get("paths").properties()) {
            String pattern = candidate.getKey().replaceAll("\\{[a-z]+}", "[^/]+");
            if (path.matches(pattern) && candidate.getValue().has(method.toLowerCase())
                    && (found == null || found.getKey().contains("{"))) {
                found = candidate;
            }
        }
        assertNotNull(found, method + " " + target + " is not described");
        JsonNode operation = found.getValue().get(method.toLowerCase());
        if (status < 400 && content != null) {
            assertEquals(List.of(), errors(operation.at("/requestBody/content/application~1json/schema"), content),
                    method + " " + target + " " + content);
        }
        JsonNode responses = operation.get("responses");
        JsonNode response = responses.get(Integer.toString(status));
        if (response == null && status >= 400) {
            response = responses.get("default");
        }
        assertNotNull(response, method + " " + target + ": status " + status + " is not described: " + answer);
        JsonNode described = resolve(response).path("content");
        if (described.isMissingNode()) {
            assertEquals("", answer);
        } else {
            JsonNode media = described.get(type.replaceFirst(";.*", ""));
            assertNotNull(media, method + " " + target + ": " + type + " is not described");
            if (type.endsWith("json")) {
                assertEquals(List.of(), errors(media.get("schema"), answer), method + " " + target + ": " + answer);
            }
        }
        if (status < 400) {
            used.add(method + " " + found.getKey());
        }
    }

    private List<String> errors(JsonNode schema, String json) throws IOException {
        ObjectNode whole = JSON.createObjectNode();
        whole.set("components", document.get("components"));
        whole.putArray("allOf").add(schema);
        List<String> errors = new ArrayList<>();
        schemas.getSchema(JSON.writeValueAsString(whole), InputFormat.JSON).validate(json, InputFormat.JSON)
                .forEach(error -> errors.add(error.toString()));
        return errors;
    }
}
