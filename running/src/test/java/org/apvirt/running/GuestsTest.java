// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.qemu.DeviceOptions;
import org.apvirt.running.ControlException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Guests of a machine that runs. */
@Timeout(30)
class GuestsTest extends BootedMachineFixture {
    @Test
    void aGuestWhoseKernelIsNowhereDoesNotKeepItsDevice() throws Exception {
        createDevice();
        ControlException e = refused(Reason.REFUSED, "stub",
                () -> running.guests().start("real", UUID, "/nowhere/gdb", line -> {}));
        assertEquals("stub /nowhere/gdb: no gdb stub at /nowhere/gdb: No such file or directory", e.getMessage());
        assertEquals("assigned\n", control.read("/sys/devices/ap/card05/05.0004/status"));
        assertEquals(List.of(), running.guests().list());
    }

    @Test
    void aGuestHoldsItsDeviceUntilItIsStopped() throws Exception {
        createDevice();
        assertEquals(QueueStatus.Owner.VFIO_AP, running.queue(new Apqn(5, 4)).owner());
        running.guests().start("one", UUID);
        assertEquals("in use\n", control.read("/sys/devices/ap/card05/05.0004/status"));
        QueueStatus queue = running.queue(new Apqn(5, 4));
        assertEquals(QueueStatus.Owner.GUEST, queue.owner());
        assertEquals("one", queue.guest());
        assertEquals(UUID, queue.mdev());
        assertEquals(QueueStatus.Owner.HOST, running.queue(new Apqn(6, 4)).owner());
        refused(Reason.REFUSED, "uuid", () -> running.guests().start("two", UUID));
        refused(Reason.CONFLICT, "name", () -> running.guests().start("one", UUID));
        running.guests().stop("one");
        assertEquals("assigned\n", control.read("/sys/devices/ap/card05/05.0004/status"));
    }

    private static final List<String> KVM = List.of("qemu-system-s390x", "-accel", "kvm", "-cpu", "host");

    @Test
    void aGuestAsWrittenTakesItsDeviceLaterAndLosesItToTheHost() throws Exception {
        createDevice();
        Guests guests = running.guests();
        long changes = running.changes().last();
        guests.start("one", KVM, null, ProcessHandle.current().pid(), line -> {});
        assertNull(guests.find("one").mdev());
        assertEquals(ApMask.NONE, guests.find("one").adapters());
        DeviceOptions device = DeviceOptions
                .of(Map.of("driver", "vfio-ap", "id", "x", "sysfsdev", "/sys/bus/mdev/devices/" + UUID));
        guests.plug("one", device);
        assertEquals("in use\n", control.read("/sys/devices/ap/card05/05.0004/status"));
        assertEquals(UUID, guests.find("one").mdev());
        assertEquals("/machine/peripheral/x", guests.find("one").device());
        assertEquals("A 'ap-bus' bus was found but is full",
                refused(Reason.REFUSED, "device", () -> guests.plug("one", device)).getMessage());
        assertEquals("Device 'y' not found",
                refused(Reason.MISSING, "device", () -> guests.unplug("one", "y")).getMessage());
        control.write("/sys/bus/mdev/devices/" + UUID + "/remove", "1");
        assertNull(guests.find("one").device());
        assertTrue(running.changes().after(changes, 100).stream()
                .filter(it -> it.value().equals(new Change(Change.Kind.GUEST, "one", Change.Action.CHANGED)))
                .count() >= 3);
        guests.stop("one");
    }

    @Test
    @Timeout(20)
    void aGuestAsWrittenEndsWithItsProcess() throws Exception {
        createDevice();
        Process process = new ProcessBuilder("sleep", "60").start();
        List<String> words = new ArrayList<>(KVM);
        words.addAll(List.of("-device", "vfio-ap,sysfsdev=/sys/bus/mdev/devices/" + UUID));
        running.guests().start("one", words, null, process.pid(), line -> {});
        assertEquals("in use\n", control.read("/sys/devices/ap/card05/05.0004/status"));
        process.destroyForcibly();
        while (!running.guests().list().isEmpty()) {
            Thread.sleep(10);
        }
        assertEquals("assigned\n", control.read("/sys/devices/ap/card05/05.0004/status"));
    }

    @Test
    void aDeviceIsNamedByItsUuidAndNothingElse() {
        for (String uuid : List.of(UUID + ",id=boo", "../" + UUID, "", UUID.substring(1))) {
            refused(Reason.INVALID, "uuid", () -> running.guests().start("one", uuid));
        }
        for (String name : List.of("", "a b", "a\nb", "-x", "x".repeat(64))) {
            refused(Reason.INVALID, "name", () -> running.guests().start(name, UUID));
        }
        assertEquals(List.of(), running.guests().list());
    }
}
