// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A guest whose storage is an array: SERVC 1,2 at 0x10040, and a block at 0x3000 that it asks the answer into. */
class SiePatchTest {
    private static final int SITE = 0x1_0040;
    private static final int BLOCK = 0x3000;
    private static final HexFormat HEX = HexFormat.of();

    @TempDir
    private Path directory;

    private final byte[] storage = new byte[0x2_0000];
    private final List<String> breakpoints = new ArrayList<>();

    private String answer(String packet) {
        if (packet.startsWith("Z0,") || packet.startsWith("z0,")) {
            breakpoints.add(packet);
            return "OK";
        }
        if (packet.startsWith("m")) {
            String[] range = packet.substring(1).split(",");
            int from = Integer.parseInt(range[0], 16);
            return HEX.formatHex(storage, from, from + Integer.parseInt(range[1], 16));
        }
        if (packet.startsWith("M")) {
            String[] parts = packet.substring(1).split("[,:]");
            byte[] bytes = HEX.parseHex(parts[2]);
            System.arraycopy(bytes, 0, storage, Integer.parseInt(parts[0], 16), bytes.length);
            return "OK";
        }
        if (packet.startsWith("vCont;s") || packet.equals("s")) {
            ByteBuffer block = ByteBuffer.wrap(storage, BLOCK, 0x100).slice();
            block.putShort(6, (short) 0x10).putShort(16, (short) 2).putShort(18, (short) 0x80);
            return "T05thread:01;";
        }
        if (packet.equals("?")) {
            return "T02thread:01;";
        }
        return packet.startsWith("qXfer") ? FakeStub.S390 : packet.equals("qfThreadInfo") ? "m01" : "OK";
    }

    private static long[] registers(long address, int command) {
        long[] registers = new long[18];
        registers[1] = address;
        registers[2 + 1] = command;
        registers[2 + 2] = BLOCK;
        return registers;
    }

    @Test
    void theAnswerOfReadScpInfoSaysThatEachCpuHasSie() throws Exception {
        ByteBuffer.wrap(storage).putInt(SITE, 0xb220_0012);
        SiePatch patch = new SiePatch();
        try (FakeStub fake = FakeStub.of(directory.resolve("gdb"), this::answer);
                GuestStub stub = GuestStub.connect(fake.address(), 1000)) {
            patch.find(stub, FacilityPatch.START);
            assertTrue(patch.isSite(SITE));
            assertFalse(patch.isSite(SITE + 2));
            patch.pass(stub, registers(SITE, 0x0012_0001));
            stub.load(0, new byte[1], 0, 1); // what was to be written is sent with the next question
        }

        assertEquals(0x08, storage[BLOCK + 0x80 + 2]);
        assertEquals(0x08, storage[BLOCK + 0x90 + 2]);
        assertEquals(0x00, storage[BLOCK + 0xa0 + 2]);
        assertEquals(List.of("Z0,10040,2", "z0,10040,2", "Z0,10040,2"), breakpoints);
    }

    @Test
    void theAnswerOfAnotherCommandIsLeftAsItIs() throws Exception {
        ByteBuffer.wrap(storage).putInt(SITE, 0xb220_0012);
        SiePatch patch = new SiePatch();
        try (FakeStub fake = FakeStub.of(directory.resolve("gdb"), this::answer);
                GuestStub stub = GuestStub.connect(fake.address(), 1000)) {
            patch.find(stub, FacilityPatch.START);
            patch.pass(stub, registers(SITE, 0x0077_0005));
            stub.load(0, new byte[1], 0, 1);
        }

        assertEquals(0x00, storage[BLOCK + 0x80 + 2]);
    }

    @Test
    void aQuestionForAFunctionOfPloIsToldFromItsUse() throws Exception {
        ByteBuffer.wrap(storage).putInt(0x4000, 0xee00_0000);
        SiePatch patch = new SiePatch();
        long[] asking = registers(0, 0);
        asking[2] = 0x103;
        try (FakeStub fake = FakeStub.of(directory.resolve("gdb"), this::answer);
                GuestStub stub = GuestStub.connect(fake.address(), 1000)) {
            assertTrue(patch.isQuery(stub, 0x4006, asking));
            assertFalse(patch.isQuery(stub, 0x4008, asking));
            assertFalse(patch.isQuery(stub, 0x4006, registers(0, 0)));
        }
    }
}
