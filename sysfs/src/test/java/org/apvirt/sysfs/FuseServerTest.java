// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.apvirt.device.SysfsDirectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the server answers, request by request, without a kernel. */
class FuseServerTest {
    private static final int NODE_OF_ENTRY = 16;
    private static final int SECONDS_OF_NAME = 32;
    private static final int ERROR = 4;

    private final TinyTree tree = new TinyTree();
    private final FuseServer server = new FuseServer(tree.root, SysfsTraffic.NONE);
    private final ByteBuffer request = ByteBuffer.allocate(8192).order(ByteOrder.BIG_ENDIAN);
    private final ByteBuffer reply = ByteBuffer.allocate(65_536).order(ByteOrder.BIG_ENDIAN);

    private int send(int opcode, long node, byte... body) {
        request.clear().putInt(40 + body.length).putInt(opcode).putLong(77).putLong(node).putLong(0).putLong(0)
                .put(body);
        return server.answer(new FuseRequest(request), new FuseReply(reply));
    }

    private long lookup(long parent, String name) {
        send(FuseRequest.LOOKUP, parent, (name + '\0').getBytes(StandardCharsets.ISO_8859_1));
        return reply.getInt(ERROR) == 0 ? reply.getLong(NODE_OF_ENTRY) : reply.getInt(ERROR);
    }

    private long walk(String... names) {
        long node = FuseNodes.ROOT_ID;
        for (String name : names) {
            node = lookup(node, name);
        }
        return node;
    }

    @Test
    void anIdStaysAsLongAsThePlaceAndKindDo() {
        assertEquals(walk("sys", "devices", "toy", "box"), walk("sys", "devices", "toy", "box"));
    }

    @Test
    void anEntryThatWasSeenMissingComesBackWithAnotherId() {
        long toy = walk("sys", "devices", "toy");
        long before = lookup(toy, "box");
        var box = tree.boxes.remove("box");
        assertEquals(-2, lookup(toy, "box"));
        tree.boxes.put("box", box);
        assertNotEquals(before, lookup(toy, "box"));
    }

    @Test
    void theLastForgetFreesAnId() {
        long box = walk("sys", "devices", "toy", "box");
        assertEquals(box, walk("sys", "devices", "toy", "box"));
        int held = server.held();
        assertEquals(0, send(FuseRequest.FORGET, box, new byte[]{0, 0, 0, 0, 0, 0, 0, 1}));
        assertEquals(held, server.held());
        send(FuseRequest.FORGET, box, new byte[]{0, 0, 0, 0, 0, 0, 0, 1});
        assertEquals(held - 1, server.held());
    }

    @Test
    void onlyANameThatMayBeKeptIsKept() {
        FuseServer fixed = new FuseServer(SysfsDirectory.fixed(Map.of("sys", tree.root)), SysfsTraffic.NONE);
        request.clear().putInt(44).putInt(FuseRequest.LOOKUP).putLong(77).putLong(FuseNodes.ROOT_ID).putLong(0)
                .putLong(0).put("sys\0".getBytes(StandardCharsets.ISO_8859_1));
        fixed.answer(new FuseRequest(request), new FuseReply(reply));
        assertEquals(1L << 30, reply.getLong(SECONDS_OF_NAME));
        lookup(FuseNodes.ROOT_ID, "sys");
        assertEquals(0, reply.getLong(SECONDS_OF_NAME));
    }

    @Test
    void aNameIsForgottenInItsDirectoryIfTheKernelHoldsIt() {
        long toy = walk("sys", "devices", "toy");
        assertEquals(0, server.forgetting(List.of("sys", "devices", "toy", "box"), new FuseReply(reply)));
        lookup(toy, "box");
        assertEquals(16 + 16 + 4, server.forgetting(List.of("sys", "devices", "toy", "box"), new FuseReply(reply)));
        byte[] message = new byte[36];
        reply.get(0, message);
        assertEquals("00000024" + "00000003" + "0000000000000000" // length, FUSE_NOTIFY_INVAL_ENTRY, no request
                + "0000000000000004" + "00000003" + "00000000" + "626f7800", // parent, length of the name, flags, name
                HexFormat.of().formatHex(message));
    }

    @ParameterizedTest
    @CsvSource({"35,-13", "8,-1", "9,-1", "10,-1", "11,-1", "12,-1", "45,-1", "13,-1", "6,-1", "22,-38", "25,-38",
            "34,-38", "39,-38", "4096,-38"})
    void whatSysfsCannotDoIsRefusedAsTheKernelRefusesIt(int opcode, int error) {
        assertEquals(16, send(opcode, FuseNodes.ROOT_ID, (byte) 'x'));
        assertEquals(error, reply.getInt(ERROR));
        assertEquals(77, reply.getLong(8));
    }

    @Test
    void anInterruptIsNotAnswered() {
        assertEquals(0, send(FuseRequest.INTERRUPT, 0, new byte[8]));
    }

    @Test
    void aNameOf256BytesIsTooLong() {
        assertEquals(-36, lookup(FuseNodes.ROOT_ID, "x".repeat(256)));
    }

    /** Random requests are answered, each with a well-formed reply, and the tree stays usable. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noRequestBringsTheServerDown(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] body = new byte[random.nextInt(64)];
            random.nextBytes(body);
            int length = send(random.nextInt(60), random.nextInt(8), body);
            assertTrue(length == 0 || length >= 16 && reply.getInt(0) == length, () -> "length " + length);
        }
        assertTrue(walk("sys", "devices", "toy", "box") > 0);
    }
}
