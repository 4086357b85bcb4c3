// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoMoreInteractions;

/** The device of a running guest on a simulated host: hot plug, resets, requests of the host. */
class VfioApDeviceTest {
    private static ApMask adapters(S390Machine machine) {
        KvmGuest guest = machine.guest();
        assertNotNull(guest);
        return guest.crycb().apcb1().apm();
    }

    @Test
    void deviceAddPlugsIntoTheEmptyBus() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_2)) {
            assertEquals(ApMask.NONE, adapters(machine));
            machine.deviceAdd(DeviceOptions.of(Map.of("driver", "vfio-ap", "id", "x", "sysfsdev",
                    MATRIX + UUID)));
            assertEquals(ApMask.of(5, 6), adapters(machine));
        }
    }

    @Test
    void deviceDelTakesTheMasksAwayBeforeItReturns() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        List<String> deleted = new ArrayList<>();
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device",
                TestHost.device(MATRIX + UUID) + ",id=x")) {
            machine.onEvent((id, path) -> deleted.add(id + " " + path));
            machine.deviceDel("x");
            assertEquals(List.of("x /machine/peripheral/x"), deleted);
            assertEquals(ApMask.NONE, adapters(machine));
            assertNull(machine.apBridge().device());
            machine.deviceAdd(DeviceOptions.of(Map.of("driver", "vfio-ap", "sysfsdev", MATRIX + UUID)));
            machine.deviceDel("/machine/peripheral-anon/device[0]");
            assertEquals("null /machine/peripheral-anon/device[0]", deleted.get(1));
        }
    }

    @Test
    void refusalsOverQmpHaveTheirClass() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", "virtio-rng-ccw,id=a")) {
            assertEquals("GenericError: Duplicate device ID 'a'", qmp(machine, "driver", "vfio-ap", "id", "a"));
            assertEquals("GenericError: Parameter 'id' expects an identifier",
                    qmp(machine, "driver", "vfio-ap", "id", "1x"));
            assertEquals("GenericError: Parameter 'driver' is missing", qmp(machine, "id", "b"));
            assertEquals("GenericError: 'vfio_ap' is not a valid device model name",
                    qmp(machine, "driver", "vfio_ap"));
            assertEquals("DeviceNotFound: Device 'zz' not found", qmpDel(machine, "zz"));
            machine.deviceDel("a");
            assertEquals("DeviceNotFound: Device 'a' not found", qmpDel(machine, "a"));
        }
    }

    private static String qmp(S390Machine machine, String... pairs) {
        Map<String, String> arguments = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            arguments.put(pairs[i], pairs[i + 1]);
        }
        try {
            machine.deviceAdd(DeviceOptions.of(arguments));
            return "done";
        } catch (QemuException e) {
            return e.errorClass() + ": " + e.getMessage();
        }
    }

    private static String qmpDel(S390Machine machine, String id) {
        try {
            machine.deviceDel(id);
            return "done";
        } catch (QemuException e) {
            return e.errorClass() + ": " + e.getMessage();
        }
    }

    @Test
    void everyKindOfResetResetsTheGuestsQueues() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
            MachineListener management = mock(MachineListener.class);
            machine.onEvent(management);
            for (ResetKind kind : ResetKind.values()) {
                List<Integer> reset = new ArrayList<>();
                try (AutoCloseable listening = test.machine.onInstruction((fc, qid, rc) -> {
                    if (fc == 2) {
                        reset.add(qid);
                    }
                })) {
                    machine.reset(kind);
                }
                reset.sort(null);
                assertEquals(List.of(0x0504, 0x05ab, 0x0604, 0x06ab), reset, kind.toString());
            }
            InOrder order = inOrder(management);
            for (ResetKind kind : ResetKind.values()) {
                order.verify(management).onReset(kind);
            }
            verifyNoMoreInteractions(management);
            assertEquals(List.of(), machine.messages().lines());
        }
    }

    /** What a guest before it left in the queues is not there any more. */
    @Test
    void theQueuesAreResetBeforeTheGuestRuns() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        Set<Integer> reset = new TreeSet<>();
        try (AutoCloseable listening = test.machine.onInstruction((fc, qid, rc) -> {
            if (fc == 2) {
                reset.add(qid);
            }
        }); S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
            assertEquals(Set.of(0x0504, 0x05ab, 0x0604, 0x06ab), reset);
            assertEquals(List.of(), machine.messages().lines());
        }
    }

    @Test
    void aFailedResetIsPrintedAndTheMachineGoesOn() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
            test.machine.setResponse(new Apqn(5, 4), 0x10);
            machine.reset(ResetKind.REIPL);
            assertEquals(
                    List.of("qemu-system-s390x: vfio_ap_reset: failed to reset " + UUID
                            + " device: Input/output error"),
                    machine.messages().lines());
            test.machine.setResponse(new Apqn(5, 4), -1);
        }
    }

    @Test
    void aRequestOfTheHostUnplugsTheDevice() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        List<String> deleted = new ArrayList<>();
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device",
                TestHost.device(MATRIX + UUID) + ",id=x")) {
            machine.onEvent((id, path) -> deleted.add(path));
            Thread remover = new Thread(() -> {
                try {
                    test.host.write(MATRIX + UUID + "/remove", "1");
                } catch (ErrnoException e) {
                    throw new AssertionError(e);
                }
            });
            remover.start();
            while (test.loop.run() == 0 || !deleted.contains("/machine/peripheral/x")) {
                Thread.onSpinWait();
            }
            remover.join();
            assertFalse(Files.exists(test.files.getPath(MATRIX + UUID)));
            assertNull(machine.apBridge().device());
        }
    }

    @Test
    void aChangeOfTheGuestsMasksMakesTheGuestScanItsBus() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
            Host guest = Host.boot(machine.platform(),
                    HostOptions.of(Level.LINUX_7_2).withModules(HostOptions.GUEST_MODULES));
            assertNull(guest.bus().queue(new Apqn(6, 0x47)));
            test.host.write(MATRIX + UUID + "/assign_domain", "0x47");
            assertNull(guest.bus().queue(new Apqn(6, 0x47)));
            test.loop.run();
            test.time.advance(0);
            assertNotNull(guest.bus().queue(new Apqn(6, 0x47)));
        }
    }

    @Test
    void aQemuBefore101DoesNotTellTheGuest() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_0, "-device", TestHost.device(MATRIX + UUID))) {
            machine.channelSubsystem().onReport(() -> fail("a channel report"));
            test.host.write(MATRIX + UUID + "/assign_domain", "0x47");
            test.loop.run();
            assertEquals("0008000500000000",
                    HexFormat.of().formatHex(machine.channelSubsystem().storeEventInformation()));
            assertEquals(List.of(), machine.messages().lines());
        }
    }

    @Test
    void linux612HasOneInterruptAndQemu102WarnsAboutTheOther() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_6_12);
        String argument = TestHost.device(MATRIX + UUID);
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", argument)) {
            assertEquals(List.of("qemu-system-s390x: -device " + argument
                    + ": warning: vfio: IRQ 1 not available (number of irqs 1)"), machine.messages().lines());
        }
    }

    @Test
    void closingTakesTheMasksFromTheGuestAndTheMdevIsFree() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID));
        KvmGuest guest = machine.guest();
        machine.close();
        machine.close();
        assertEquals(ApMask.NONE, guest.crycb().apcb1().apm());
        test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID)).close();
    }
}
