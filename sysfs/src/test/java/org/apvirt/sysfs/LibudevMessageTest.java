// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.device.Uevent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

class LibudevMessageTest {
    /** The numbers were read out of the socket filters that libudev 1.7.5 installs for these words. */
    @ParameterizedTest
    @CsvSource({"mdev,bb5211c7", "ap,f026bf09", "ap_queue,704b18d2", "matrix,9f470338", "zcrypt,c9fae52d",
            "vfio-ap,8c277cf8", "misc,4b1a4e75"})
    void hashesAsLibudevDoes(String word, String expected) {
        assertEquals(expected, HexFormat.of().toHexDigits(LibudevMessage.hash(word, ByteOrder.LITTLE_ENDIAN)));
    }

    @Test
    void theHeaderStandsBeforeTheProperties() {
        Uevent event = new Uevent(7, "bind", "/devices/ap/card05/05.0004", List.of("ACTION=bind",
                "DEVPATH=/devices/ap/card05/05.0004", "SUBSYSTEM=ap", "DEVTYPE=ap_queue"));
        byte[] message = LibudevMessage.encode(event, ByteOrder.LITTLE_ENDIAN, 12);
        String properties = "ACTION=bind\0DEVPATH=/devices/ap/card05/05.0004\0SUBSYSTEM=ap\0DEVTYPE=ap_queue\0SEQNUM=7\0"
                + "USEC_INITIALIZED=12\0";
        assertEquals("6c69627564657600" + "feedcafe" + "28000000" + "28000000" + "6a000000" + "f026bf09" + "704b18d2"
                + "0000000000000000", HexFormat.of().formatHex(message, 0, 40));
        assertEquals(properties, new String(message, 40, message.length - 40, StandardCharsets.ISO_8859_1));
    }

    @Test
    void onABigEndianMachineTheLengthsTurn() {
        Uevent event = new Uevent(1, "add", "/x", List.of("ACTION=add"));
        byte[] message = LibudevMessage.encode(event, ByteOrder.BIG_ENDIAN, 0);
        assertEquals("feedcafe" + "00000028" + "00000028" + "00000027" + "0000000000000000",
                HexFormat.of().formatHex(message, 8, 32));
    }
}
