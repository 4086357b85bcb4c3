// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.HexFormat;
import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioDeviceFile;
import org.apvirt.vfio.VfioGroupFile;
import org.apvirt.vfio.VfioQuirk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The ioctls of a group, of a container and of an iommufd, as user space does them: by number, with blocks of bytes. */
class VfioIoctlsTest {
    private static final int GET_API_VERSION = 0x3b64;
    private static final int CHECK_EXTENSION = 0x3b65;
    private static final int SET_IOMMU = 0x3b66;
    private static final int GET_STATUS = 0x3b67;
    private static final int SET_CONTAINER = 0x3b68;
    private static final int UNSET_CONTAINER = 0x3b69;
    private static final int GET_DEVICE_FD = 0x3b6a;
    private static final int MAP_DMA = 0x3b71;
    private static final int UNMAP_DMA = 0x3b72;
    private static final int DIRTY_PAGES = 0x3b75;
    private static final String CONTAINER = "00000008"; // its descriptor

    private final TestSystem.Files files = new TestSystem.Files();
    private TestSystem system;
    private VfioGroupFile group; // descriptor 7
    private VfioContainer container; // descriptor 8

    @BeforeEach
    void aGroupAndAContainer() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_7_2, VfioQuirk.DEVICE_CDEV);
        system.create(TestSystem.U1, "5", "4");
        group = (VfioGroupFile) system.open("vfio/0");
        container = (VfioContainer) system.open("vfio/vfio");
        files.install(group);
        files.install(container);
    }

    private int ioctl(OpenFile file, int request, long value) throws ErrnoException {
        return file.ioctl(request, new IoctlArgument(value, new byte[0], files));
    }

    private String block(OpenFile file, int request, String block) throws ErrnoException {
        byte[] buffer = HexFormat.of().parseHex(block);
        file.ioctl(request, new IoctlArgument(0, buffer, files));
        return HexFormat.of().formatHex(buffer);
    }

    private Errno refusal(OpenFile file, int request, String block) {
        return assertThrows(ErrnoException.class, () -> block(file, request, block)).errno();
    }

    @Test
    void aGroupIsViableAndTellsWhetherItHasAContainer() throws ErrnoException {
        assertEquals("0000000800000001", block(group, GET_STATUS, "00000008ffffffff"));
        block(group, SET_CONTAINER, CONTAINER);
        assertEquals("0000000900000003", block(group, GET_STATUS, "0000000900000000"));
        block(group, UNSET_CONTAINER, "");
        assertEquals("0000000800000001", block(group, GET_STATUS, "0000000800000000"));
        assertEquals(Errno.EINVAL, refusal(group, GET_STATUS, "0000000700000000"));
        assertEquals(Errno.EFAULT, refusal(group, GET_STATUS, "00000008"));
        assertEquals(Errno.EINVAL, refusal(group, UNSET_CONTAINER, ""));
        assertEquals(Errno.ENOTTY, refusal(group, 0x3b6f, ""));
    }

    @ParameterizedTest
    @CsvSource({"ffffffff, EINVAL", "00000009, EBADF", "00000007, EBADFD"})
    void aGroupGoesIntoContainersOnly(String descriptor, Errno errno) throws ErrnoException {
        assertEquals(errno, refusal(group, SET_CONTAINER, descriptor));
        assertEquals(0, ioctl(group, SET_CONTAINER, 8)); // the number itself, not behind a pointer
        assertEquals(Errno.EINVAL, refusal(group, SET_CONTAINER, CONTAINER), "it is in one");
    }

    @Test
    void descriptorZeroMayBeTheContainer() throws ErrnoException {
        IoctlArgument.FileTable standardInput = new IoctlArgument.FileTable() {
            @Override
            public OpenFile file(int fd) {
                return fd == 0 ? container : null;
            }

            @Override
            public int install(OpenFile file) {
                return 1;
            }
        };
        assertEquals(0, group.ioctl(SET_CONTAINER, new IoctlArgument(0, new byte[4], standardInput)));
        assertEquals(3, group.status());
    }

    @Test
    void aDeviceIsNamedByTextThatEndsWithANulOrTheBuffer() throws ErrnoException {
        block(group, SET_CONTAINER, CONTAINER);
        ioctl(container, SET_IOMMU, VfioContainer.TYPE1V2);
        KvmVfioDevice.of(system.kvm.createVm(1, 10)).add(group);
        HexFormat hex = HexFormat.of();
        String name = hex.formatHex(TestSystem.U1.getBytes());
        assertEquals(Errno.ENODEV, refusal(group, GET_DEVICE_FD, name + "31"));
        assertEquals(Errno.ENODEV, refusal(group, GET_DEVICE_FD, ""));
        assertEquals(9, group.ioctl(GET_DEVICE_FD, new IoctlArgument(0, hex.parseHex(name + "0031"), files)));
        assertEquals(10, group.ioctl(GET_DEVICE_FD, new IoctlArgument(0, hex.parseHex(name), files)));
        assertInstanceOf(VfioDeviceFile.class, files.file(10));
    }

    @Test
    void aContainerRefusesEverythingButQuestionsUntilItHasABackend() throws ErrnoException {
        assertEquals(0, ioctl(container, GET_API_VERSION, 0));
        assertEquals(1, ioctl(container, CHECK_EXTENSION, 3));
        assertEquals(0, ioctl(container, CHECK_EXTENSION, 4), "no coherent DMA without a backend");
        assertEquals(Errno.EINVAL, refusal(container, 0x3b7f, ""));
        assertEquals(Errno.EINVAL, refusal(container, DIRTY_PAGES, ""));
        assertThrows(ErrnoException.class, () -> ioctl(container, SET_IOMMU, 3), "no group");
        block(group, SET_CONTAINER, CONTAINER);
        assertEquals(Errno.EINVAL, wrongBackend(9), "an extension, but no backend");
        assertEquals(Errno.ENODEV, wrongBackend(5));
        assertEquals(Errno.ENODEV, wrongBackend(0));
        assertEquals(0, ioctl(container, SET_IOMMU, 3));
        assertEquals(1, ioctl(container, CHECK_EXTENSION, 4));
        assertEquals(Errno.ENOTTY, refusal(container, 0x3b7f, ""));
    }

    private Errno wrongBackend(long type) {
        return assertThrows(ErrnoException.class, () -> ioctl(container, SET_IOMMU, type)).errno();
    }

    @Test
    void theFirstVersionOfType1TakesWholeMappings() throws ErrnoException {
        block(group, SET_CONTAINER, CONTAINER);
        assertEquals(0, ioctl(container, SET_IOMMU, VfioContainer.TYPE1));
        container.mapDma(0x1000, 0x2000);
        container.mapDma(0x3000, 0x2000);
        assertEquals(0, container.unmapDma(0x2000, 0x1000), "begins inside a mapping");
        assertEquals(0x4000, container.unmapDma(0x1000, 0x3000), "ends inside one");
        assertEquals(Errno.EACCES, refusal(container, DIRTY_PAGES, ""));
    }

    @Test
    void theSecondVersionRefusesToCutAndHasNoPagesTracked() throws ErrnoException {
        useSecondVersion();
        container.mapDma(0x1000, 0x2000);
        assertEquals(Errno.EINVAL,
                assertThrows(ErrnoException.class, () -> container.unmapDma(0x2000, 0x1000)).errno());
        assertEquals(Errno.EINVAL,
                assertThrows(ErrnoException.class, () -> container.unmapDma(0x1000, 0x1000)).errno());
        assertEquals(Errno.EINVAL, refusal(container, DIRTY_PAGES, ""));
        assertEquals(0x2000, container.unmapDma(0x1000, 0x2000));
    }

    private void useSecondVersion() throws ErrnoException {
        block(group, SET_CONTAINER, CONTAINER);
        ioctl(container, SET_IOMMU, VfioContainer.TYPE1V2);
    }

    /** argsz, flags, virtual address, IOVA, size. */
    @ParameterizedTest
    @CsvSource({"00000020, 00000003, 0000000000010000, 0000000000000000, 0000000000001000, EEXIST",
            "00000020, 00000001, 0000000000010000, 0000000000001000, 0000000000001000, ''",
            "00000020, 00000002, 0000000000000000, 0000000000001000, 0000000000001000, ''",
            "00000020, 00000003, fffffffffffff000, 0000000000001000, 0000000000001000, ''",
            "00000020, 00000003, fffffffffffff000, 0000000000001000, 0000000000002000, EINVAL",
            "00000020, 00000003, 0000000000010800, 0000000000001000, 0000000000001000, EINVAL",
            "00000020, 00000000, 0000000000010000, 0000000000001000, 0000000000001000, EINVAL",
            "00000020, 00000007, 0000000000010000, 0000000000001000, 0000000000001000, EINVAL",
            "00000020, 0000000b, 0000000000010000, 0000000000001000, 0000000000001000, EINVAL",
            "00000020, 00000004, 0000000000010000, 0000000000000000, 0000000000001000, EINVAL",
            "00000020, 00000004, 0000000000010000, 0000000000001000, 0000000000001000, ENOENT",
            "00000020, 00000004, 0000000000010000, fffffffffffff000, 0000000000001000, ENOENT",
            "00000020, 00000004, 0000000000010000, 0000000000001000, fffffffffffff001, EINVAL",
            "0000001f, 00000003, 0000000000010000, 0000000000001000, 0000000000001000, EINVAL"})
    void aMappingSaysWhatMayBeDoneThereOrIsRefused(String size, String flags, String address, String iova,
            String length,
            String refusal) throws ErrnoException {
        useSecondVersion();
        container.mapDma(0, 0x1000);
        String block = size + flags + address + iova + length;
        if (refusal.isEmpty()) {
            block(container, MAP_DMA, block);
            assertEquals(0x1000, container.unmapDma(0x1000, 0x1000));
        } else {
            assertEquals(refusal, refusal(container, MAP_DMA, block).name());
            assertEquals(0x1000, container.unmapAll());
        }
    }

    /** argsz, flags, IOVA, size. */
    @ParameterizedTest
    @CsvSource({"00000000, 0000000000001000, 0000000000001000, 0000000000001000",
            "00000000, 0000000000000000, 0000000000010000, 0000000000002000",
            "00000002, 0000000000000000, 0000000000000000, 0000000000002000",
            "00000002, 0000000000001000, 0000000000000000, EINVAL",
            "00000002, 0000000000000000, 0000000000001000, EINVAL",
            "00000004, 0000000000000000, 0000000000001000, EBUSY",
            "00000006, 0000000000000000, 0000000000000000, EBUSY",
            "00000001, 0000000000000000, 0000000000001000, EINVAL",
            "00000008, 0000000000000000, 0000000000001000, EINVAL"})
    void unmappingTellsHowManyBytesOrIsRefused(String flags, String iova, String size, String answer)
            throws ErrnoException {
        useSecondVersion();
        container.mapDma(0, 0x1000);
        container.mapDma(0x1000, 0x1000);
        String block = "00000018" + flags + iova;
        if (answer.startsWith("E")) {
            assertEquals(answer, refusal(container, UNMAP_DMA, block + size).name());
            assertEquals(0x2000, container.unmapAll());
        } else {
            assertEquals(block + answer, block(container, UNMAP_DMA, block + size));
        }
    }

    @Test
    void aGroupWhoseDeviceIsGoneIsGoodForClosingOnly() throws ErrnoException {
        block(group, SET_CONTAINER, CONTAINER);
        system.write(TestSystem.MATRIX + TestSystem.U1 + "/remove", "1");
        assertEquals(Errno.ENODEV, refusal(group, GET_STATUS, "0000000800000000"));
        assertEquals(Errno.ENODEV, refusal(group, SET_CONTAINER, CONTAINER));
        assertEquals(Errno.ENODEV, assertThrows(ErrnoException.class, () -> group.setContainer(container)).errno());
        assertEquals(Errno.EINVAL, refusal(group, UNSET_CONTAINER, ""), "it has left its container");
        assertThrows(ErrnoException.class, () -> ioctl(container, SET_IOMMU, 3), "which has no group any more");
    }

    /** The group's number is free at once; the minor of its node not before the last file is closed. */
    @Test
    void theMinorOfAnOpenGroupIsNotGivenToTheNext() throws ErrnoException {
        system.write(TestSystem.MATRIX + TestSystem.U1 + "/remove", "1");
        system.create(TestSystem.U2);
        system.expect("devices/virtual/vfio/0/dev", minor(1));
        group.close();
        system.create(TestSystem.U3);
        system.expect("devices/virtual/vfio/1/dev", minor(0));
        system.write(TestSystem.MATRIX + TestSystem.U3 + "/remove", "1");
        system.create(TestSystem.U1);
        system.expect("devices/virtual/vfio/1/dev", minor(0));
    }

    private String minor(int minor) throws ErrnoException {
        String first = system.read("devices/virtual/vfio/0/dev");
        return first.replaceAll(":.*", ":" + minor);
    }

    @Test
    void aGroupInSysfsHasItsDeviceAndNoIommuBehindIt() throws ErrnoException {
        String path = "kernel/iommu_groups/0/";
        system.expect(path + "name", "vfio-noiommu\n");
        system.expect(path + "reserved_regions", "");
        system.expect(path + "type", "unknown\n");
        assertEquals(Errno.EINVAL, system.refusal(path + "type", "DMA"));
        assertEquals(List.of("vfio", "vfio-dev"), List.of("vfio", "vfio-dev").stream()
                .filter(name -> system.node("class/" + name) != null).toList());
    }
}
