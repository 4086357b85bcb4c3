// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.spec;

import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Test;

import static org.apvirt.it.spec.SeedHost.BUS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the specification says of the AP architecture and of the host, clause by clause. */
class ArchitectureClausesTest {
    private static final AdapterSpec CARD5 = AdapterSpec.of(5, 11, AdapterMode.CCA);
    private static final AdapterSpec CARD6 = AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR);
    private static final ApMask DOMAINS = ApMask.of(4, 71);

    private final SeedHost host = new SeedHost(DOMAINS, ApMask.of(4, 71, 200), CARD5, CARD6);

    @Test
    void s1_s3_anLparMayOwnNoAdapterAtAll() throws ErrnoException {
        SeedHost empty = new SeedHost(DOMAINS, DOMAINS);
        assertTrue(empty.commands().installed());
        assertEquals(List.of(), empty.ls(BUS + "devices"));
    }

    @Test
    void s1_s3_orAll256() throws ErrnoException {
        AdapterSpec[] all = new AdapterSpec[256];
        for (int apid = 0; apid < 256; apid++) {
            all[apid] = AdapterSpec.of(apid, 14, AdapterMode.CCA);
        }
        SeedHost full = new SeedHost(ApMask.of(0), ApMask.of(0), all);
        assertEquals(512, full.ls(BUS + "devices").size());
        assertEquals("256/256 (complete)\n", full.cat(BUS + "bindings"));
    }

    /** Any thread may issue: an adapter belongs to no CPU. */
    @Test
    void s2_anAdapterIsReachedFromEveryCpu() throws InterruptedException {
        int[] status = new int[4];
        Thread[] cpus = new Thread[4];
        ApCommands commands = host.commands();
        for (int cpu = 0; cpu < 4; cpu++) {
            int number = cpu;
            cpus[cpu] = Thread.ofPlatform()
                    .start(() -> status[number] = commands.tapq(new Apqn(5, 4)) & ApQueueStatus.EMPTY);
        }
        for (int cpu = 0; cpu < 4; cpu++) {
            cpus[cpu].join();
            assertEquals(ApQueueStatus.EMPTY, status[cpu]);
        }
    }

    @Test
    void s5_s17_domain255IsTheLast() {
        SeedHost last = new SeedHost(ApMask.of(255), ApMask.NONE, CARD5);
        assertTrue(last.exists("/sys/devices/ap/card05/05.00ff"));
    }

    @Test
    void s6_s20_s21_aUsageDomainTakesARequestAndGivesAReply() {
        ApCommands commands = host.commands();
        byte[] request = new byte[0x190]; // an empty type 50 message: even that is answered
        request[1] = 0x50;
        assertEquals(0, ApQueueStatus.responseCode(commands.nqap(new Apqn(6, 4), 42, request, request.length, false)));
        byte[] reply = new byte[4096];
        assertEquals(0, ApQueueStatus.responseCode(commands.dqap(new Apqn(6, 4), reply, 0)));
        assertEquals(42, commands.replyPsmid());
    }

    @Test
    void s8_s11_s13_theProfilesControlDomainsAreTheMask() throws ErrnoException {
        assertEquals(ApMask.of(4, 71, 200) + "\n", host.cat(BUS + "ap_control_domain_mask"));
        assertEquals(ApMask.of(4, 71) + "\n", host.cat(BUS + "ap_usage_domain_mask"));
    }

    @Test
    void s7_s15_aControlOnlyDomainHasNoQueue() {
        assertFalse(host.exists("/sys/devices/ap/card05/05.00c8"));
        assertEquals(ApQueueStatus.wordOf(1), host.commands().tapq(new Apqn(5, 200)));
    }

    @Test
    void s14_aUsageAndControlDomainHasAQueueAndItsBit() throws ErrnoException {
        assertTrue(host.exists("/sys/devices/ap/card05/05.0004"));
        assertTrue(host.cat(BUS + "ap_control_domain_mask").startsWith("0x08"));
    }

    @Test
    void s9_s35_theBusFindsWhatTheLparOwnsWhenItStarts() throws ErrnoException {
        assertEquals("0x06" + "0".repeat(62) + "\n", host.cat(BUS + "ap_adapter_mask"));
        assertEquals(DOMAINS + "\n", host.cat(BUS + "ap_usage_domain_mask"));
        assertEquals("4\n", host.cat(BUS + "ap_domain"));
        assertEquals(6, host.ls(BUS + "devices").size());
        assertEquals("1\n", host.cat(BUS + "scans")); // nobody asked for it
    }

    @Test
    void s10_s16_s36_s39_eachPairOfAdapterAndDomainIsAQueue() throws ErrnoException {
        assertEquals(List.of("05.0004", "05.0047", "06.0004", "06.0047", "card05", "card06"),
                host.ls(BUS + "devices"));
    }

    @Test
    void s19_s22_pqapResetsTheQueueItNames() {
        ApCommands commands = host.commands();
        byte[] request = new byte[0x190];
        request[1] = 0x50;
        commands.nqap(new Apqn(6, 4), 1, request, request.length, false);
        commands.nqap(new Apqn(6, 71), 1, request, request.length, false);
        commands.rapq(new Apqn(6, 4), false);
        assertEquals(ApQueueStatus.EMPTY, commands.tapq(new Apqn(6, 4)));
        assertEquals(0, commands.tapq(new Apqn(6, 71)) & ApQueueStatus.EMPTY);
    }

    @Test
    void s37_theCardsNumberIsTwoHexDigits() {
        SeedHost high = new SeedHost(DOMAINS, DOMAINS, AdapterSpec.of(0xab, 11, AdapterMode.CCA));
        assertTrue(high.exists("/sys/bus/ap/devices/cardab"));
    }

    @Test
    void s40_theDriversOfTheTimeAreThere() throws ErrnoException {
        assertEquals(List.of("cex2acard", "cex2aqueue", "cex4card", "cex4queue", "pcixcccard", "pcixccqueue",
                "vfio_ap"), host.ls(BUS + "drivers"));
    }

    @Test
    void s40_theyTakeTheCardsOfTheTime() throws ErrnoException {
        SeedHost old = new SeedHost(ApMask.of(4), ApMask.of(4), AdapterSpec.of(1, 6, AdapterMode.ACCELERATOR),
                AdapterSpec.of(2, 9, AdapterMode.CCA));
        assertEquals("../../../../devices/ap/card01", old.host.readLink(BUS + "drivers/cex2acard/card01"));
        assertEquals("../../../../devices/ap/card02/02.0004",
                old.host.readLink(BUS + "drivers/pcixccqueue/02.0004"));
    }

    @Test
    void s41_s42_aDriversDirectoryLinksToItsDevices() throws ErrnoException {
        assertEquals("../../../../devices/ap/card05", host.host.readLink(BUS + "drivers/cex4card/card05"));
        assertEquals("../../../../devices/ap/card05/05.0004",
                host.host.readLink(BUS + "drivers/cex4queue/05.0004"));
        assertEquals("../../../../devices/ap/card05/05.0047",
                host.host.readLink(BUS + "drivers/cex4queue/05.0047"));
    }
}
