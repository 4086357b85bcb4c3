// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.util.List;
import java.util.Objects;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApMessage;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.CryptoAttributes;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The same AP bus runs on the machine, in a guest, and in a guest of the guest; it cannot tell. */
class GuestBusTest {
    private static final long SECOND = 1_000_000_000L;

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(1, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(2, 14, AdapterMode.ACCELERATOR).ml(11)) // room for longer messages
            .adapter(AdapterSpec.of(3, 11, AdapterMode.CCA))
            .usageDomains(ApMask.of(4, 5, 0x47))
            .build();

    /** A guest that owns adapters 1, 2 and domains 5, 0x47. Nobody handles AQIC for it, so it is not offered. */
    private static KvmGuest guestOn(ApPlatform host) throws ErrnoException {
        KvmGuest guest = new KvmGuest(host);
        guest.cpuModel(Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.MSA3));
        guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        guest.lock().lock();
        try {
            guest.setMasks(ApMask.of(1, 2), ApMask.of(5, 0x47), ApMask.of(5));
        } finally {
            guest.lock().unlock();
        }
        return guest;
    }

    private ApPlatform platform(int level) throws ErrnoException {
        ApPlatform platform = machine.platform();
        for (int i = 0; i < level; i++) {
            platform = guestOn(platform).platform();
        }
        return platform;
    }

    private ApBus boot(ApPlatform platform) {
        Host host = Host.boot(platform, HostOptions.of(Level.LINUX_6_12).withModules(HostOptions.GUEST_MODULES));
        time.advance(5 * SECOND);
        return Objects.requireNonNull(host.bus());
    }

    @ParameterizedTest(name = "level {0}")
    @ValueSource(ints = {1, 2, 3})
    void findsTheQueuesOfTheGuest(int level) throws ErrnoException {
        ApBus bus = boot(platform(level));
        for (Apqn apqn : List.of(new Apqn(1, 5), new Apqn(1, 0x47), new Apqn(2, 5), new Apqn(2, 0x47))) {
            assertNotNull(bus.queue(apqn), apqn.toString());
        }
        assertNull(bus.queue(new Apqn(1, 4)));
        assertNull(bus.card(3));
    }

    @ParameterizedTest(name = "level {0}")
    @ValueSource(ints = {0, 1, 2, 3})
    void sendsARequestAndGetsItsReply(int level) throws ErrnoException {
        ApBus bus = boot(platform(level));
        ApQueue queue = Objects.requireNonNull(bus.queue(new Apqn(1, 5)));
        ApMessage message = new ApMessage(new byte[64], false);
        queue.submit(message);
        time.advance(SECOND);
        assertTrue(message.isDone());
        assertEquals((byte) 0x82, message.reply()[1]); // an error reply: 64 zeros are no request
    }

    @Test
    void losesTheDevicesWhenTheMasksAreCleared() throws ErrnoException {
        KvmGuest guest = guestOn(machine.platform());
        ApBus bus = boot(guest.platform());
        guest.lock().lock();
        guest.clearMasks();
        guest.lock().unlock();
        bus.scan();
        assertNull(bus.queue(new Apqn(1, 5)));
        assertNull(bus.card(1));
    }
}
