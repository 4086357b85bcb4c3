// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the specification says about the AP facility itself, statement by statement. */
class ApStatementsTest {
    private static final int NOT_AVAILABLE = 0x0001_0000;

    private static SimulatedMachineBuilder builder() {
        return SimulatedMachine.builder(new VirtualTime());
    }

    private static ApCommands on(SimulatedMachine machine) {
        return new ApCommands(machine.instructions(), machine.facilities());
    }

    private static ApConfigInfo configuration(SimulatedMachine machine) {
        ApConfigInfo info = on(machine).qci();
        assertNotNull(info);
        return info;
    }

    /** A facility query for a domain. */
    private static byte[] query(int domain) {
        byte[] parameters = CcaFacilityQuery.request(CcaFacilityQuery.STATICSA);
        byte[] message = new byte[Type6Header.LENGTH + Cprbx.LENGTH + parameters.length];
        Type6Header.init(message, FunctionCode.AGENT_CCA, FunctionCode.FACILITY_QUERY).toCardLength(1,
                Cprbx.LENGTH + parameters.length);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(domain)
                .requestParameterLength(parameters.length);
        System.arraycopy(parameters, 0, message, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return message;
    }

    /** Returns the type byte of the reply to a query for a domain, sent to a queue; -1: the queue did not take it. */
    private static int replyType(SimulatedMachine machine, Apqn queue, int domain) {
        ApCommands ap = on(machine);
        byte[] message = query(domain);
        if ((ap.nqap(queue, 1, message, message.length, false) & 0x00ff_0000) != 0) {
            return -1;
        }
        byte[] reply = new byte[4096];
        ap.dqap(queue, reply, 0);
        return reply[1] & 0xff;
    }

    @Test
    void s1AMachineMayOwnNoAdapter() {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(0)).build();
        assertTrue(on(machine).installed());
        assertEquals(ApMask.NONE, configuration(machine).apm());
        assertEquals(NOT_AVAILABLE, on(machine).tapq(new Apqn(0, 0)));
    }

