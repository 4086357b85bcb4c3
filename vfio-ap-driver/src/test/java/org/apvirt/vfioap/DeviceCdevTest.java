// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.Facilities;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.apvirt.vfio.Iommufd;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioCdevFile;
import org.apvirt.vfio.VfioQuirk;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A kernel built with iommufd: an mdev is given to a guest through its own node. */
class DeviceCdevTest {
    private static final int BIND = 0x3b76;
    private static final int ATTACH = 0x3b77;
    private static final int DETACH = 0x3b78;
    private static final int GET_INFO = 0x3b6b;
    private static final int DESTROY = 0x3b80;
    private static final int ALLOC = 0x3b81;
    private static final int MAP = 0x3b85;
    private static final int UNMAP = 0x3b86;

    private final TestSystem system;
    private final List<OpenFile> descriptors = new ArrayList<>();
    private final IoctlArgument.FileTable files = new IoctlArgument.FileTable() {
        @Override
        public @Nullable OpenFile file(int fd) {
            return fd >= 0 && fd < descriptors.size() ? descriptors.get(fd) : null;
        }

        @Override
        public int install(OpenFile file) {
            throw new IllegalStateException();
        }
    };
    private final VfioCdevFile device;
    private final Iommufd iommufd;
    private final KvmVm vm;
    private final KvmVfioDevice vfio;

