// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.fuzz.Refusals;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Any bytes where a gdb stub should be. */
class PacketsFuzzTest {
    @FuzzTest(maxDuration = "2h")
    void packets(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        RspReply reply = new RspReply();
        int before = -1;
        try {
            while (RspPacket.take(in, reply)) {
                assertTrue(in.position() > before, "a packet takes bytes");
                before = in.position();
            }
        } catch (RspException e) {
            Refusals.assertOneLine(e.getMessage());
        }
    }

    @FuzzTest(maxDuration = "2h")
    void stops(byte[] bytes) {
        try {
            Stop.parse(new String(bytes, StandardCharsets.ISO_8859_1));
        } catch (RspException e) {
            Refusals.assertOneLine(e.getMessage());
        }
    }

    @FuzzTest(maxDuration = "2h")
    void addresses(byte[] bytes) {
        String address = Refusals.text(bytes);
        if (address.matches("\\d+|:\\d+|localhost:.*|127.*|.*::1.*")) {
            return; // somebody may listen there
        }
        try {
            RspConnection.connect(address, 1).close();
        } catch (IOException e) {
            Refusals.assertOneLine(e.getMessage());
        }
    }
}
