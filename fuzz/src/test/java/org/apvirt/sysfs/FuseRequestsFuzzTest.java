// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Requests of a FUSE protocol that no kernel would send: each gets an answer of its own length, or none. */
class FuseRequestsFuzzTest {
    private static final int LOOKUP_ROOT = 1;

    /** The input is a row of requests: two bytes length, then what stands in the request from its opcode on. */
    @FuzzTest(maxDuration = "2h")
    void requests(byte[] bytes) {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)).build();
        Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
        FuseServer server = new FuseServer(host.root(), SysfsTraffic.NONE);
        ByteBuffer request = ByteBuffer.allocate(1 << 17).order(ByteOrder.BIG_ENDIAN);
        ByteBuffer reply = ByteBuffer.allocate(1 << 17).order(ByteOrder.BIG_ENDIAN);
        int at = 0;
        while (at + 2 <= bytes.length) {
            int length = Math.min((bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff, bytes.length - at - 2);
            byte[] body = Arrays.copyOfRange(bytes, at + 2, at + 2 + Math.max(length, FuseRequest.HEADER_LENGTH - 4));
            at += 2 + length;
            request.clear().putInt(4 + body.length).put(body);
            int answered = server.answer(new FuseRequest(request), new FuseReply(reply));
            assertTrue(answered == 0 || answered == reply.getInt(0), "a reply has the length that it says");
        }
        byte[] name = "sys\0".getBytes();
        request.clear().putInt(44).putInt(FuseRequest.LOOKUP).putLong(77).putLong(LOOKUP_ROOT).putLong(0).putLong(0)
                .put(name);
        server.answer(new FuseRequest(request), new FuseReply(reply));
        assertEquals(0, reply.getInt(4), "the root is still there");
    }
}