    DeviceCdevTest() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_7_2, VfioQuirk.DEVICE_CDEV);
        system.create(U1, "5", "4");
        device = (VfioCdevFile) system.open("vfio/devices/vfio0");
        iommufd = (Iommufd) system.open("iommu");
        vm = system.kvm.createVm(1, 10);
        vm.guest().cpuModel(Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI, Facilities.MSA3));
        vfio = KvmVfioDevice.of(vm);
        descriptors.add(iommufd);
        descriptors.add(device);
        system.forget();
    }

    private String ioctl(OpenFile file, int request, String block) throws ErrnoException {
        byte[] buffer = HexFormat.of().parseHex(block);
        file.ioctl(request, new IoctlArgument(0, buffer, files));
        return HexFormat.of().formatHex(buffer);
    }

    private Errno refusal(OpenFile file, int request, String block) {
        return assertThrows(ErrnoException.class, () -> ioctl(file, request, block)).errno();
    }

    private void bind() throws ErrnoException {
        vfio.add(device);
        ioctl(device, BIND, "00000010000000000000000000000000");
    }

    @Test
    void hasANumberInSysfsAndANodeThatGoWithIt() throws ErrnoException {
        system.expect(TestSystem.MATRIX + U1 + "/vfio-dev/vfio0/dev", "511:0\n");
        device.close();
        system.write(TestSystem.MATRIX + U1 + "/remove", "1");
        assertNull(system.node("/class/vfio-dev/vfio0"));
        assertEquals(Errno.ENOENT,
                assertThrows(ErrnoException.class, () -> system.open("vfio/devices/vfio0")).errno());
    }

    @Nested
    class Bound {
        @Test
        void givesTheGuestItsMasksAndTheLastCloseTakesThem() throws ErrnoException {
            vfio.add(device);
            assertEquals(List.of(), system.masks);
            assertEquals("00000010000000000000000000000001",
                    ioctl(device, BIND, "00000010000000000000000000000000"));
            assertEquals(List.of("set [5] [4] []"), List.copyOf(system.masks));
            assertEquals("00000010000000210000000000000002",
                    ioctl(device, GET_INFO, "0000001000000000" + "0".repeat(16)));

            vfio.remove(device);
            device.close();
            assertEquals(List.of("set [5] [4] []", "clear"), List.copyOf(system.masks));
        }

        @Test
        void usesAnAddressSpaceUntilItIsDetached() throws ErrnoException {
            bind();
            assertEquals("0000000c0000000000000002", ioctl(iommufd, ALLOC, "0000000c0000000000000000"));
            ioctl(device, ATTACH, "0000000c0000000000000002");
            assertEquals(Errno.EBUSY, refusal(iommufd, DESTROY, "0000000800000002"));
            assertEquals(Errno.EBUSY, refusal(iommufd, DESTROY, "0000000800000001"), "the device");
            ioctl(device, DETACH, "0000000800000000");
            ioctl(iommufd, DESTROY, "0000000800000002");
            assertEquals(Errno.ENOENT, refusal(device, ATTACH, "0000000c0000000000000002"));
        }

        @Test
        void leavesNothingInTheIommufdWhenItIsClosed() throws ErrnoException {
            bind();
            ioctl(iommufd, ALLOC, "0000000c0000000000000000");
            ioctl(device, ATTACH, "0000000c0000000000000002");
            vfio.remove(device);
            device.close();
            ioctl(iommufd, DESTROY, "0000000800000002");
            assertEquals(Errno.ENOENT, refusal(iommufd, DESTROY, "0000000800000001"), "its own number");
        }

        @Test
        void usesOneAddressSpaceAtATime() throws ErrnoException {
            bind();
            ioctl(iommufd, ALLOC, "0000000c0000000000000000");
            ioctl(iommufd, ALLOC, "0000000c0000000000000000");
            ioctl(device, ATTACH, "0000000c0000000000000002");
            ioctl(device, ATTACH, "0000000c0000000000000003");
            assertEquals(Errno.EBUSY, refusal(iommufd, DESTROY, "0000000800000003"));
            ioctl(iommufd, DESTROY, "0000000800000002");
        }

        @Test
        void thatIsRefusedLeavesItsGroupToOthers() throws ErrnoException {
            bind();
            system.create(TestSystem.U2);
            VfioCdevFile second = (VfioCdevFile) system.open("vfio/devices/vfio1");
            descriptors.add(second);
            vfio.add(second);
            assertEquals(Errno.EPERM, refusal(second, BIND, "00000010000000000000000000000000"),
                    "the virtual machine has a device");
            assertEquals(Errno.EINVAL, refusal(second, GET_INFO, "0000001000000000" + "0".repeat(16)));
            system.open("vfio/" + RunningGuest.groupOf(system, TestSystem.U2)).close();
            vfio.remove(second);
            second.close();
            system.write(TestSystem.MATRIX + TestSystem.U2 + "/remove", "1");
            assertNull(system.node("/class/vfio-dev/vfio1"));
        }

        @Test
        void keepsTheGroupClosedAndOtherFilesOut() throws ErrnoException {
            bind();
            OpenFile second = system.open("vfio/devices/vfio0");
            assertEquals(Errno.EINVAL, refusal(second, BIND, "00000010000000000000000000000000"));
            assertEquals(Errno.EINVAL, refusal(device, BIND, "00000010000000000000000000000000"));
            assertEquals(Errno.EBUSY, assertThrows(ErrnoException.class, () -> group()).errno());
            second.close();
            vfio.remove(device);
            device.close();
            group().close();
        }

        private OpenFile group() throws ErrnoException {
            return system.open("vfio/" + RunningGuest.groupOf(system, U1));
        }
    }

    @Nested
    class NotBound {
        @Test
        void isGoodForNothing() {
            assertEquals(Errno.EINVAL, refusal(device, GET_INFO, "0000001000000000" + "0".repeat(16)));
            assertEquals(Errno.EINVAL, refusal(device, ATTACH, "0000000c0000000000000001"));
        }

        @ParameterizedTest
        @CsvSource({"00000010000000000000000000000000, EINVAL", "0000000f000000000000000000000000, EINVAL",
                "00000010000000010000000000000000, EINVAL", "0000001000000000ffffffff00000000, EINVAL",
                "00000010000000000000000500000000, EBADF", "00000010000000000000000100000000, EBADFD"})
        void isNotBoundWithoutAVirtualMachineOrWithAWrongBlock(String block, Errno errno) {
            assertEquals(errno, refusal(device, BIND, block));
            assertEquals(List.of(), system.masks);
        }

        @Test
        void isNotBoundWhileItsGroupIsOpen() throws ErrnoException {
            OpenFile group = system.open("vfio/" + RunningGuest.groupOf(system, U1));
            vfio.add(device);
            assertEquals(Errno.EBUSY, refusal(device, BIND, "00000010000000000000000000000000"));
            group.close();
            ioctl(device, BIND, "00000010000000000000000000000000");
        }
    }

    @Nested
    class AnAddressSpace {
        private static final String FIXED = "0000002800000007000000010000000000000000000000000000000000002000";

        @Test
        void isMappedAndUnmappedInWholeMappings() throws ErrnoException {
            ioctl(iommufd, ALLOC, "0000000c0000000000000000");
            ioctl(iommufd, MAP, FIXED + "0000000000010000");
            assertEquals(Errno.EEXIST, refusal(iommufd, MAP, FIXED + "0000000000011000"));
            assertEquals(Errno.EINVAL, refusal(iommufd, MAP, FIXED + "0000000000020001"));
            assertEquals("0000002800000006000000010000000000000000000000000000000000002000" + "0000000000012000",
                    ioctl(iommufd, MAP,
                            "0000002800000006000000010000000000000000000000000000000000002000" + "0".repeat(16)));
            assertEquals(Errno.ENOENT, refusal(iommufd, UNMAP, "000000180000000100000000000100000000000000001000"));
            assertEquals("000000180000000100000000000100000000000000002000",
                    ioctl(iommufd, UNMAP, "000000180000000100000000000100000000000000002000"));
            assertEquals("0000001800000001" + "0".repeat(16) + "0000000000002000",
                    ioctl(iommufd, UNMAP, "0000001800000001" + "0".repeat(16) + "f".repeat(16)));
            assertEquals(Errno.ENOENT, refusal(iommufd, UNMAP, "000000180000000500000000000100000000000000001000"));
        }
    }
}