    @Test
    void s2EveryThreadReachesEveryAdapter() throws Exception {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(0))
                .adapter(AdapterSpec.of(1, 14, AdapterMode.CCA))
                .adapter(AdapterSpec.of(2, 14, AdapterMode.CCA)).build();
        try (ExecutorService cpus = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> words = new ArrayList<>();
            for (int cpu = 0; cpu < 4; cpu++) {
                words.add(cpus.submit(() -> on(machine).tapq(new Apqn(1, 0)) | on(machine).tapq(new Apqn(2, 0))));
            }
            for (Future<Integer> word : words) {
                assertEquals(0x8000_0000, word.get());
            }
        }
    }

    @Test
    void s3AMachineMayOwnAll256AdaptersWithAll256Domains() {
        SimulatedMachineBuilder builder = builder().usageDomains(ApMask.ALL);
        for (int apid = 0; apid < 256; apid++) {
            builder.adapter(AdapterSpec.of(apid, 11, AdapterMode.CCA));
        }
        SimulatedMachine machine = builder.build();
        ApCommands ap = on(machine);
        for (int qid = 0; qid < 0x1_0000; qid++) {
            assertEquals(0x8000_0000, ap.tapq(Apqn.ofQid(qid)));
        }
        assertEquals(ApMask.ALL, configuration(machine).apm());
        assertEquals(ApMask.ALL, configuration(machine).aqm());
    }

    @Test
    void s6AUsageDomainTakesCommandsAndAnotherDoesNot() {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).build();
        assertEquals(0x86, replyType(machine, new Apqn(5, 4), 4));
        assertEquals(-1, replyType(machine, new Apqn(5, 6), 6));
    }

    @ParameterizedTest(name = "from domain {0} to domain {1}: {2}")
    @CsvSource({"4, 4, 134", "6, 4, 134", "4, 9, 134", "6, 9, 134", "4, 6, 130", "9, 9, -1"})
    void s7ControlDomainsAreChangedFromAnyUsageDomain(int from, int to, int type) {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4, 6)).controlDomains(ApMask.of(4, 9))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).build();
        assertEquals(type, replyType(machine, new Apqn(5, from), to));
    }

    @Test
    void s13UsageDomainsAreControlDomainsUnlessTheProfileSaysOtherwise() {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4, 6)).build();
        assertEquals(ApMask.of(4, 6), configuration(machine).adm());
        machine.setControlDomains(ApMask.of(4, 9));
        assertEquals(ApMask.of(4, 9), configuration(machine).adm());
        assertEquals(ApMask.of(4, 6), configuration(machine).aqm());
        machine.setControlDomains(null);
        assertEquals(ApMask.of(4, 6), configuration(machine).adm());
    }

    @Test
    void s20ARequestIsEnqueuedS21AndItsReplyDequeuedFromTheSameQueueOnly() {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4, 6))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.CCA)).build();
        ApCommands ap = on(machine);
        byte[] message = query(4);
        byte[] buffer = new byte[4096];
        assertEquals(0x4000_0000, ap.nqap(new Apqn(5, 4), 0x1234, message, message.length, false));
        for (Apqn other : List.of(new Apqn(5, 6), new Apqn(6, 4), new Apqn(6, 6))) {
            assertEquals(0x8010_0000, ap.dqap(other, buffer, 0));
        }
        assertEquals(0x8000_0000, ap.dqap(new Apqn(5, 4), buffer, 0));
        assertEquals(0x1234, ap.replyPsmid());
    }

    @ParameterizedTest(name = "type {0}")
    @CsvSource({"13", "14"})
    void u21NewerCardsTellTheirType(int type) {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(5, type, AdapterMode.EP11)).build();
        ApCommands ap = on(machine);
        ap.tapq(new Apqn(5, 4));
        assertEquals(type, new ApHardwareInfo(ap.hardwareInfo()).type());
    }

    @Test
    void aStatusQueryAllocatesNothing() {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).build();
        ApCommands ap = on(machine);
        Apqn used = new Apqn(5, 4);
        ap.rapq(used, false);
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long[] allocated = new long[3];
        for (int round = 0; round < allocated.length; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                ap.tapq(used);
            }
            allocated[round] = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertEquals(0, Arrays.stream(allocated).min().orElseThrow(), () -> Arrays.toString(allocated));
    }

    @Test
    void aChangeOfACardIsSeenAsAWhole() throws Exception {
        SimulatedMachine machine = builder().usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(5, 10, AdapterMode.CCA).depth(4)).build();
        try (ExecutorService operator = Executors.newSingleThreadExecutor()) {
            Future<?> changes = operator.submit(() -> {
                for (int i = 0; i < 20_000; i++) {
                    boolean even = i % 2 == 0;
                    machine.adapter(5).change(spec -> even
                            ? spec.type(14).mode(AdapterMode.ACCELERATOR).depth(8)
                            : spec.type(10).mode(AdapterMode.CCA).depth(4));
                }
            });
            ApCommands ap = on(machine);
            while (!changes.isDone()) {
                ap.tapq(new Apqn(5, 4));
                long info = ap.hardwareInfo();
                assertTrue(info == 0xf200_0000_0aff_0003L || info == 0xea00_0000_0eff_0007L,
                        () -> Long.toHexString(info));
            }
            changes.get();
        }
    }

    @Test
    void placedStorageHasAnAddressUntilItIsDisplaced() {
        SimulatedMachine machine = builder().build();
        byte[] page = new byte[0x1000];
        byte[] memory = new byte[0x3000];
        var interrupts = machine.platform().interrupts();
        long low = interrupts.place(new ArrayStorage(page), page.length);
        long high = interrupts.place(new ArrayStorage(memory), memory.length);
        assertTrue(low > 0 && low < 0x8000_0000L && low % 0x1000 == 0);
        assertTrue(high > low && high % 0x1000 == 0);
        assertEquals(0, machine.storage().storeAbsolute(high + 0x2fff, new byte[]{7}, 0, 1));
        assertEquals(7, memory[0x2fff]);
        assertEquals(5, machine.storage().storeAbsolute(high + 0x2fff, new byte[2], 0, 2));
        interrupts.displace(high);
        assertEquals(5, machine.storage().storeAbsolute(high, new byte[1], 0, 1));
    }
}
