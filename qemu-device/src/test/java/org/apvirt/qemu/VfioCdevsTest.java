// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.arch.ApMask;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.host.BuildOption;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.vfio.Iommufd;
import org.apvirt.vfio.VfioCdevFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.OTHER;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/** {@code -object iommufd,id=i0 -device vfio-ap,iommufd=i0} on a host whose kernel is built with device nodes of VFIO. */
class VfioCdevsTest {
    private static final String[] WITH_IOMMUFD = {"-object", "iommufd,id=i0", "-device",
            TestHost.device(MATRIX + UUID) + ",iommufd=i0,id=x"};

    private TestHost test;

    @BeforeEach
    void aHostWithDeviceNodes() throws Exception {
        test = TestHost.withMdev(HostOptions.of(Level.LINUX_7_2).builtWith(Set.of(BuildOption.VFIO_DEVICE_CDEV)));
    }

    private static ApMask adapters(S390Machine machine) {
        KvmGuest guest = machine.guest();
        assertNotNull(guest);
        return guest.crycb().apcb1().apm();
    }

    private Errno refusalOf(String node) {
        return assertThrows(ErrnoException.class, () -> test.access().open(node).close()).errno();
    }

    private List<String> said(String message) {
        return List.of("qemu-system-s390x: -device " + WITH_IOMMUFD[3] + ": vfio " + UUID + ": " + message);
    }

    @Test
    void u54_theGuestHasItsMasksWhileTheDevicesOwnNodeIsOpen() throws Exception {
        for (QemuVersion version : List.of(QemuVersion.V10_0, QemuVersion.V10_2, QemuVersion.V11)) {
            try (S390Machine machine = test.start(version, WITH_IOMMUFD)) {
                assertEquals(ApMask.of(5, 6), adapters(machine));
                assertEquals(Errno.EBUSY, refusalOf("/dev/vfio/0"), "the group of the device");
                machine.deviceDel("x");
                assertEquals(ApMask.NONE, adapters(machine));
                test.access().open("/dev/vfio/0").close();
                machine.deviceAdd(DeviceOptions.of(Map.of("driver", "vfio-ap", "sysfsdev", MATRIX + UUID, "iommufd",
                        "i0")));
                assertEquals(ApMask.of(5, 6), adapters(machine));
            }
            test.access().open("/dev/vfio/0").close(); // the end of the process gave all back
        }
    }

    @Test
    void changesAndRequestsOfTheHostReachTheGuest() throws Exception {
        try (S390Machine machine = test.start(QemuVersion.V10_2, WITH_IOMMUFD)) {
            test.host.write(MATRIX + UUID + "/unassign_adapter", "5");
            assertEquals(ApMask.of(6), adapters(machine));
            Thread remover = Thread.ofPlatform().start(() -> {
                try {
                    test.host.write(MATRIX + UUID + "/remove", "1");
                } catch (ErrnoException e) {
                    throw new IllegalStateException(e);
                }
            });
            while (machine.apBridge().device() != null) {
                test.loop.run();
                Thread.onSpinWait();
            }
            remover.join();
            assertNull(machine.apBridge().device());
        }
    }

    @Test
    void aNodeWhoseGroupIsOpenElsewhereIsNotBound() throws Exception {
        try (S390Machine other = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
            assertEquals(said("error bind device to iommufd: Device or resource busy"),
                    test.refusal(QemuVersion.V10_2, WITH_IOMMUFD));
            assertEquals(ApMask.of(5, 6), adapters(other));
        }
    }

    @Test
    void withoutAVirtualMachineItIsNotBound() throws Exception {
        VfioCdevs cdevs = new VfioCdevs(test.access(), new KvmFiles(null), 1 << 20);
        assertEquals("error bind device to iommufd: Invalid argument",
                assertThrows(QemuException.class, () -> cdevs.attach("i0", UUID, MATRIX + UUID)).getMessage());
        test.access().open("/dev/vfio/0").close();
    }

