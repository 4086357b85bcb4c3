// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class JsonFramesTest {
    private static final String STREAM = "{\"a\": \"}{\\\"[\", 'b': ['}', {}]}\r\n {\"c\":1}[2]\n nonsense } here\n{}";
    private static final List<String> FRAMES = List.of("{\"a\": \"}{\\\"[\", 'b': ['}', {}]}", "{\"c\":1}", "[2]",
            "nonsense } here", "{}");

    private static List<String> cut(int pieces) throws IOException {
        List<String> frames = new ArrayList<>();
        JsonFrames cutter = new JsonFrames();
        byte[] all = STREAM.getBytes(StandardCharsets.UTF_8);
        for (int from = 0; from < all.length; from += pieces) {
            byte[] piece = Arrays.copyOfRange(all, from, Math.min(from + pieces, all.length));
            cutter.take(piece, piece.length, frame -> frames.add(new String(frame, StandardCharsets.UTF_8)));
        }
        return frames;
    }

    @Test
    void aStreamIsCutBetweenItsValuesHoweverItComes() throws IOException {
        for (int pieces = 1; pieces <= STREAM.length(); pieces++) {
            assertEquals(FRAMES, cut(pieces), "in pieces of " + pieces);
        }
    }
}
