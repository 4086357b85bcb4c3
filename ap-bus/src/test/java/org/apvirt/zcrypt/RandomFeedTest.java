// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Map;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The only CCA card is checkstopped, so each time that the kernel asks for random numbers it scans the bus. */
class RandomFeedTest {
    @ParameterizedTest
    @CsvSource({"1024, 7", "1, 7", "0, 1"})
    void asksAgainEveryTenSecondsIfTheNumbersCountAsEntropyAndElseOnce(int quality, int scans) throws ErrnoException {
        TestHost host = new TestHost(TestLevel.LINUX_6_12,
                machine -> machine.adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).checkstopped(true))
                        .usageDomains(ApMask.of(4)));
        host.write("config_time", "120");
        RngCoreModule rng = RngCoreModule.load(host.kernel, Map.of("default_quality", quality));
        ZcryptModule zcrypt = ZcryptModule.load(host.kernel, host.bus, Map.of(), rng.trustsNumbers());
        int before = Integer.parseInt(host.read("scans").strip());

        ZcryptDriverModule.ZCRYPT_CEX4.load(host.bus, zcrypt);
        host.time.advanceMillis(65_000);

        assertEquals(before + scans, Integer.parseInt(host.read("scans").strip()));
    }
}
