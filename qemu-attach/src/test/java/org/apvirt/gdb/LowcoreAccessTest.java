// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What a client leaves that is killed while it looks into the lowcore; the real stub is met in the integration tests. */
class LowcoreAccessTest {
    private static final long KERNEL = 0x0404_c001_8000_0000L; // DAT on, external and I/O interruptions

    @TempDir
    private Path directory;
    private int connections;
    private long mask = KERNEL;
    private final byte[] real = new byte[0x200];

    /** A stub of one CPU, whose real storage is seen while its PSW is without DAT. */
    private FakeStub stub() throws IOException {
        return FakeStub.of(directory.resolve("stub" + connections++), body -> switch (body.charAt(0)) {
            case 'q' -> body.startsWith("qX") ? FakeStub.S390 : "PacketSize=1000";
            case '?' -> "T05thread:01;";
            case 'p' -> String.format("%016x", mask);
            case 'P' -> {
                mask = Long.parseUnsignedLong(body.substring(3), 16);
                yield "OK";
            }
            case 'm', 'M' -> storage(body);
            default -> "";
        });
    }

    private String storage(String body) {
        assertEquals(0, mask & Psw.DAT, "virtual storage is not meant");
        int colon = body.indexOf(':');
        String[] range = body.substring(1, colon < 0 ? body.length() : colon).split(",");
        int at = Integer.parseInt(range[0], 16);
        int length = Integer.parseInt(range[1], 16);
        if (colon < 0) {
            return HexFormat.of().formatHex(real, at, at + length);
        }
        System.arraycopy(HexFormat.of().parseHex(body, colon + 1, body.length()), 0, real, at, length);
        return "OK";
    }

    private void isKilledWhileItLooks() throws IOException {
        try (FakeStub fake = stub(); GuestStub client = GuestStub.connect(fake.address(), 2000)) {
            LowcoreAccess.begin(client);
            client.load(Trampoline.NEW_PSW, new byte[16], 0, 16);
        }
        assertEquals(Psw.REAL_MODE, mask);
    }

    private void takesOver() throws IOException {
        try (FakeStub fake = stub(); GuestStub client = GuestStub.connect(fake.address(), 2000)) {
            LowcoreAccess.restore(client);
            client.pswMask();
        }
    }

    @Test
    void theNextClientGivesTheMaskBack() throws IOException {
        isKilledWhileItLooks();
        takesOver();
        assertEquals(KERNEL, mask);
        assertEquals(HexFormat.of().formatHex(new byte[0x200]), HexFormat.of().formatHex(real));
    }

    @Test
    void aCpuThatIsInRealModeByItselfStaysThere() throws IOException {
        isKilledWhileItLooks();
        takesOver();
        mask = Psw.REAL_MODE;
        takesOver();
        assertEquals(Psw.REAL_MODE, mask);
    }

    @Test
    void whoIsNotKilledLeavesNothing() throws IOException {
        try (FakeStub fake = stub(); GuestStub client = GuestStub.connect(fake.address(), 2000)) {
            LowcoreAccess access = LowcoreAccess.begin(client);
            client.load(Trampoline.NEW_PSW, new byte[16], 0, 16);
            access.end();
            client.pswMask();
        }
        assertEquals(KERNEL, mask);
        assertEquals(HexFormat.of().formatHex(new byte[0x200]), HexFormat.of().formatHex(real));
    }

    @Test
    void aCpuWithoutDatIsLookedAtAsItIs() throws IOException {
        mask = 0;
        try (FakeStub fake = stub(); GuestStub client = GuestStub.connect(fake.address(), 2000)) {
            LowcoreAccess access = LowcoreAccess.begin(client);
            client.load(Trampoline.NEW_PSW, new byte[16], 0, 16);
            assertEquals(0, mask);
            access.end();
            client.pswMask();
        }
        assertEquals(HexFormat.of().formatHex(new byte[0x200]), HexFormat.of().formatHex(real));
    }
}
