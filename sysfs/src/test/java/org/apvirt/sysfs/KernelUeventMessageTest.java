// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.device.Uevent;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class KernelUeventMessageTest {
    private static final Uevent EVENT = new Uevent(7, "add", "/devices/ap/card05",
            List.of("ACTION=add", "DEVPATH=/devices/ap/card05", "SUBSYSTEM=ap"));

    @Test
    void theTextStandsBehindTheHeaderAndTheKernelNumbersIt() {
        byte[] message = KernelUeventMessage.encode(EVENT, ByteOrder.LITTLE_ENDIAN);
        assertEquals("5a000000" + "1000" + "0100" + "00000000" + "00000000", HexFormat.of().formatHex(message, 0, 16));
        assertEquals("add@/devices/ap/card05\0ACTION=add\0DEVPATH=/devices/ap/card05\0SUBSYSTEM=ap\0",
                new String(message, 16, message.length - 16, StandardCharsets.ISO_8859_1));
    }

    @Test
    void onABigEndianMachineTheNumbersTurn() {
        byte[] message = KernelUeventMessage.encode(EVENT, ByteOrder.BIG_ENDIAN);
        assertEquals("0000005a" + "0010" + "0001", HexFormat.of().formatHex(message, 0, 8));
    }
}
