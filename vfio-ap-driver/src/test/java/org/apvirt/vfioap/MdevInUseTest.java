// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.arch.Background;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.vfio.EventFd;
import org.junit.jupiter.api.Test;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** An mdev is removed while a guest has it. */
class MdevInUseTest extends FourQueuesFixture {
    @Test
    void blocksAndAsksAtOnceAndEveryTenSeconds() throws Exception {
        RunningGuest guest = new RunningGuest(system, U1);
        EventFd request = new EventFd();
        guest.device.setIrq(0, request);
        system.forget();
        Background remover = remove();
        assertEquals(1, request.take());
        assertNull(system.mdevModule.bus().device(U1));
        assertEquals(List.of("driver", "iommu_group", "subsystem", "uevent"),
                ((org.apvirt.device.SysfsDirectory) system.node(mdev.substring(0, mdev.length() - 1))).names()
                        .stream().sorted().toList());
        assertEquals(List.of("remove@/devices/vfio_ap/matrix/" + U1 + "/vfio-dev/vfio0"), system.uevents);
        assertEquals(Errno.EAGAIN, assertThrows(ErrnoException.class, system.module::unload).errno());
        for (int i = 1; i < 12; i++) {
            system.time.advanceMillis(10_000);
            assertEquals(1, request.take());
        }
        assertEquals(List.of("vfio_ap_mdev " + U1 + ": Relaying device request to user (#0)",
                "vfio_ap_mdev " + U1 + ": Relaying device request to user (#10)"), system.log);
        system.expect(TestSystem.TYPE + "available_instances", "65535\n");
        guest.close();
        awaitEnd(remover);
        system.expect(TestSystem.TYPE + "available_instances", "65536\n");
        assertNull(system.node(TestSystem.MATRIX + U1));
    }

    @Test
    void withoutARequestEventOnlyLeavesALineInTheLog() throws Exception {
        RunningGuest guest = new RunningGuest(system, U1);
        system.forget();
        Background remover = remove();
        remover.interrupt();
        system.time.giveTurns();
        assertFalse(remover.isOver());
        guest.close();
        awaitEnd(remover);
        assertEquals("vfio_ap_mdev " + U1 + ": No device request registered, blocked until released by user",
                system.log.get(0));
        assertTrue(
                system.log.get(1).startsWith("vfio_ap_mdev " + U1 + ": Device is currently in use, task \"rm\" ("),
                system.log.get(1));
        assertTrue(system.log.get(1).endsWith(") blocked until device is released"), system.log.get(1));
    }

    @Test
    void takesTheMasksAtOnceInLinux72() throws Exception {
        start(TestLevel.LINUX_7_2);
        RunningGuest guest = new RunningGuest(system, U1);
        EventFd changed = new EventFd();
        guest.device.setIrq(1, changed);
        system.forget();
        Background remover = remove();
        assertEquals(List.of("clear"), system.masks);
        assertEquals(1, changed.take());
        assertEquals(NOT_AVAILABLE, guest.tapq(5, 4));
        guest.close();
        awaitEnd(remover);
    }

    /** The queues of the device are reset before the writer ends. */
    private void awaitEnd(Background remover) {
        system.time.giveTurns();
        system.time.advanceMillis(1000);
        assertTrue(remover.isOver());
    }

    /** Writes to the attribute on a thread that waits now. */
    private Background remove() {
        return system.time.start("rm", () -> {
            try {
                system.write(mdev + "remove", "1");
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
        });
    }
}
