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

    @Nested
    class Framing {
        @Test
        void aPacketIsBodyAndSumOfItsBytes() throws RspException {
            assertEquals("OK", RspPacket.take(bytes("$OK#9a")));
            assertEquals("", RspPacket.take(bytes("$#00")));
        }

        @Test
        void acknowledgementsBeforeItArePassedOver() throws RspException {
            assertEquals("OK", RspPacket.take(bytes("++-$OK#9a")));
        }

        @Test
        void anIncompletePacketStaysInTheBuffer() throws RspException {
            ByteBuffer in = bytes("+$OK#9");
            assertNull(RspPacket.take(in));
            assertEquals(1, in.position());
        }

        @Test
        void twoPacketsAreTakenOneAfterTheOther() throws RspException {
            ByteBuffer in = bytes("$T02thread:01;#04$OK#9a");
            assertEquals("T02thread:01;", RspPacket.take(in));
            assertEquals("OK", RspPacket.take(in));
            assertNull(RspPacket.take(in));
        }

        @Test
        void aWrongSumIsABreach() {
            assertThrows(RspException.class, () -> RspPacket.take(bytes("$OK#9b")));
        }
    }

    @Nested
    class Encoding {
        @Test
        void aRunRepeatsTheCharacterBeforeIt() throws RspException {
            assertEquals("000000", RspPacket.take(bytes("$0*\"#7c"))); // '"' is 34: 34 - 29 = 5 more
        }

        @Test
        void anEscapedByteIsFlippedBack() throws RspException {
            assertEquals("#", RspPacket.take(bytes("$}\u0003#80")));
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
                    RspPacket.take(in);
                }
            } catch (RspException e) {
                assertTrue(e.getMessage().startsWith("a packet of the stub"));
            }
        }
    }
}
