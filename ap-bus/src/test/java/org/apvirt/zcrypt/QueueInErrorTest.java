package org.apvirt.zcrypt;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** A queue that refused its reset is in error until a scan; another queue of the card can still work. */
class QueueInErrorTest {
    private static final Apqn IN_ERROR = new Apqn(6, 4);
    private static final int RESET_BUSY = 5;

    @ParameterizedTest
    @CsvSource({"LINUX_6_1, 1", "LINUX_6_12, 0", "LINUX_7_2, 0"})
    void isChosenByOldKernelsOnlyWhichThenScanTheBus(TestLevel level, int scans) throws ErrnoException {
        TestHost host = new TestHost(level, machine -> machine.adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 71))).withDrivers();
        host.machine.setResponse(IN_ERROR, RESET_BUSY);
        host.write("/devices/ap/card06/06.0004/reset", "1");
        host.machine.setResponse(IN_ERROR, -1);
        int before = Integer.parseInt(host.read("scans").strip());
        RsaRequest request = new RsaRequest(AccessRights.ofHost(host.bus), false, 1,
                () -> new byte[][]{{5}, {3}, {35}});

        host.zcrypt.dispatch().send(request);

        assertArrayEquals(new byte[]{5 * 5 * 5 % 35}, request.result());
        assertEquals(before + scans, Integer.parseInt(host.read("scans").strip()));
    }
}