    @Test
    void aSecondMdevIsNotForTheSameGuest() throws Exception {
        test.create(OTHER, List.of(5), List.of(0x47));
        HostAccess access = test.access();
        KvmFiles kvm = new KvmFiles(access.createVm());
        VfioCdevs cdevs = new VfioCdevs(access, kvm, 1 << 20);
        AttachedDevice first = cdevs.attach("i0", UUID, MATRIX + UUID);
        assertEquals("error bind device to iommufd: Operation not permitted",
                assertThrows(QemuException.class, () -> cdevs.attach("i0", OTHER, MATRIX + OTHER)).getMessage());
        first.detach();
        cdevs.attach("i0", OTHER, MATRIX + OTHER).detach();
        kvm.close();
    }

    @Test
    void lookingOpensNothing() throws Exception {
        HostVfio looks = new HostVfio(new KernelLook(test.host.kernel(), test.files::getPath), null, 1 << 20,
                QemuVersion.V10_2);
        assertNull(looks.attach("i0", UUID, MATRIX + UUID));
        test.access().open("/dev/vfio/0").close();
        assertThrows(QemuException.class, () -> looks.attach("i0", OTHER, MATRIX + OTHER));
    }

    @Test
    void theGuestsStorageIsMappedAndARefusedDeviceIsNotKvmsAnyMore() throws Exception {
        HostAccess access = spy(test.access());
        Iommufd iommufd = spy((Iommufd) test.access().open("/dev/iommu"));
        doReturn(iommufd).when(access).open("/dev/iommu");
        KvmFiles kvm = spy(new KvmFiles(access.createVm()));
        VfioCdevs cdevs = new VfioCdevs(access, kvm, 1 << 20);
        AttachedDevice attached = cdevs.attach("i0", UUID, MATRIX + UUID);
        verify(iommufd).map(2, 0, 1 << 20);
        attached.detach();
        verify(kvm, times(1)).remove(any());
        doThrow(new ErrnoException(Errno.ENOMEM, "refused")).when(iommufd).map(anyInt(), anyLong(), anyLong());
        assertEquals("failed to map the guest's storage: Cannot allocate memory",
                assertThrows(QemuException.class, () -> cdevs.attach("i0", UUID, MATRIX + UUID)).getMessage());
        verify(kvm, times(2)).remove(any());
        verify(iommufd, times(2)).close();
    }

    @Test
    void whateverTheHostRefusesAllIsClosed() throws Exception {
        HostAccess access = spy(test.access());
        Iommufd iommufd = spy((Iommufd) test.access().open("/dev/iommu"));
        VfioCdevFile cdev = spy((VfioCdevFile) test.access().open("/dev/vfio/devices/vfio0"));
        doReturn(iommufd).when(access).open("/dev/iommu");
        doReturn(cdev).when(access).open("/dev/vfio/devices/vfio0");
        ErrnoException refused = new ErrnoException(Errno.ENOMEM, "refused");
        VfioCdevs cdevs = new VfioCdevs(access, new KvmFiles(access.createVm()), 1 << 20);
        doThrow(refused).when(cdev).attach(anyInt());
        assertEquals("error attach " + UUID + " to id=2: Cannot allocate memory",
                assertThrows(QemuException.class, () -> cdevs.attach("i0", UUID, MATRIX + UUID)).getMessage());
        var order = inOrder(iommufd, cdev);
        order.verify(iommufd).close();
        order.verify((OpenFile) cdev).close();
        doThrow(refused).when(iommufd).map(anyInt(), anyLong(), anyLong());
        doThrow(refused).when(cdev).bind(any());
        assertEquals("error bind device to iommufd: Cannot allocate memory",
                assertThrows(QemuException.class, () -> cdevs.attach("i0", UUID, MATRIX + UUID)).getMessage());
        verify(iommufd, times(2)).close();
    }
}
