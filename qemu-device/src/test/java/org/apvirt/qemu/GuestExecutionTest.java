// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Guests that are paused, and move from one host to another in one process. */
class GuestExecutionTest {
    private static final String[] DEVICE = {"-cpu", "host,ap=on,apqci=on,apft=on", "-device",
            TestHost.device(MATRIX + UUID)};
    private static final int TAPQ_05_04 = 0x0504;

    private final TestHost here;
    private final TestHost there;

    GuestExecutionTest() throws ErrnoException {
        here = TestHost.withMdev(Level.NEXT);
        there = new TestHost(HostOptions.of(Level.NEXT));
        there.host.write("/sys/bus/ap/apmask", "0x0\n");
        there.create(UUID, List.of(), List.of());
    }

    private static int tapq(ApPlatform platform) {
        ApRegisters registers = new ApRegisters();
        registers.gr(0, TAPQ_05_04);
        platform.instructions().pqap(registers, new ArrayStorage(0));
        return registers.low(1);
    }

    @Test
    void theGuestGoesOnOnTheOtherHostAndWhatWasInItsQueuesIsLost() throws Exception {
        S390Machine source = here.start(QemuVersion.NEXT, DEVICE);
        ApPlatform platform = source.platform();
        try (S390Machine target = there.start(QemuVersion.NEXT, DEVICE)) {
            ApCommands commands = new ApCommands(platform.instructions(), platform.facilities());
            byte[] request = new byte[200];
            assertEquals(0,
                    ApQueueStatus.responseCode(commands.nqap(new Apqn(5, 4), 1, request, request.length, false)));
            assertEquals(0, tapq(platform) & 0x8000_0000, "a request or its reply is in the queue");

            byte[] state = source.execution().save();
            target.execution().stop();
            target.execution().load(state);
            target.execution().takeOver(source.execution());
            target.execution().cont();
            source.close();

            assertEquals(platform, target.platform());
            assertEquals(0x8000_0000, tapq(platform) & 0x8000_0000, "the queue is empty");
            assertEquals(0, ApQueueStatus.responseCode(tapq(platform)));
            assertEquals("05.0004\n05.00ab\n06.0004\n06.00ab\n", there.host.read(MATRIX + UUID + "/guest_matrix"));
            assertTrue(target.execution().isRunning());
            assertFalse(source.execution().isRunning());
        }
    }

    /** A whole Linux in the guest: it scans, its timers go on, and it hears of changes on the other host. */
    @Test
    void theOperatingSystemOfTheGuestGoesOnWithItsBusAndItsTimers() throws Exception {
        S390Machine source = here.start(QemuVersion.NEXT, DEVICE);
        Host guest = Host.boot(source.platform(), HostOptions.of(Level.LINUX_7_2));
        here.time.advanceMillis(1000);
        AtomicInteger ticks = new AtomicInteger();
        source.platform().time().schedule(TimeUnit.SECONDS.toNanos(5), ticks::incrementAndGet);
        long before = source.platform().time().nanos();
        try (S390Machine target = there.start(QemuVersion.NEXT, DEVICE)) {
            byte[] state = source.execution().save();
            here.time.advanceMillis(10_000);
            assertEquals(0, ticks.get(), "a paused guest has no timers");
            target.execution().stop();
            target.execution().load(state);
            target.execution().takeOver(source.execution());
            target.execution().cont();
            source.close();
            there.time.advanceMillis(10_000);
            assertEquals(1, ticks.get());
            assertTrue(target.platform().time().nanos() >= before);

            ApBus bus = guest.bus();
            assertTrue(bus != null && bus.queue(new Apqn(6, 0xab)) != null);
            there.host.write(MATRIX + UUID + "/unassign_adapter", "6");
            there.loop.run();
            there.time.advanceMillis(1000);
            assertTrue(bus.queue(new Apqn(6, 0xab)) == null, "the target's host took the adapter");
        }
    }

    @Test
    void aPausedGuestDoesNothingUntilItRuns() throws Exception {
        try (S390Machine machine = here.start(QemuVersion.NEXT, DEVICE)) {
            ApPlatform platform = machine.platform();
            machine.execution().stop();
            CountDownLatch done = new CountDownLatch(1);
            Thread cpu = Thread.ofPlatform().daemon().start(() -> {
                tapq(platform);
                done.countDown();
            });
            cpu.interrupt();
            assertFalse(done.await(50, TimeUnit.MILLISECONDS));
            machine.execution().cont();
            assertTrue(done.await(10, TimeUnit.SECONDS));
        }
    }

