// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The requests of {@code apvirt ctl} about the keys that cards keep; each is one call of the API. */
final class CtlKeys {
    private static final String KEYS = "/v1/keys";

    private CtlKeys() {}

    /** Names of keys, for the completion. */
    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Names() {
            super(List.of("aes", "apka", "asym", "sym", "ep11", "all"));
        }
    }

    /** Operations, for the completion. */
    static final class Operations extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Operations() {
            super(List.of("random", "first", "middle", "last", "set", "clear", "clr-old", "generate", "commit",
                    "finalize", "clear-next", "zeroize"));
        }
    }

    @Command(name = "keys", description = "Shows the master and wrapping keys of each domain by their patterns.")
    static final class Show extends CtlCommand.Request {
        @Parameters(index = "0", arity = "0..1", paramLabel = "APQN", description = "Only of this card and domain.")
        private @Nullable String apqn;

        @Override
        int ask(CtlSession session) {
            String only = apqn;
            return only == null
                    ? session.get(KEYS, (all, out) -> all.getAsJsonArray().forEach(keys -> print(keys, out)))
                    : session.get(KEYS + "/" + CtlSession.encode(only), CtlKeys::print);
        }
    }

    @Command(name = "key", description = {"Changes a key of a domain, as whoever administrates the card does.",
            "sym, asym, aes, apka: first PART, middle PART, last PART or random; set; clear, clr-old.",
            "ep11: generate, commit, finalize; clear, clear-next, zeroize. all: zeroize.",
            "For example: key 05.0004 aes random, then key 05.0004 aes set"})
    static final class Change extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "APQN")
        private String apqn;

        @Parameters(index = "1", paramLabel = "KEY", completionCandidates = Names.class, description = "One of: ${COMPLETION-CANDIDATES}.")
        private String key;

        @Parameters(index = "2", paramLabel = "OPERATION", completionCandidates = Operations.class)
        private String operation;

        @Parameters(index = "3", arity = "0..1", paramLabel = "PART", description = "Part of the key in hexadecimal; -: a line of the standard input, which other users' ps does not show.")
        private @Nullable String part;

        @Override
        int ask(CtlSession session) {
            Map<String, String> content = new LinkedHashMap<>(Map.of("key", key, "operation", operation));
            String given = part;
            if (given != null) {
                content.put("part", given.equals("-") ? line() : given);
            }
            return session.send("POST", KEYS + "/" + CtlSession.encode(apqn), content, CtlKeys::print);
        }

        private static String line() {
            try {
                String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))
                        .readLine();
                return line == null ? "" : line.strip();
            } catch (IOException e) {
                return ""; // refused like an empty line
            }
        }
    }

    /** One line for each register that has something, or one that there is none. */
    private static void print(JsonElement keys, PrintWriter out) {
        String apqn = CtlText.text(keys, "apqn");
        List<String> lines = new ArrayList<>();
        JsonObject all = keys.getAsJsonObject();
        if (all.has("master")) {
            for (JsonElement key : all.getAsJsonArray("master")) {
                registers(lines, CtlText.text(key, "key"), key, List.of("next", "current", "old"));
            }
        } else {
            JsonElement wrapping = all.get("wrapping");
            registers(lines, "ep11", wrapping, List.of("next", "current"));
            if (CtlText.text(wrapping, "committed").equals("true")) {
                lines.add("ep11 next committed");
            }
        }
        if (lines.isEmpty()) {
            lines.add("no keys");
        }
        lines.forEach(line -> out.println(apqn + "  " + line));
    }

    private static void registers(List<String> lines, String name, JsonElement key, List<String> registers) {
        for (String each : registers) {
            JsonElement register = key.getAsJsonObject().get(each);
            String state = CtlText.text(register, "state");
            String pattern = CtlText.text(register, "pattern");
            if (!state.equals("empty") && !state.equals("invalid")) {
                lines.add(name + " " + each + " " + state + (pattern.isEmpty() ? "" : " 0x" + pattern));
            }
        }
    }
}
