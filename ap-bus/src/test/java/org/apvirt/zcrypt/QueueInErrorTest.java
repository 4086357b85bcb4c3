// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A queue that refused its reset is in error until a scan; another queue of the card can still work. */
class QueueInErrorTest {
    private static final Apqn IN_ERROR = new Apqn(6, 4);
    private static final int RESET_BUSY = 5;

    private static TestHost host(TestLevel level) throws ErrnoException {
        TestHost host = new TestHost(level, machine -> machine.adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 71))).withDrivers();
        host.machine.setResponse(IN_ERROR, RESET_BUSY);
        host.write("/devices/ap/card06/06.0004/reset", "1");
        host.machine.setResponse(IN_ERROR, -1);
        return host;
    }

    private static RsaRequest request(TestHost host) {
        return new RsaRequest(AccessRights.ofHost(host.bus), false, 1, () -> new byte[][]{{5}, {3}, {35}});
    }

    @ParameterizedTest
    @EnumSource(value = TestLevel.class, names = "LINUX_6_1", mode = EnumSource.Mode.EXCLUDE)
    void isPassedOver(TestLevel level) throws ErrnoException {
        TestHost host = host(level);
        String scans = host.read("scans");
        RsaRequest request = request(host);

        host.zcrypt.dispatch().send(request);

        assertArrayEquals(new byte[]{5 * 5 * 5 % 35}, request.result());
        assertEquals(scans, host.read("scans"));
    }

    /** Source: Linux 6.1 {@code zcrypt_api.c}, {@code zcrypt_rsa_modexpo}, {@code zcrypt_process_rescan}. */
    @Test
    void isChosenByLinux61AndTheRequestEndsWithoutAScan() throws ErrnoException {
        TestHost host = host(TestLevel.LINUX_6_1);
        String scans = host.read("scans");

        ErrnoException refusal = assertThrows(ErrnoException.class, () -> host.zcrypt.dispatch().send(request(host)));

        assertEquals(Errno.ENODEV, refusal.errno());
        assertEquals(scans, host.read("scans"));
        host.bus.scan();
        host.settle();
        RsaRequest again = request(host);
        host.zcrypt.dispatch().send(again);
        assertArrayEquals(new byte[]{5 * 5 * 5 % 35}, again.result());
    }
}
