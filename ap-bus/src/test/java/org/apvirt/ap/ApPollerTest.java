// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** When a reply is fetched. The card needs a millisecond. */
class ApPollerTest {
    private static TestHost boot(int apid, int apqi, Map<String, String> parameters, Facilities facilities) {
        return new TestHost(TestLevel.LINUX_6_12,
                machine -> machine.facilities(facilities).usageDomains(ApMask.of(apqi))
                        .adapter(AdapterSpec.of(apid, 14, AdapterMode.ACCELERATOR).serviceTime(Duration.ofMillis(1))),
                parameters)
                .withDrivers();
    }

    private static TestHost boot(Map<String, String> parameters) {
        return boot(6, 4, parameters, Facilities.of(Facilities.QCI, Facilities.APFT));
    }

    private static ApMessage submit(TestHost host, int apid, int apqi) throws ErrnoException {
        ApMessage message = QueueStateMachineTest.request();
        host.bus.queue(new Apqn(apid, apqi)).submit(message);
        return message;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "255, 0", "0, 255", "255, 255"})
    void theFirstAndTheLastQueueAreAskedToo(int apid, int apqi) throws ErrnoException {
        TestHost host = boot(apid, apqi, Map.of(), Facilities.of(Facilities.QCI, Facilities.APFT));
        ApMessage message = submit(host, apid, apqi);
        host.time.advanceMillis(3);
        assertTrue(message.isDone());
    }

    /** Milliseconds after the request: when the timeout is changed, to what, and when the reply is there at the earliest. */
    @ParameterizedTest
    @CsvSource({"100, 20, 120", "100, 400, 500", "200, 50, 250"})
    void aChangedTimeoutCountsFromThenOn(int changed, int timeout, int fetched) throws ErrnoException {
        TestHost host = boot(Map.of());
        host.write("poll_timeout", "300000000");
        ApMessage message = submit(host, 6, 4);
        host.time.advanceMillis(changed);
        host.write("poll_timeout", timeout + "000000");
        host.time.advanceMillis(fetched - changed - 1);
        assertFalse(message.isDone());
        host.time.advanceMillis(1);
        assertTrue(message.isDone());
    }

    /** The thread asks again and again, here each time the timeout would be over; it does so for one request after another. */
    @Test
    void theThreadFetchesRepliesWithoutATimer() throws ErrnoException {
        TestHost host = boot(Map.of("poll_thread", "1"));
        assertEquals("1\n", host.read("poll_thread"));
        for (int i = 0; i < 3; i++) {
            ApMessage message = submit(host, 6, 4);
            host.time.advanceMillis(3);
            assertTrue(message.isDone(), "request " + i);
        }
        host.write("poll_thread", "0");
        ApMessage last = submit(host, 6, 4);
        host.time.advanceMillis(3);
        assertTrue(last.isDone());
    }

    @Test
    void thereIsNoThreadWhereRepliesInterrupt() {
        TestHost host = boot(6, 4, Map.of("poll_thread", "1"),
                Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI));
        assertEquals("0\n", host.read("poll_thread"));
        assertEquals("1\n", host.read("ap_interrupts"));
    }
}