    /** What a monitor's thread asks for must not keep the main loop or another monitor away. */
    @Test
    void eachCallLeavesTheMachineToOtherThreads() throws Exception {
        try (S390Machine machine = here.start(QemuVersion.NEXT, "-cpu", "host,ap=on,apqci=on,apft=on")) {
            GuestExecution guest = machine.execution();
            guest.platform();
            guest.stop();
            assertFalse(asked(guest));
            guest.load(guest.save());
            assertFalse(asked(guest));
            guest.cont();
            assertTrue(asked(guest));
            assertThrows(IllegalStateException.class, () -> guest.load(new byte[0]));
            assertTrue(asked(guest));
            machine.reset(ResetKind.EXTERNAL);
            assertTrue(asked(guest));
        }
    }

    private static boolean asked(GuestExecution guest) throws Exception {
        return CompletableFuture.supplyAsync(guest::isRunning).get(20, TimeUnit.SECONDS);
    }

    @Test
    void aRefusalOfTheTargetLeavesBothAsTheyWere() throws Exception {
        there.host.write("/sys/bus/ap/drivers/vfio_ap/unbind", "06.00ab");
        try (S390Machine source = here.start(QemuVersion.NEXT, DEVICE);
                S390Machine target = there.start(QemuVersion.NEXT, DEVICE)) {
            byte[] state = source.execution().save();
            target.execution().stop();
            QemuException refused = assertThrows(QemuException.class, () -> target.execution().load(state));
            assertEquals(
                    "error while loading state for instance 0x0 of device '/1/vfio-ap': load of migration failed: No such device",
                    refused.getMessage());
            assertEquals("ENODEV: queue 06.00ab is not bound to vfio_ap on the target", refused.hint());
            assertEquals("", there.host.read(MATRIX + UUID + "/guest_matrix"));
            source.execution().cont();
            assertEquals(0, ApQueueStatus.responseCode(tapq(source.platform())));
        }
    }

    @Test
    void aStateForADeviceThatIsNotThereIsRefused() throws Exception {
        try (S390Machine source = here.start(QemuVersion.NEXT, DEVICE);
                S390Machine target = there.start(QemuVersion.NEXT, "-cpu", "host,ap=on,apqci=on,apft=on")) {
            byte[] state = source.execution().save();
            target.execution().stop();
            assertTrue(assertThrows(QemuException.class, () -> target.execution().load(state)).getMessage()
                    .startsWith("Unknown savevm section or instance '/1/vfio-ap' 0."));
            assertEquals(0, target.execution().save().length);
            target.execution().load(new byte[0]);
        }
    }

    /** Today's rule: unplug, migrate, plug again. */
    @ParameterizedTest
    @EnumSource(names = "NEXT", mode = EnumSource.Mode.EXCLUDE)
    void noReleaseOfQemuMigratesAGuestWithSuchADeviceUnlessItIsUnpluggedFirst(QemuVersion version) throws Exception {
        TestHost host = TestHost.withMdev(Level.LINUX_7_3);
        TestHost other = TestHost.withMdev(Level.LINUX_7_3);
        String[] cpu = {"-cpu", version == QemuVersion.SEED ? "host" : "host,ap=on,apqci=on,apft=on"};
        DeviceOptions device = DeviceOptions
                .of(java.util.Map.of("driver", "vfio-ap", "id", "a", "sysfsdev", MATRIX + UUID));
        S390Machine source = host.start(version, cpu);
        source.deviceAdd(device);
        ApPlatform platform = source.platform();
        assertEquals("State blocked by non-migratable device '/1/vfio-ap'",
                assertThrows(QemuException.class, () -> source.execution().save()).getMessage());
        assertTrue(source.execution().isRunning());

        source.deviceDel("a");
        try (S390Machine target = other.start(version, cpu)) {
            byte[] state = source.execution().save();
            target.execution().stop();
            target.execution().load(state);
            target.execution().takeOver(source.execution());
            target.execution().cont();
            source.close();
            assertEquals(1, ApQueueStatus.responseCode(tapq(platform)));
            target.deviceAdd(device);
            assertEquals(0, ApQueueStatus.responseCode(tapq(platform)));
        }
    }

    @Test
    void aQemuThatCouldIsToldByAKernelThatCannot() throws Exception {
        TestHost host = TestHost.withMdev(Level.LINUX_7_3);
        try (S390Machine source = host.start(QemuVersion.NEXT, DEVICE)) {
            assertEquals(UUID + ": VFIO migration is not supported in kernel",
                    assertThrows(QemuException.class, () -> source.execution().save()).getMessage());
        }
    }
}
