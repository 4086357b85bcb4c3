// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.Mockito;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the kernel command line says to the bus, what module ap shows of it, and a bus without instructions. */
class BusStartTest {
    private static final String PARAMETERS = "/module/ap/parameters/";

    private static TestHost boot(TestLevel level, Map<String, String> parameters) {
        return new TestHost(level, TestHost.standardMachine(), parameters);
    }

    private static int mode(TestHost host, String parameter) {
        return ((SysfsFile) host.node(PARAMETERS + parameter)).mode();
    }

    @ParameterizedTest
    @CsvSource({"LINUX_6_12, 288", "LINUX_7_2, 292"}) // 0440 and 0444
    void theModuleShowsWhatWasGiven(TestLevel level, int mode) {
        TestHost host = boot(level, Map.of("poll_thread", "1", "useirq", "0", "apmask", "0x04", "aqmask", "+4"));
        assertEquals("1\n", host.read(PARAMETERS + "poll_thread"));
        assertEquals("0\n", host.read(PARAMETERS + "useirq"));
        assertEquals("0x04\n", host.read(PARAMETERS + "apmask"));
        assertEquals("+4\n", host.read(PARAMETERS + "aqmask"));
        for (String name : List.of("domain", "poll_thread", "useirq", "apmask", "aqmask")) {
            assertEquals(mode, mode(host, name), name);
        }
        assertEquals(level == TestLevel.LINUX_7_2, host.node(PARAMETERS + "msgpool_min_items") != null);
    }

    @Test
    void theModuleShowsWhatStandsWhereNothingWasGiven() {
        TestHost host = boot(TestLevel.LINUX_7_2, Map.of());
        assertEquals("0\n", host.read(PARAMETERS + "poll_thread"));
        assertEquals("1\n", host.read(PARAMETERS + "useirq"));
        assertEquals("(null)\n", host.read(PARAMETERS + "apmask"));
        assertEquals("(null)\n", host.read(PARAMETERS + "aqmask"));
        assertEquals("8\n", host.read(PARAMETERS + "msgpool_min_items"));
        assertEquals(0400, mode(host, "msgpool_min_items"));
    }

    /** The machine has domains up to 255; the scan chooses one where none that is valid was given. */
    @ParameterizedTest
    @CsvSource({"-1, true", "0, true", "255, true", "4, true", "-2, false", "256, false", "3, false", "x, true"})
    void aDomainThatCannotBeIsToldInTheLog(String domain, boolean valid) {
        TestHost host = boot(TestLevel.LINUX_6_12, Map.of("domain", domain, "aqmask", "+0-2,+4-255"));
        String line = "ap: " + domain + " is not a valid cryptographic domain";
        assertEquals(!valid, host.log.contains(line), host.log::toString);
    }

    /** What a program sees of a kernel that found no AP instructions: parameters, and nothing else. */
    @Test
    void withoutInstructionsOnlyTheParametersAreThere() throws Exception {
        VirtualTime time = new VirtualTime();
        ApPlatform real = SimulatedMachine.builder(time).build().platform();
        ApInstructions none = Mockito.mock(ApInstructions.class);
        Mockito.when(none.pqap(Mockito.any(), Mockito.any())).thenReturn(ApInstructions.INTERRUPTION | 1);
        ApPlatform platform = new ApPlatform(none, real.facilities(), real.firmware(), real.interrupts(), time);
        Kernel kernel = TestLevel.LINUX_7_2.kernel(time);
        List<String> log = new ArrayList<>();
        kernel.onLog(log::add);
        assertNull(ApBus.start(kernel, platform, ApBusParameters.of(Map.of("domain", "7"))));
        SysfsDirectory parameters = (SysfsDirectory) ((SysfsDirectory) ((SysfsDirectory) kernel.sys().child("module"))
                .child("ap")).child("parameters");
        assertEquals("7\n", ((SysfsFile) parameters.child("domain")).show());
        assertEquals(List.of("ap: The hardware system does not support AP instructions"), log);
    }

    @Test
    void aLargerCardMakesTheBufferOfAllQueuesLarger() {
        TestHost host = new TestHost(TestLevel.LINUX_6_12, machine -> machine
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).adapter(AdapterSpec.of(6, 14, AdapterMode.CCA).ml(8))
                .usageDomains(ApMask.of(4)));
        assertEquals(8 * 4096, host.bus.maxMessageBytes());
    }

    @Test
    void namesOfCardsAndQueuesMayBeKeptUntilTheyGo() throws Exception {
        TestHost host = TestHost.standard(TestLevel.LINUX_6_12).withDrivers();
        SysfsDirectory root = (SysfsDirectory) host.node("/devices/ap");
        SysfsDirectory card = (SysfsDirectory) host.node("/devices/ap/card05");
        assertTrue(((SysfsDirectory) host.node("/devices")).mayBeKept("ap"));
        assertTrue(((SysfsDirectory) host.node("/bus")).mayBeKept("ap"));
        assertTrue(root.mayBeKept("card05"));
        assertTrue(card.mayBeKept("05.0004"));
        List<String> told = new ArrayList<>();
        try (AutoCloseable listener = host.kernel.sys()
                .beforeRemovals(names -> told.add(names.get(names.size() - 1) + ' '
                        + root.mayBeKept("card05") + ' ' + card.mayBeKept("05.00ff")))) {
            host.machine.removeAdapter(5);
            host.bus.scan();
        }
        assertTrue(told.contains("05.00ff true false"), told::toString);
        assertTrue(told.contains("card05 false false"), told::toString);
        assertFalse(root.mayBeKept("card05"));
        assertTrue(root.mayBeKept("card06"));
        assertEquals(List.of("card06"), host.bus.cards().stream().map(ApCard::name).toList());
    }
}
