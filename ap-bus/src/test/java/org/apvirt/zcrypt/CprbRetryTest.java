// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.time.Duration;

import org.apvirt.ap.TestLevel;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Where a CPRB goes after a queue has failed with it. */
class CprbRetryTest extends CprbHost {
    /**
     * A kernel that remembers the queue prefers the slower card; one that forgets it sends the request to the same queue again.
     * The domain is named, so there is one queue of each card.
     */
    @ParameterizedTest
    @CsvSource({"LINUX_6_1, 1, 1", "LINUX_6_12, 1, 1", "LINUX_7_2, 2, 0", "LINUX_7_3, 2, 0"})
    void goesToAnotherCardWhereTheKernelRemembersTheQueue(TestLevel level, int ofTheFastCard, int ofTheSlowCard)
            throws ErrnoException {
        host = boot(level);
        for (int adapter : new int[]{5, 7}) {
            host.machine.adapter(adapter).change(spec -> spec.serviceTime(Duration.ofMillis(10)));
        }
        int fast = requests("card07/07.0004");
        int slow = requests("card05/05.0004");
        host.time.schedule(1_000_000, () -> {
            try {
                host.write("/devices/ap/card07/07.0004/reset", "1");
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
        });

        ioctl("z90crypt", ZcryptIoctl.ZSECSENDCPRB, queryOfAnyCard());

        assertEquals(fast + ofTheFastCard, requests("card07/07.0004"));
        assertEquals(slow + ofTheSlowCard, requests("card05/05.0004"));
    }

    private int requests(String queue) {
        return Integer.parseInt(host.read("/devices/ap/" + queue + "/request_count").strip());
    }

    private static ByteBuffer queryOfAnyCard() {
        byte[] parameters = CcaFacilityQuery.request(CcaFacilityQuery.STATICSA);
        byte[] control = new byte[Cprbx.LENGTH + parameters.length];
        Cprbx.init(control, 0, 0x5432).domain(4).requestParameterLength(parameters.length).replyRoom(ROOM);
        System.arraycopy(parameters, 0, control, Cprbx.LENGTH, parameters.length);
        return ByteBuffer.allocate(94 + control.length + ROOM).putShort(0, (short) 0x4341).putInt(2, ANY)
                .putInt(8, control.length).putInt(48, ROOM).put(94, control);
    }
}
