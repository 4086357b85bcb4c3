// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RspPacketTest {
    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String take(ByteBuffer in) throws RspException {
        RspReply reply = new RspReply();
        return RspPacket.take(in, reply) ? reply.text() : null;
    }

    @Nested
    class Framing {
        @Test
        void aPacketIsBodyAndSumOfItsBytes() throws RspException {
            assertEquals("OK", take(bytes("$OK#9a")));
            assertEquals("", take(bytes("$#00")));
        }

        @Test
        void acknowledgementsBeforeItArePassedOver() throws RspException {
            assertEquals("OK", take(bytes("++-$OK#9a")));
        }

        @Test
        void anIncompletePacketStaysInTheBuffer() throws RspException {
            ByteBuffer in = bytes("+$OK#9");
            assertNull(take(in));
            assertEquals(1, in.position());
        }

        @Test
        void twoPacketsAreTakenOneAfterTheOther() throws RspException {
            ByteBuffer in = bytes("$T02thread:01;#04$OK#9a");
            assertEquals("T02thread:01;", take(in));
            assertEquals("OK", take(in));
            assertNull(take(in));
        }

        @Test
        void aWrongSumIsABreach() {
            assertThrows(RspException.class, () -> take(bytes("$OK#9b")));
        }
    }

    @Nested
    class Encoding {
        @Test
        void aRunRepeatsTheCharacterBeforeIt() throws RspException {
            assertEquals("000000", take(bytes("$0*\"#7c"))); // '"' is 34: 34 - 29 = 5 more
        }

        @Test
        void anEscapedByteIsFlippedBack() throws RspException {
            assertEquals("#", take(bytes("$}\u0003#80")));
        }
    }

    @Test
    void noiseNeverGivesAnythingButAPacketNothingOrABreach() {
        Random random = new Random(1);
        for (int round = 0; round < 20_000; round++) {
            byte[] noise = new byte[random.nextInt(40)];
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (byte) "$#*}+0aT\u001f\u00ff".charAt(random.nextInt(10));
            }
            ByteBuffer in = ByteBuffer.wrap(noise);
            try {
                for (int before = -1; in.position() != before && in.hasRemaining();) {
                    before = in.position();
                    take(in);
                }
            } catch (RspException e) {
                assertTrue(e.getMessage().startsWith("a packet of the stub"));
            }
        }
    }
}
