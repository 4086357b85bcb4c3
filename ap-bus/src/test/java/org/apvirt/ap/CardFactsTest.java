// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/** What a kernel makes of what TAPQ told of a card. */
class CardFactsTest {
    private static TestHost boot(TestLevel level, AdapterSpec spec) {
        return new TestHost(level, machine -> machine.adapter(spec).usageDomains(ApMask.of(0, 4, 255)));
    }

    /** As TAPQ tells it, the depth less one; linux-6.1 leaves it so, linux-7.3 has a fifth bit. */
    @ParameterizedTest
    @CsvSource({"LINUX_6_1, 1, 0", "LINUX_6_1, 8, 7", "LINUX_6_12, 1, 1", "LINUX_6_12, 16, 16", "LINUX_6_12, 32, 16",
            "LINUX_7_3, 16, 16", "LINUX_7_3, 32, 32"})
    void depth(TestLevel level, int depth, int shown) {
        TestHost host = boot(level, AdapterSpec.of(5, 14, AdapterMode.CCA).depth(depth));
        assertEquals(shown + "\n", host.read("/devices/ap/card05/depth"));
    }

    @ParameterizedTest
    @CsvSource({"LINUX_6_12, 0, 12288", "LINUX_6_12, 1, 4096", "LINUX_6_12, 3, 12288", "LINUX_6_12, 4, 16384",
            "LINUX_7_3, 0, 12288", "LINUX_7_3, 3, 12288", "LINUX_7_3, 4, 16384", "LINUX_7_3, 1, 12288"})
    void sizeOfMessages(TestLevel level, int units, int bytes) {
        TestHost host = boot(level, AdapterSpec.of(5, 14, AdapterMode.CCA).ml(units));
        assertEquals(bytes + "\n", host.read("/devices/ap/card05/max_msg_size"));
    }

    /** The first that a card can be names the mode: accelerator, CCA, EP11. */
    @ParameterizedTest
    @CsvSource({"0x08000000, accel", "0x18000000, accel", "0x10000000, cca", "0x14000000, cca", "0x04000000, ep11",
            "0x02000000, ''"})
    void modeInUevents(String functions, String mode) {
        TestHost host = boot(TestLevel.LINUX_6_12,
                AdapterSpec.of(5, 14, AdapterMode.CCA).functions(Integer.decode(functions)));
        assertEquals(mode.isEmpty() ? List.of() : List.of("/devices/ap/card05 MODE=" + mode),
                host.told("MODE").stream().filter(it -> it.startsWith("/devices/ap/card05 ")).distinct().toList());
    }

    @ParameterizedTest
    @CsvSource({"0", "16", "255"})
    void aCardHasItsOwnQueuesAndNoOthers(int apid) {
        TestHost host = boot(TestLevel.LINUX_6_12, AdapterSpec.of(apid, 14, AdapterMode.CCA));
        String card = String.format("card%02x", apid);
        SysfsDirectory directory = (SysfsDirectory) host.node("/devices/ap/" + card);
        for (int apqi : new int[]{0, 4, 255}) {
            String queue = String.format("%02x.%04x", apid, apqi);
            assertNotNull(directory.child(queue));
            assertEquals(queue, host.bus.device(queue).name());
        }
        for (String other : List.of(".0004", String.format("%02x.0005", apid), "80.0004", String.format("%02x.4", apid),
                ".", "card" + card.substring(4))) {
            assertNull(directory.child(other), other);
        }
        assertEquals(card, host.bus.device(card).name());
        for (String other : List.of("card", "card0", "card005", "cardFF", "card0g", "cardg0", "xard00", "80.0005")) {
            assertNull(host.bus.device(other), other);
        }
    }

    @Test
    void aQueueOfADeconfiguredCardIsNotConfigured() throws ErrnoException {
        TestHost host = boot(TestLevel.LINUX_6_12, AdapterSpec.of(5, 14, AdapterMode.CCA).configured(false));
        assertEquals(List.of(false, false, false), host.bus.cards().iterator().next().children().stream()
                .map(ApQueue::isConfigured).toList());
        host.write("/devices/ap/card05/config", "1");
        host.bus.scan();
        assertEquals(List.of(true, true, true), host.bus.cards().iterator().next().children().stream()
                .map(ApQueue::isConfigured).toList());
    }

    @Test
    void countingGoesOnWhereASnapshotLeftIt() {
        TestHost host = boot(TestLevel.LINUX_6_12, AdapterSpec.of(5, 14, AdapterMode.CCA)).withDrivers();
        host.bus.device("card05").resumeCount(41);
        host.bus.device("05.0004").resumeCount(40);
        assertEquals("41\n", host.read("/devices/ap/card05/request_count"));
        assertEquals("40\n", host.read("/devices/ap/card05/05.0004/request_count"));
    }
}
